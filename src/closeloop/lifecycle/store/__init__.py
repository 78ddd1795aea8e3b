"""The lifecycle's tables: leads as read from their events, clocks, packets, gate verdicts, tiers, rotation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Column, Connection, Index, delete, func, select, text, tuple_

from closeloop.db import INT, TEXT, Row, among, put, table
from closeloop.inbox.nouns import Due
from closeloop.lifecycle.nouns import Lead, Packet, ShownAs, Tier
from closeloop.lifecycle.owner import Desk
from closeloop.lifecycle.situation import Draft
from closeloop.words.moment import from_us, to_us
from closeloop.words.money import Money

# fmt: off
leads = table(
    "leads",
    Column("id", TEXT, primary_key=True),
    Column("person_id", TEXT, nullable=False),
    Column("product", TEXT, nullable=False),
    Column("region", TEXT, nullable=False),
    Column("cycle", INT, nullable=False),           # 1 the first time, one more after each return
    Column("stage", TEXT, nullable=False),
    Column("status", TEXT, nullable=False),         # open | nurturing | sent_back | won
    Column("owner", TEXT),                          # member's name
    Column("previous_owners", TEXT, nullable=False),  # JSON list
    Column("campaign", TEXT),                       # of the touch that created it: the sourced one
    Column("touch_id", TEXT),
    Column("created_at", INT, nullable=False),      # of this cycle
    Column("stage_at", INT, nullable=False),
    Column("assigned_at", INT),
    Column("respond_by", INT),
    Column("responded_at", INT),
    Column("reason", TEXT),                         # of the sending back
    Column("programme", TEXT),                      # of the nurture under way
    Column("amount_minor", INT),
    Column("currency", TEXT),
    Column("closed_at", INT),
    Column("counts", TEXT, nullable=False),         # JSON: how often each limited thing happened
    Column("n_events", INT, nullable=False),
    Index(None, "person_id"),
    Index(None, "status", "owner"),
)
lead_events = table(
    "lead_events",
    Column("lead_id", TEXT, primary_key=True),
    Column("no", INT, primary_key=True),
    Column("at", INT, nullable=False),
    Column("kind", TEXT, nullable=False),           # `nouns.EventKind`
    Column("stage", TEXT, nullable=False),          # after the event
    Column("owner", TEXT),
    Column("choice", TEXT),                         # outcome, milestone, reason or programme
    Column("cycle", INT, nullable=False),
    Column("who", TEXT, nullable=False),            # b2b@7, or the person
    Column("why", TEXT, nullable=False),
    Column("message_id", TEXT, nullable=False),
    rowid=False,
)
clocks = table(
    "clocks",
    Column("lead_id", TEXT, primary_key=True),
    Column("clock", TEXT, primary_key=True),        # respond | remind | wake | assign
    Column("due_at", INT, nullable=False),
    Index(None, "due_at"),
    rowid=False,
)
packets = table(
    "packets",
    Column("lead_id", TEXT, primary_key=True),
    Column("cycle", INT, primary_key=True),
    Column("at", INT, nullable=False),
    Column("content", TEXT, nullable=False),        # JSON, frozen as sent
)
verdicts = table(
    "verdicts",                                     # the gate's latest answer for each person and product
    Column("person_id", TEXT, primary_key=True),    # the root
    Column("product", TEXT, primary_key=True),
    Column("at", INT, nullable=False),
    Column("passed", INT, nullable=False),
    Column("why", TEXT, nullable=False),            # JSON list of {text, held, values}
    Column("process", TEXT, nullable=False),
    Column("message_id", TEXT, nullable=False),
    rowid=False,
)
tiers = table(
    "tiers",
    Column("person_id", TEXT, primary_key=True),    # the root
    Column("tier", TEXT, nullable=False),           # name | lead | customer
    Column("custody", TEXT, nullable=False),        # marketing | sales
    Column("since", INT, nullable=False),
)
shown = table(
    "shown",                                        # what a lead is in the CRM
    Column("lead_id", TEXT, primary_key=True),
    Column("object", TEXT, primary_key=True),
    Column("record_id", TEXT),                      # known once the CRM has answered
    Column("our_key", TEXT, nullable=False),
    Index(None, "object", "record_id"),
)
rotas = table(
    "rotas",
    Column("team", TEXT, primary_key=True),
    Column("product", TEXT, primary_key=True),
    Column("region", TEXT, primary_key=True),
    Column("last", TEXT, nullable=False),
)
# fmt: on

_LEAD_COLUMNS = tuple(column.name for column in leads.columns)


def load_leads(connection: Connection, members: Sequence[str]) -> dict[str, list[Lead]]:
    """Own entity of a person → leads that were opened for it, oldest first."""
    found: dict[str, list[Lead]] = {}
    for row in connection.execute(select(leads).where(among(leads.c.person_id, members)).order_by(leads.c.id)):
        amount = None if row.amount_minor is None else Money(row.amount_minor, row.currency)
        found.setdefault(row.person_id, []).append(
            Lead(
                row.id,
                row.person_id,
                row.product,
                row.region,
                row.cycle,
                row.stage,
                row.status,
                from_us(row.created_at),
                from_us(row.stage_at),
                row.owner,
                tuple(json.loads(row.previous_owners)),
                row.campaign,
                row.touch_id,
                _at(row.assigned_at),
                _at(row.respond_by),
                _at(row.responded_at),
                row.reason,
                row.programme,
                amount,
                _at(row.closed_at),
                json.loads(row.counts),
                row.n_events,
            )
        )
    return found


def load_shown(connection: Connection, lead_ids: Sequence[str]) -> dict[str, list[ShownAs]]:
    """Lead → what it is in the CRM."""
    found: dict[str, list[ShownAs]] = {}
    for row in connection.execute(
        select(shown).where(among(shown.c.lead_id, lead_ids)).order_by(shown.c.lead_id, shown.c.object)
    ):
        found.setdefault(row.lead_id, []).append(ShownAs(row.lead_id, row.object, row.our_key, row.record_id))
    return found


def load_packets(connection: Connection, lead_ids: Sequence[str]) -> dict[str, Packet]:
    """Lead → the packet of its latest handover, as it was frozen."""
    rows = connection.execute(select(packets).where(among(packets.c.lead_id, lead_ids)).order_by(packets.c.cycle))
    return {row.lead_id: Packet(row.lead_id, row.cycle, from_us(row.at), json.loads(row.content)) for row in rows}


def load_tiers(connection: Connection, roots: Sequence[str]) -> dict[str, Tier]:
    """Person → tier and custody; absent for those who were never more than a name."""
    rows = connection.execute(select(tiers).where(among(tiers.c.person_id, roots)))
    return {row.person_id: Tier(row.person_id, row.tier, row.custody, from_us(row.since)) for row in rows}


def persons_of_leads(connection: Connection, lead_ids: Iterable[str]) -> dict[str, str]:
    """Lead → the person it was opened for."""
    rows = connection.execute(select(leads.c.id, leads.c.person_id).where(among(leads.c.id, sorted(set(lead_ids)))))
    return dict(rows.all())


def people_shown(connection: Connection, object_name: str, record_ids: Iterable[str]) -> dict[str, list[str]]:
    """Id of a CRM record → the people whose leads it shows."""
    statement = (
        select(shown.c.record_id, leads.c.person_id)
        .join_from(shown, leads, leads.c.id == shown.c.lead_id)
        .where(shown.c.object == object_name, among(shown.c.record_id, sorted(set(record_ids))))
    )
    found: dict[str, list[str]] = {}
    for record_id, person_id in connection.execute(statement):
        found.setdefault(record_id, []).append(person_id)
    return found


def leads_shown(connection: Connection, our_keys: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """Key that we gave to a CRM record → leads that it shows, each with the object."""
    found: dict[str, list[tuple[str, str]]] = {}
    statement = select(shown.c.our_key, shown.c.lead_id, shown.c.object).where(
        among(shown.c.our_key, sorted(set(our_keys)))
    )
    for our_key, lead_id, object_name in connection.execute(statement):
        found.setdefault(our_key, []).append((lead_id, object_name))
    return found


def standing(connection: Connection, dues: Iterable[Due]) -> set[Due]:
    """Those clocks that still stand as they were when they ran out."""
    wanted = {(due.lead_id, due.clock, to_us(due.due_at)): due for due in dues}
    rows = connection.execute(
        select(clocks).where(among(clocks.c.lead_id, sorted({lead_id for lead_id, _, _ in wanted})))
    )
    return {
        wanted[row.lead_id, row.clock, row.due_at] for row in rows if (row.lead_id, row.clock, row.due_at) in wanted
    }


def due(connection: Connection, now: datetime, at_most: int) -> list[Due]:
    """Clocks that have run out, the longest overdue first."""
    rows = connection.execute(
        select(clocks).where(clocks.c.due_at <= to_us(now)).order_by(clocks.c.due_at, clocks.c.lead_id).limit(at_most)
    )
    return [Due(row.lead_id, row.clock, from_us(row.due_at)) for row in rows]


def next_due(connection: Connection) -> datetime | None:
    """When the next clock runs out."""
    return _at(connection.execute(select(func.min(clocks.c.due_at))).scalar())


def load_desk(connection: Connection) -> Desk:
    """The teams' loads and turns, locked until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(1)"))
    counted = (
        select(leads.c.owner, func.count())
        .where(leads.c.status.in_(("open", "nurturing")), leads.c.owner.is_not(None))
        .group_by(leads.c.owner)
    )
    loads = {str(owner): n for owner, n in connection.execute(counted)}
    last = {(row.team, row.product, row.region): row.last for row in connection.execute(select(rotas))}
    return Desk(loads, last)


