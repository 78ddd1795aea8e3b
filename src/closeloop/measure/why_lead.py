"""One lead from beginning to now: its events with who and why, the packet as sent, and every command it caused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, text

from closeloop.measure.stored import Plain, called, mapping_of, moment, text_of
from closeloop.words.moment import from_us
from closeloop.words.money import Money


@dataclass(frozen=True, slots=True)
class Event:
    """A change of the lead, in order; `stage` and `owner` are those after it."""

    no: int
    at: datetime
    kind: str
    stage: str
    owner: str | None
    choice: str | None
    cycle: int
    who: str
    why: str
    message_id: str


@dataclass(frozen=True, slots=True)
class PacketSent:
    """What sales was told at the handover, as it was then."""

    cycle: int
    at: datetime
    content: Mapping[str, Plain]


@dataclass(frozen=True, slots=True)
class CommandStory:
    """One thing that was to be done outside, why, and what came of it."""

    key: str
    source: str
    verb: str
    object: str
    fields: Mapping[str, Plain]
    why: str
    message_id: str
    created_at: datetime
    state: str
    attempts: int
    answer_id: str | None
    reason: str | None
    answered_at: datetime | None
    verified: bool


@dataclass(frozen=True, slots=True)
class LeadStory:
    """One pursuit of a person for a product in a region."""

    id: str
    person_id: str
    person: str
    company: str
    product: str
    region: str
    cycle: int
    stage: str
    status: str
    owner: str | None
    campaign: str | None
    created_at: datetime
    assigned_at: datetime | None
    respond_by: datetime | None
    responded_at: datetime | None
    reason: str | None
    amount: str | None
    closed_at: datetime | None
    tried_again_at: datetime | None
    """When an owner is looked for again, where none could be found."""
    shown_as: tuple[str, ...]
    events: tuple[Event, ...]
    packets: tuple[PacketSent, ...]
    commands: tuple[CommandStory, ...]


WITH_PERSON = "SELECT l.*, p.name, p.email, p.company FROM v_leads l JOIN v_people p ON p.person_id = l.person_id"
"""Leads with what their person is called, in SQL."""
_LEAD = text(f"{WITH_PERSON} WHERE l.id = :lead")
_EVENTS = text("SELECT * FROM v_lead_events WHERE lead_id = :lead ORDER BY no")
_PACKETS = text("SELECT cycle, at, content FROM v_packets WHERE lead_id = :lead ORDER BY cycle DESC")
_SHOWN = text("SELECT object, record_id, our_key FROM v_shown WHERE lead_id = :lead ORDER BY object")
_TRIED_AGAIN = text("SELECT due_at FROM v_clocks WHERE lead_id = :lead AND clock = 'assign'")
_COMMANDS = text("SELECT * FROM v_commands WHERE lead_id = :lead ORDER BY created_at, no, key")


def lead_story(connection: Connection, lead_id: str) -> LeadStory | None:
    """All of one lead; None when there is none with that id."""
    asked = {"lead": lead_id}
    lead = connection.execute(_LEAD, asked).one_or_none()
    if lead is None:
        return None
    events = tuple(
        Event(e.no, from_us(e.at), e.kind, e.stage, e.owner, e.choice, e.cycle, e.who, e.why, e.message_id)
        for e in connection.execute(_EVENTS, asked)
    )
    packets = tuple(
        PacketSent(p.cycle, from_us(p.at), mapping_of(p.content)) for p in connection.execute(_PACKETS, asked)
    )
    shown = tuple(f"{s.object} {s.record_id or '(not answered yet)'}" for s in connection.execute(_SHOWN, asked))
    return LeadStory(
        lead.id, lead.person_id, called(text_of(lead.name), text_of(lead.email), lead.person_id), text_of(lead.company),
        lead.product, lead.region, lead.cycle, lead.stage, lead.status, lead.owner, lead.campaign,
        from_us(lead.created_at), moment(lead.assigned_at), moment(lead.respond_by), moment(lead.responded_at),
        lead.reason, amount_of(lead.amount_minor, lead.currency), moment(lead.closed_at),
        moment(connection.execute(_TRIED_AGAIN, asked).scalar()), shown, events, packets,
        tuple(command_of(command) for command in connection.execute(_COMMANDS, asked)),
    )  # fmt: skip


def amount_of(minor: int | None, currency: str | None) -> str | None:
    """Money as people read it: "48000.00 EUR"."""
    return str(Money(minor, currency)) if minor is not None and currency else None


def command_of(line: Row[tuple[object, ...]]) -> CommandStory:
    """One row of v_commands."""
    return CommandStory(
        line.key, line.source, line.verb, line.object, mapping_of(line.fields), line.why, line.message_id,
        from_us(line.created_at), line.state, line.attempts, line.answer_id, line.reason, moment(line.answered_at),
        bool(line.verified),
    )  # fmt: skip
