"""Which leads of the CRM may be converted, into whose account, and with what deal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from closeloop.lifecycle.move import OPPORTUNITY
from closeloop.lifecycle.nouns import Lead, ShownAs
from closeloop.lifecycle.situation import Draft
from closeloop.outbox.compile import USER
from closeloop.outbox.merge import Deal
from closeloop.outbox.nouns import ShadowKey
from closeloop.ports import Ref
from closeloop.steps.batch import Batch


def pursued_leads(batch: Batch) -> dict[ShadowKey, Deal | None]:
    """Leads of the CRM that show an open lead of the hub: their owner says what becomes of them, until it is a deal."""
    found: dict[ShadowKey, Deal | None] = {}
    for draft in batch.drafts:
        for lead_id, shown in draft.shown.items():
            lead = draft.leads.get(lead_id)
            if lead is None or not lead.is_open:
                continue
            for each in shown:
                if each.record_id is not None:
                    key = (batch.process.gate.to, each.object, each.record_id)
                    found[key] = _deal_of(batch, draft, lead, shown) or found.get(key)
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


def _deal_of(batch: Batch, draft: Draft, lead: Lead, shown: Sequence[ShownAs]) -> Deal | None:
    """The deal that the lead's stage works on, where there is none yet."""
    has_deal = any(each.object == OPPORTUNITY for each in shown)
    if has_deal or lead.status != "open" or draft.stage(lead).show_known_contact != "opportunity":
        return None
    company = batch.dossiers[draft.situation.person_id].account.get("company")
    name = " – ".join(filter(None, (str(company.value) if company else None, lead.product)))
    member = batch.process.member(lead.owner) if lead.owner else None
    return Deal(name, Ref(USER, member.user) if member else None, lead.id)