def save_desk(connection: Connection, desk: Desk) -> None:
    """Remember whose turn it was."""
    put(
        connection,
        rotas,
        ("team", "product", "region", "last"),
        [(*turn, desk.last[turn]) for turn in sorted(desk.turned)],
        "replace",
    )


def save(connection: Connection, drafts: Sequence[Draft]) -> None:
    """Write what was decided for a batch of people: events, leads, clocks, packets, verdicts, tiers, what is shown."""
    changed = [
        draft.leads[lead_id] for draft in drafts for lead_id in sorted({event.lead_id for event in draft.events})
    ]
    put(connection, leads, _LEAD_COLUMNS, [_lead_row(lead) for lead in changed], "replace")
    put(
        connection,
        lead_events,
        ("lead_id", "no", "at", "kind", "stage", "owner", "choice", "cycle", "who", "why", "message_id"),
        [
            (
                event.lead_id,
                event.no,
                to_us(event.at),
                event.kind,
                event.stage,
                event.owner,
                event.choice,
                event.cycle,
                event.who,
                event.why,
                event.message_id,
            )
            for draft in drafts
            for event in draft.events
        ],
    )
    _save_clocks(connection, drafts)
    put(
        connection,
        packets,
        ("lead_id", "cycle", "at", "content"),
        [
            (packet.lead_id, packet.cycle, to_us(packet.at), _json(packet.content))
            for draft in drafts
            for packet in draft.packets
        ],
    )
    put(
        connection,
        verdicts,
        ("person_id", "product", "at", "passed", "why", "process", "message_id"),
        [
            (
                verdict.person_id,
                verdict.product,
                to_us(verdict.at),
                int(verdict.passed),
                _json([{"text": each.text, "held": each.held, "values": each.values} for each in verdict.findings]),
                draft.process.signed,
                verdict.message_id,
            )
            for draft in drafts
            for verdict in draft.verdicts
        ],
        "replace",
    )
    put(
        connection,
        tiers,
        ("person_id", "tier", "custody", "since"),
        [
            (draft.tier.person_id, draft.tier.tier, draft.tier.custody, to_us(draft.tier.since))
            for draft in drafts
            if draft.tier is not None
        ],
        "replace",
    )
    latest = {(each.lead_id, each.object): each for draft in drafts for each in draft.shown_now}
    save_shown(connection, list(latest.values()))


