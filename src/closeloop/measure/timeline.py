"""What happened with one person, on one line: acts of marketing, acts of sales, decisions, and what was written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

from sqlalchemy import Connection, Row, text

from closeloop.measure.stages import stage_changes
from closeloop.measure.stored import Plain, in_words, mapping_of
from closeloop.outbox.rejects import is_held_back
from closeloop.words.moment import from_us

Lane = Literal["Marketing", "Sales", "Decisions", "Sync"]
LANES: tuple[Lane, ...] = get_args(Lane)
_SELLING = ("call.", "meeting.")


@dataclass(frozen=True, slots=True)
class Happened:
    """One act or decision. `detail` is what belongs to it, in words."""

    at: datetime
    lane: Lane
    kind: str
    detail: str
    source: str
    message_id: str


_TOUCHES = text("""
    SELECT message_id, at, kind, source, campaign, product, topic, url, seller FROM v_timeline
    WHERE root_id = :person ORDER BY at DESC, message_id DESC LIMIT :most""")
_EVENTS = text("""
    SELECT at, kind, stage, owner, choice, product, who, why, message_id FROM v_lead_events
    WHERE person_id = :person ORDER BY at DESC, lead_id, no DESC LIMIT :most""")
_ALERTS = text("SELECT at, member, text, touch_id FROM v_alerts WHERE person_id = :person ORDER BY at DESC LIMIT :most")
# Mails go to the sellers: the hub's decisions tell of them.
_COMMANDS = text("""
    SELECT source, verb, object, ref_object, ref_id, answer_id, fields, refs, why, reason, state, verified, message_id,
      COALESCE(answered_at, created_at) AS at
    FROM v_commands WHERE person_id = :person AND verb <> 'mail'
    ORDER BY COALESCE(answered_at, created_at) DESC, no DESC, key LIMIT :most""")
_DONE: Final = {
    "create": "made", "update": "written", "deactivate": "deactivated", "reactivate": "reactivated", "join": "joined",
    "leave": "left", "tell": "told", "merge": "merged", "convert": "converted", "restore": "restored",
    "erase": "erased",
}  # fmt: skip
_LONGEST: Final = 80


def timeline(connection: Connection, person_id: str, most: int = 500) -> tuple[Happened, ...]:
    """The latest `most` of each kind, the newest first."""
    asked = {"person": person_id, "most": most}
    happened = [
        Happened(
            from_us(line.at), "Sales" if line.seller or line.kind.startswith(_SELLING) else "Marketing", line.kind,
            _words(line.seller and f"by {line.seller}", line.campaign and f"campaign {line.campaign}", line.product,
                   line.topic, line.url),
            line.source, line.message_id,
        )
        for line in connection.execute(_TOUCHES, asked)
    ]  # fmt: skip
    happened += [
        Happened(
            from_us(line.at), "Decisions", f"lead {line.kind.replace('_', ' ')}",
            _words(line.product, f"stage {line.stage}", line.choice, line.owner and f"owner {line.owner}", line.why),
            line.who, line.message_id,
        )
        for line in connection.execute(_EVENTS, asked)
    ]  # fmt: skip
    happened += [
        Happened(
            from_us(line.at), "Decisions", "alert", f"{line.member} was told: {line.text}", "alerts", line.touch_id
        )
        for line in connection.execute(_ALERTS, asked)
    ]
    happened += [
        Happened(
            one.at, "Sales", "deal stage", _words(one.stage, one.deal, one.role and f"as {one.role}"), one.source,
            one.message_id,
        )
        for one in stage_changes(connection, person_id)[-most:]
    ]  # fmt: skip
    happened += [_synced(line) for line in connection.execute(_COMMANDS, asked)]
    return tuple(sorted(happened, key=lambda one: one.at, reverse=True))


def _synced(line: Row[Any]) -> Happened:
    """One command: when it was answered and what came of it, or when it was planned while it still waits."""
    record = " ".join(filter(None, (line.ref_object or line.object, line.ref_id or line.answer_id)))
    loser = mapping_of(line.refs).get("loser")
    into = f"with {' '.join(map(in_words, loser))} in it" if isinstance(loser, list) else ""
    match line.state:
        case "done" if line.reason:
            what, came = f"dropped: {line.verb}", line.reason
        case "done":
            what, came = _DONE.get(line.verb, line.verb), "read back" if line.verified else ""
        case "dead":
            what = f"{'held back' if is_held_back(line.reason or '') else 'refused'}: {line.verb}"
            came = line.reason or "no reason was given"
        case _:
            what, came = f"waits: {line.verb}", f"put off: {line.reason}" if line.reason else ""
    return Happened(
        from_us(line.at), "Sync", f"{line.source} {what}", _words(record, into, _shown(line.fields), came, line.why),
        line.source, line.message_id,
    )  # fmt: skip


def _shown(fields: str) -> str:
    """The fields of a command that were written, without what is a text of many lines."""
    written = {name: value for name, value in mapping_of(fields).items() if name != "packet"}
    return ", ".join(f"{name} {_value(value)}" for name, value in written.items())


def _value(value: Plain) -> str:
    said = in_words(value) or "(empty)"
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"


def _words(*parts: str | None) -> str:
    return ", ".join(filter(None, parts))
