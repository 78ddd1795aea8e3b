"""What the rooms know of the people of one batch: loaded as sets, seen by the lifecycle person by person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from closeloop.identity import store as identity_store
from closeloop.inbox.nouns import Due, Key, Message
from closeloop.lifecycle import store as lifecycle_store
from closeloop.lifecycle.nouns import Deal, Lead, ShownAs, Tier
from closeloop.lifecycle.situation import Heard, Situation
from closeloop.ports import Value
from closeloop.process.asked import names_asked
from closeloop.process.nouns import Process
from closeloop.process.sides import hidden_from, told
from closeloop.process.vocabulary import PERSON_OBJECTS
from closeloop.profile import store as profile_store
from closeloop.profile.nouns import ScoreSum, Touch
from closeloop.profile.scope import PersonScope, person_scope
from closeloop.profile.score import fit, interest, interest_points
from closeloop.profile.summary import summarise
from closeloop.record import store as record_store
from closeloop.record.nouns import Confirmation, Winners
from closeloop.record.store.own_records import Held, load_deals, load_own
from closeloop.record.typed import is_living, typed
from closeloop.words.money import Money


@dataclass(frozen=True, slots=True)
class Dossier:
    """One person with all that is known of them, and what came in about them now."""

    id: str
    now: datetime
    messages: Sequence[Message]
    winners: Winners
    account_id: str | None
    account: Winners
    account_keys: Sequence[Key]
    keys: Sequence[Key]
    deals: Sequence[Deal]
    sums: Sequence[ScoreSum]
    latest: Mapping[str, Touch]
    """Product → the latest touch that spoke of it; only loaded where a condition asks for its source or campaign."""
    leads: Sequence[Lead]
    shown: Mapping[str, Sequence[ShownAs]]
    tier: Tier | None
    last_acts: Mapping[str, datetime]
    scope: PersonScope
    fit: float
    """Points by what the person is; interest is per product and asked of `sums`."""

    @property
    def called(self) -> str:
        """A name for people to read."""
        winner = self.winners.get("name") or self.winners.get("email")
        return str(winner.value) if winner else "Somebody"


def load_dossiers(
    connection: Connection,
    by_person: Mapping[str, tuple[Sequence[Message], Sequence[Touch]]],
    roots: Mapping[str, str],
    process: Process,
    now: datetime,
) -> dict[str, Dossier]:
    """Everything about these people, in one statement for each kind of thing."""
    ids = list(by_person)
    members: dict[str, list[str]] = {}
    for entity, root in roots.items():
        members.setdefault(root, []).append(entity)
    winners = record_store.load_winners(connection, ids)
    accounts = {id_: str(found["account"].value) for id_, found in winners.items() if "account" in found}
    account_roots = identity_store.roots_of(connection, accounts.values()) if accounts else {}
    accounts = {id_: account_roots.get(account, account) for id_, account in accounts.items()}
    account_winners = record_store.load_winners(connection, sorted(set(accounts.values())))
    related, roles = load_deals(connection, ids)
    deal_ids = sorted({deal for deals in related.values() for deal in deals})
    deal_winners = record_store.load_winners(connection, deal_ids)
    related = {id_: [deal for deal in deals if is_living(deal_winners.get(deal, {}))] for id_, deals in related.items()}
    own = load_own(connection, process, ids, accounts, related) if process.records else {}
    keys = identity_store.crosswalk(connection, [*ids, *deal_ids, *accounts.values()])
    leads = lifecycle_store.load_leads(
        connection, sorted({member for id_ in ids for member in members.get(id_, [id_])})
    )
    shown = lifecycle_store.load_shown(connection, sorted({lead.id for found in leads.values() for lead in found}))
    tiers = lifecycle_store.load_tiers(connection, ids)
    sums = profile_store.load_sums(connection, ids)
    latest = profile_store.load_latest(connection, ids) if names_asked(process) & {"source", "campaign"} else {}
    verified = record_store.load_verified(connection, ids)
    theirs = {
        id_: [lead for member in sorted(members.get(id_, [id_])) for lead in leads.get(member, ())] for id_ in ids
    }
    waiting = [id_ for id_ in ids if any(lead.status in ("sent_back", "nurturing") for lead in theirs[id_])]
    last_acts = profile_store.last_acts(connection, waiting) if waiting else {}
    dossiers = {}
    for id_ in ids:
        person, account_id = winners.get(id_, {}), accounts.get(id_)
        account = account_winners.get(account_id, {}) if account_id else {}
        of_person = {lead.id: shown.get(lead.id, []) for lead in theirs[id_]}
        deals = [
            replace(
                _deal(deal, deal_winners.get(deal, {}), keys.get(deal, ()), theirs[id_], of_person, process),
                role=roles.get((id_, deal)),
            )
            for deal in related.get(id_, ())
        ]
        scope = _scope(now, process, person, account, deals, own.get(id_, {}), verified.get(id_, {}))
        dossiers[id_] = Dossier(
            id_,
            now,
            by_person[id_][0],
            person,
            account_id,
            account,
            keys.get(account_id, ()) if account_id else (),
            keys.get(id_, ()),
            deals,
            sums.get(id_, ()),
            latest.get(id_, {}),
            theirs[id_],
            of_person,
            tiers.get(id_),
            last_acts.get(id_, {}),
            scope,
            fit(scope, process).total,
        )
    return dossiers


def situation_of(
    person: Dossier,
    messages: Sequence[Message],
    touches: Sequence[Touch],
    news: Mapping[str, frozenset[str]],
    first_read: Collection[str],
    standing: Collection[Due],
    process: Process,
) -> Situation:
    """What a decision about this person may look at."""
    newest = max(touches, key=lambda touch: (touch.at, touch.id), default=None)
    asked: dict[str, PersonScope] = {}

    def asks(product: str) -> PersonScope:
        if product not in asked:
            asked[product] = person.scope.with_names(
                product=product or None,
                fit=person.fit,
                interest=interest_points(person.sums, product, person.now, process),
                source=latest.source if (latest := person.latest.get(product)) else None,
                campaign=latest.campaign if latest else None,
            )
        return asked[product]

    in_crm: dict[str, list[str]] = {}
    for key in person.keys:
        source, _, name = key.kind.partition(".")
        if source == process.gate.to and name in ("Contact", "Lead"):
            in_crm.setdefault(name, []).append(key.value)
    acts = {**person.last_acts}
    for touch in touches:
        if touch.seller is None:
            acts[touch.kind] = max(touch.at, acts.get(touch.kind, touch.at))
    country = person.winners.get("country")
    return Situation(
        person.id,
        messages[-1].id if messages else (newest.id if newest else ""),
        asks,
        _products(person, process),
        str(country.value) if country and country.valid else None,
        person.leads,
        person.shown,
        person.deals,
        in_crm,
        person.tier,
        account_owner=str(person.account["owner"].value) if "owner" in person.account else None,
        heard=[heard for message in messages if (heard := _heard(message, news, is_first=message.id in first_read))],
        clicks=[
            (message.id, message.click)
            for message in messages
            if message.click is not None and message.click.verb == "outcome"
        ],
        dues=[(message.id, message.due) for message in messages if message.due is not None and message.due in standing],
        touches=touches,
        last_acts=acts,
        confirmed=person.scope.confirmed,
        made_in_crm=any(_made_person(message, process) for message in messages),
    )


def packet_of(person: Dossier, touches: Sequence[Touch], process: Process, lead: Lead) -> dict[str, object]:
    """What sales is told at the handover: the parts that the gate's `packet` names, less what only marketing sees."""
    scores = interest(person.sums, lead.product, person.now, process), fit(person.scope, process)
    hidden = {*hidden_from("sales", process), "account", "person"}
    conditions = {line.id: told(line.when, "sales", process) for line in process.fit if line.when is not None}
    parts: dict[str, object] = {
        "profile": {
            name: winner.value
            for name, winner in sorted({**person.account, **person.winners}.items())
            if name not in hidden
        },
        "score": {
            name: {
                "total": round(score.total, 2),
                "reasons": [
                    f"{conditions[reason.line]}: {reason.points:g}" if reason.line in conditions else reason.text
                    for reason in score.reasons
                ],
            }
            for name, score in zip(("interest", "fit"), scores, strict=True)
        },
        "summary": list(summarise(touches).lines),
    }
    return {name: parts[name] for name in process.gate.packet if name in parts}


