"""What happened with one person, on one line: acts of marketing, acts of sales, and what the hub decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, text

from closeloop.measure.stages import stage_changes
from closeloop.words.moment import from_us

Lane = Literal["Marketing", "Sales", "Decisions"]
LANES: tuple[Lane, ...] = ("Marketing", "Sales", "Decisions")
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
    return tuple(sorted(happened, key=lambda one: one.at, reverse=True))


def _words(*parts: str | None) -> str:
    return ", ".join(filter(None, parts))
