"""Commands that the hub holds back: among the rejects from the start, and kept as they are decided now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, or_, update

from closeloop.outbox.loops import HeldBack
from closeloop.outbox.store.post import plan
from closeloop.outbox.store.posted import written
from closeloop.outbox.store.tables import commands
from closeloop.words.moment import to_us

_HELD = (
    update(commands)
    .where(commands.c.key == bindparam("held"), or_(commands.c.state == "waiting", commands.c.state == "dead"))
    .values(
        state="dead", fields=bindparam("fields_now"), why=bindparam("why_now"), message_id=bindparam("message_now"),
        reason=bindparam("said"), answered_at=func.coalesce(commands.c.answered_at, bindparam("at")),
    )
)  # fmt: skip


def keep_back(connection: Connection, held: Sequence[HeldBack], now: datetime) -> None:
    """Keep these among the rejects; one that is there already says what is right now."""
    plan(connection, [each.planned for each in held if each.is_new], now)
    rows = [
        {
            "held": each.planned.command.key,
            "fields_now": written(each.planned)["fields"],
            "why_now": each.planned.why,
            "message_now": each.planned.message_id,
            "said": each.reason,
            "at": to_us(now),
        }
        for each in held
    ]
    if rows:
        connection.execute(_HELD, rows)
