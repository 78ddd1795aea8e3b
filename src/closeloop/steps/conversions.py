"""Which leads of the CRM may be converted, into whose account, and into what deal."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from closeloop.identity import store as identity_store
from closeloop.lifecycle.move import OPPORTUNITY
from closeloop.lifecycle.nouns import Lead, ShownAs
from closeloop.lifecycle.situation import Draft
from closeloop.outbox.compile import USER
from closeloop.outbox.convert import DEAL, Deal
from closeloop.outbox.nouns import ShadowKey
from closeloop.ports import Ref
from closeloop.process.nouns import Process
from closeloop.record import store as record_store
from closeloop.record.typed import is_living, typed
from closeloop.steps.batch import Batch
from closeloop.steps.dossier import Dossier


class _Open(NamedTuple):
    """An open deal of the CRM, and what it is said to be about."""

    record_id: str
    product: str | None
    region: str | None


def pursued_leads(batch: Batch) -> dict[ShadowKey, Deal | None]:
    """Leads of the CRM that show an open lead of the hub: their owner says what becomes of them, until it is a deal."""
    pursued = [
        (draft, draft.leads[lead_id], shown)
        for draft in batch.drafts
        for lead_id, shown in draft.shown.items()
        if lead_id in draft.leads and draft.leads[lead_id].is_open
    ]
    deals = _deals(batch, [each for each in pursued if _is_deal(*each)]) if batch.process.matching.into_accounts else {}
    found: dict[ShadowKey, Deal | None] = {}
    for _, lead, shown in pursued:
        for each in shown:
            if each.record_id is not None:
                key = (batch.process.gate.to, each.object, each.record_id)
                found[key] = deals.get(lead.id) or found.get(key)
    return found


def at_a_deal(batch: Batch, pursued: Mapping[ShadowKey, Deal | None]) -> dict[str, str]:
    """Root → why they are looked at, of those whose lead in the CRM is worked on as a deal now."""
    leads = {deal.lead_id for deal in pursued.values() if deal is not None}
    return {
        draft.situation.person_id: draft.situation.cause for draft in batch.drafts if not leads.isdisjoint(draft.leads)
    }


def accounts_of(batch: Batch, roots: Iterable[str]) -> dict[str, list[ShadowKey]]:
    """Root → the records of their company in systems, the oldest first."""
    found: dict[str, list[ShadowKey]] = {}
    for root in roots:
        person = batch.dossiers.get(root)
        for key in reversed(person.account_keys if person is not None else ()):
            source, dot, name = key.kind.partition(".")
            if dot:
                found.setdefault(root, []).append((source, name, key.value))
    return found


def deals_of(batch: Batch, pursued: Mapping[ShadowKey, Deal | None]) -> set[ShadowKey]:
    """The records of the deals that these leads may go into."""
    deals = [deal for deal in pursued.values() if deal is not None]
    ids = {deal.own for deal in deals if deal.own is not None}.union(*(some for deal in deals for some in deal.likely))
    return {(batch.process.gate.to, OPPORTUNITY, id_) for id_ in ids}


def _is_deal(draft: Draft, lead: Lead, shown: Sequence[ShownAs]) -> bool:
    """Whether a lead that the CRM has as one is worked on as a deal by now."""
    has_lead = any(each.object == "Lead" and each.record_id is not None for each in shown)
    return has_lead and lead.status == "open" and draft.stage(lead).show_known_contact == DEAL


def _deals(batch: Batch, worked_on: Sequence[tuple[Draft, Lead, Sequence[ShownAs]]]) -> dict[str, Deal]:
    """Lead → the deal that it is, and those of the CRM that it may be."""
    people = {lead.id: batch.dossiers[draft.situation.person_id] for draft, lead, _ in worked_on}
    of_account = _open_deals(batch, {each.account_id for each in people.values() if each.account_id is not None})
    found = {}
    for _, lead, shown in worked_on:
        person = people[lead.id]
        made = next((each for each in shown if each.object == OPPORTUNITY), None)
        own = made.record_id if made is not None else None
        if own is not None and any(deal.record_id == own and not deal.open for deal in person.deals):
            continue  # it is over: what follows is decided first
        company = person.account.get("company")
        name = " – ".join(filter(None, (str(company.value) if company else None, lead.product)))
        member = batch.process.member(lead.owner) if lead.owner else None
        likely = _likely(lead, person, of_account.get(person.account_id or "", ()), batch.process)
        owner = Ref(USER, member.user) if member else None
        found[lead.id] = Deal(name, owner, lead.id, own, made is not None and own is None, likely)
    return found


def _likely(lead: Lead, person: Dossier, of_account: Sequence[_Open], process: Process) -> tuple[tuple[str, ...], ...]:
    """Open deals that may be the lead's: those of the person for its product first.

    Those of the person of which nobody says for which product come after them, beside those of the account that are for
    it.
    """
    only = next(iter(process.products)) if len(process.products) == 1 else None
    of_person = [
        _Open(deal.record_id, deal.product, deal.region)
        for deal in person.deals
        if deal.open and deal.record_id is not None
    ]

    def found(among: Iterable[_Open], *products: str | None) -> set[str]:
        return {
            each.record_id
            for each in among
            if each.region in (None, lead.region) and (each.product or only) in products
        }

    same = found(of_person, lead.product)
    return tuple(sorted(same)), tuple(sorted((found(of_person, None) | found(of_account, lead.product)) - same))


def _open_deals(batch: Batch, accounts: Collection[str]) -> dict[str, list[_Open]]:
    """Account (root) → its open deals in the CRM."""
    related = record_store.load_related(batch.connection, sorted(accounts), DEAL) if accounts else {}
    ids = sorted({deal for deals in related.values() for deal in deals})
    winners = record_store.load_winners(batch.connection, ids)
    keys = identity_store.crosswalk(batch.connection, ids) if ids else {}
    kind = f"{batch.process.gate.to}.{OPPORTUNITY}"
    found: dict[str, list[_Open]] = {}
    for account, deals in related.items():
        for deal in deals:
            record_id = next((key.value for key in keys.get(deal, ()) if key.kind == kind), None)
            values = typed(winners.get(deal, {}), DEAL, batch.process)
            if record_id is not None and is_living(winners.get(deal, {})) and values["open"] is True:
                product, region = (str(values[name]) if values.get(name) else None for name in ("product", "region"))
                found.setdefault(account, []).append(_Open(record_id, product, region))
    return found