def _scope(
    now: datetime,
    process: Process,
    person: Winners,
    account: Winners,
    deals: Sequence[Deal],
    own: Held,
    verified: Mapping[str, Collection[Confirmation]],
) -> PersonScope:
    country = person.get("country")
    region = process.region_of(str(country.value)) if country else None
    scope = person_scope(now, process, person, account, verified=verified, region=region.name if region else None)
    records = [
        {
            "open": deal.open,
            "won": deal.won,
            "amount": deal.amount,
            "stage": deal.stage,
            "product": deal.product,
            "region": deal.region,
            "owner": deal.owner,
            "role": deal.role,
        }
        for deal in deals
    ]
    return PersonScope(now, scope.names, {**own, **({"opportunity": records} if records else {})}, scope.confirmed)


def _deal(
    id_: str,
    winners: Winners,
    keys: Sequence[Key],
    leads: Sequence[Lead],
    shown: Mapping[str, Sequence[ShownAs]],
    process: Process,
) -> Deal:
    """A deal; where the CRM does not say for which product it is, the lead that it came from does."""
    values = typed(winners, "opportunity", process)
    record_id = next((key.value for key in keys if "." in key.kind), None)
    lead = next(
        (
            lead
            for lead in leads
            if any(each.object == "Opportunity" and each.record_id == record_id for each in shown.get(lead.id, ()))
        ),
        None,
    )
    amount = values.get("amount")
    return Deal(
        id_,
        values["open"] is True,
        values.get("is_won") is True,
        _text(values, "stage"),
        amount if isinstance(amount, Money) else None,
        _text(values, "product") or (lead.product if lead else None),
        _text(values, "region") or (lead.region if lead else None),
        _text(values, "owner"),
        record_id,
    )


def _made_person(message: Message, process: Process) -> bool:
    """Whether the message is the CRM's answer that names the record it made for the person."""
    answer = message.answer
    if answer is None or answer.ref is None or answer.ref.object not in PERSON_OBJECTS:
        return False
    return Key(f"{process.gate.to}.{answer.ref.object}", answer.ref.id) in message.keys


def _text(values: Mapping[str, object], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) else None


def _products(person: Dossier, process: Process) -> list[str]:
    """Products that the person showed interest in; a process with one product has no other."""
    if len(process.products) == 1:
        return list(process.products)
    seen = {row.product for row in person.sums}
    return [product for product in process.products if product in seen]


def _heard(message: Message, news: Mapping[str, frozenset[str]], *, is_first: bool) -> Heard | None:
    record = message.record
    if record is not None and record.entity != "activity":
        owner = record.refs.get("owner") if record.entity == "task" else None
        return Heard(message, record.fields, news.get(message.id, frozenset()), owner.id if owner else None, is_first)
    if message.kind == "row":
        fields: dict[str, Value] = {reported.path.rpartition(".")[2]: reported.value for reported in message.values}
        fields |= message.act.props if message.act is not None else {}
        return Heard(message, fields, frozenset(fields), None)
    return None