def save_shown(connection: Connection, found: Sequence[ShownAs]) -> None:
    """Write what leads are in the CRM."""
    put(
        connection,
        shown,
        ("lead_id", "object", "our_key", "record_id"),
        [(each.lead_id, each.object, each.our_key, each.record_id) for each in found],
        "replace",
    )


def _save_clocks(connection: Connection, drafts: Sequence[Draft]) -> None:
    settings = [setting for draft in drafts for setting in draft.clocks.values()]
    stopped = [(setting.lead_id, setting.clock) for setting in settings if setting.due_at is None]
    if stopped:
        connection.execute(delete(clocks).where(tuple_(clocks.c.lead_id, clocks.c.clock).in_(stopped)))
    put(
        connection,
        clocks,
        ("lead_id", "clock", "due_at"),
        [(setting.lead_id, setting.clock, to_us(setting.due_at)) for setting in settings if setting.due_at is not None],
        "replace",
    )


def _lead_row(lead: Lead) -> Row:
    amount = lead.amount
    return (
        lead.id,
        lead.person_id,
        lead.product,
        lead.region,
        lead.cycle,
        lead.stage,
        lead.status,
        lead.owner,
        json.dumps(lead.previous_owners),
        lead.campaign,
        lead.touch_id,
        to_us(lead.created_at),
        to_us(lead.stage_at),
        _us(lead.assigned_at),
        _us(lead.respond_by),
        _us(lead.responded_at),
        lead.reason,
        lead.programme,
        amount.minor if amount else None,
        amount.currency if amount else None,
        _us(lead.closed_at),
        json.dumps(dict(lead.counts), sort_keys=True),
        lead.n_events,
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _at(us: int | None) -> datetime | None:
    return None if us is None else from_us(us)


def _us(at: datetime | None) -> int | None:
    return None if at is None else to_us(at)
