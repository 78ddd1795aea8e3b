"""One message: what it was, whose it is, and everything that it caused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from closeloop.measure.alerts import alerts_of
from closeloop.measure.stored import moment, text_of
from closeloop.measure.why_lead import CommandStory, command_of
from closeloop.words.moment import from_us


@dataclass(frozen=True, slots=True)
class Caused:
    """One thing that the message brought about: a value, touch, key, link, event or verdict."""

    kind: str
    at: datetime
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class MessageStory:
    """One message. `process` is the version of the process that decided it."""

    id: str
    kind: str
    source: str | None
    door: str | None
    receipt_id: str
    position: int
    occurred_at: datetime
    received_at: datetime
    decided_at: datetime | None
    state: str
    reason: str | None
    flags: tuple[str, ...]
    subject_kind: str | None
    subject_id: str | None
    batch: int
    process: str | None
    caused: tuple[Caused, ...]
    commands: tuple[CommandStory, ...]


_MESSAGE = text("""
    SELECT m.*, e.kind AS subject_kind, e.root_id FROM v_messages m LEFT JOIN v_entities e ON e.entity_id = m.subject_id
    WHERE m.id = :message""")
_COMMANDS = text("SELECT * FROM v_commands WHERE message_id = :message ORDER BY created_at, no, key")
_CAUSED = {
    "new": text(
        "SELECT created_at AS at, kind AS a, entity_id AS b, '' AS why FROM v_entities WHERE message_id = :message"
    ),
    "key": text(
        "SELECT at, kind AS a, value AS b, '' AS why FROM v_keys WHERE message_id = :message ORDER BY kind, value"
    ),
    "visit": text("SELECT at, visitor AS a, person_id AS b, '' AS why FROM v_visits WHERE message_id = :message"),
    "link": text("SELECT at, loser_id AS a, survivor_id AS b, reason AS why FROM v_links WHERE message_id = :message"),
    "value": text(
        "SELECT at, field AS a, given AS b, path AS why FROM v_values WHERE message_id = :message ORDER BY field"
    ),
    "touch": text(
        "SELECT at, kind AS a, COALESCE(campaign, '') AS b, '' AS why FROM v_timeline WHERE message_id = :message"
    ),
    "verdict": text("""
        SELECT at, product AS a, CASE WHEN passed = 1 THEN 'passed the gate' ELSE 'not yet a lead' END AS b,
          process AS why
        FROM v_verdicts WHERE message_id = :message ORDER BY product"""),
    "event": text("""
        SELECT at, kind || ' → ' || stage AS a, COALESCE(choice, '') AS b, who || ': ' || why AS why
        FROM v_lead_events WHERE message_id = :message ORDER BY lead_id, no"""),
}


def message_story(connection: Connection, message_id: str) -> MessageStory | None:
    """All of one message; None when there is none with that id."""
    asked = {"message": message_id}
    found = connection.execute(_MESSAGE, asked).one_or_none()
    if found is None:
        return None
    caused = [
        Caused(kind, from_us(line.at), " ".join(filter(None, (line.a, text_of(line.b)))), line.why)
        for kind, statement in _CAUSED.items()
        for line in connection.execute(statement, asked)
    ]
    caused += [
        Caused("alert", alert.at, f"{alert.member} {alert.text}", f"{alert.why}; {alert.kept}")
        for alert in alerts_of(connection, message_id)
    ]
    return MessageStory(
        found.id, found.kind, found.source, found.door, found.receipt_id, found.position, from_us(found.occurred_at),
        from_us(found.received_at), moment(found.decided_at), found.state, found.reason,
        tuple(filter(None, (found.flags or "").split(","))), found.subject_kind, found.root_id or found.subject_id,
        found.batch, found.process, tuple(caused),
        tuple(command_of(line) for line in connection.execute(_COMMANDS, asked)),
    )  # fmt: skip
