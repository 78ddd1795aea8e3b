"""Commands on their way: written, answered, settled, and given another life."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, func, select, update

from closeloop.db import among, put
from closeloop.outbox.lanes import lane_of
from closeloop.outbox.nouns import Planned, Posted, Settlement
from closeloop.outbox.rejects import SET_ASIDE
from closeloop.outbox.store.hand_on import hand_on
from closeloop.outbox.store.lift import lift
from closeloop.outbox.store.posted import WRITTEN_NOW, posted, written, written_now
from closeloop.outbox.store.tables import commands
from closeloop.ports import Verb
from closeloop.words.moment import to_us

_PLANNED = (
    "key", "source", "verb", "object", "ref_object", "ref_id", "our_key", "fields", "refs", "after",
    "person_id", "lead_id", "why", "message_id", "created_at", "no",
    "state", "attempts", "answers", "not_before", "verified", "lane",
)  # fmt: skip


_AS_DECIDED_NOW = (
    update(commands)
    .where(commands.c.key == bindparam("renewed"))
    .values(
        state="waiting", answers=0, reason=None, not_before=bindparam("at"), why=bindparam("why_now"),
        message_id=bindparam("message_now"), **WRITTEN_NOW,
    )
)  # fmt: skip
_RENEWED = _AS_DECIDED_NOW.where(commands.c.state == "dead")
_DROPPED = and_(commands.c.state == "done", commands.c.answer_id.is_(None), commands.c.attempts == 0)
_CALLED_FOR = (Verb.CREATE, Verb.MERGE, Verb.CONVERT)
_CALLED_FOR_AGAIN = _AS_DECIDED_NOW.where(_DROPPED).values(answered_at=None)
_ENDED = (
    update(commands)
    .where(commands.c.key == bindparam("ended"), commands.c.state == "dead")
    .values(state="done", reason=bindparam("why_now"), answered_at=bindparam("at"))
)


def plan(connection: Connection, planned: Sequence[Planned], now: datetime, *, bulk: bool = False) -> None:
    """Write commands to be sent; one whose key is there already is not written again.

    A create, a merge or a conversion that was dropped before it was ever sent goes out after all: its key is for ever,
    and of three who were taken for one person, of whom one create was enough and two records went into a third, one may
    part again.

    Args:
        bulk: what brought them about came through the bulk queue, so that they go last, unless they are hot.
    """
    rows = []
    for no, each in enumerate(planned):
        command, said = each.command, written(each)
        rows.append(
            (
                command.key,
                each.source,
                command.verb.value,
                said["object"],
                said["ref_object"],
                said["ref_id"],
                command.our_key,
                said["fields"],
                said["refs"],
                said["after"],
                each.person_id,
                each.lead_id,
                each.why,
                each.message_id,
                to_us(now),
                no,
                "waiting",
                0,
                0,
                to_us(now),
                0,
                lane_of(each, bulk=bulk),
            )
        )
    put(connection, commands, _PLANNED, rows, "keep")
    _call_for_again(connection, planned, now)
    hand_on(connection, planned, now)
    lift(connection, planned)


def _call_for_again(connection: Connection, planned: Sequence[Planned], now: datetime) -> None:
    wanted = {each.command.key: each for each in planned if each.command.verb in _CALLED_FOR}
    if not wanted:
        return
    statement = select(commands.c.key).where(among(commands.c.key, sorted(wanted)), _DROPPED)
    found = connection.execute(statement).scalars()
    if rows := _as_they_read_now([wanted[key] for key in found], now):
        connection.execute(_CALLED_FOR_AGAIN, rows)


def load(connection: Connection, keys: Iterable[str]) -> dict[str, Posted]:
    """Commands by key."""
    statement = select(commands).where(among(commands.c.key, sorted(set(keys))))
    rows = connection.execute(statement.order_by(commands.c.created_at, commands.c.no, commands.c.key)).mappings()
    return {row["key"]: posted(row, attempts=row["attempts"], made={}) for row in rows}


def settle(connection: Connection, settlements: Sequence[Settlement]) -> None:
    """Write what became of commands."""
    for each in settlements:
        connection.execute(
            update(commands)
            .where(commands.c.key == each.key)
            .values(
                state=each.state,
                not_before=to_us(each.not_before),
                answer_id=each.answer_id,
                reason=each.reason,
                answered_at=to_us(each.answered_at),
                answers=commands.c.answers + 1,
                verified=int(each.verified),
                leased_by=None,
                leased_until=None,
            )
        )


def revive(connection: Connection, keys: Sequence[str], now: datetime) -> int:
    """Give dead commands another life, after somebody mended what killed them."""
    statement = update(commands).where(among(commands.c.key, keys), commands.c.state == "dead")
    return connection.execute(statement.values(state="waiting", answers=0, not_before=to_us(now), reason=None)).rowcount


def renew(connection: Connection, renewed: Sequence[Planned], now: datetime) -> None:
    """The same for dead commands that say something else by now."""
    if rows := _as_they_read_now(renewed, now):
        connection.execute(_RENEWED, rows)


def _as_they_read_now(planned: Sequence[Planned], now: datetime) -> list[dict[str, object]]:
    return [
        {
            "renewed": each.command.key,
            "at": to_us(now),
            **written_now(each),
            "why_now": each.why,
            "message_now": each.message_id,
        }
        for each in planned
    ]


def end(connection: Connection, ended: Mapping[str, str], now: datetime) -> None:
    """Dead commands that need not be sent any more, with the reason."""
    rows = [{"ended": key, "at": to_us(now), "why_now": why} for key, why in ended.items()]
    if rows:
        connection.execute(_ENDED, rows)


def set_aside(connection: Connection, keys: Collection[str]) -> None:
    """Dead creates that nothing calls for now stay dead, with their reason: their keys are for ever."""
    reason = func.coalesce(commands.c.reason, "")
    statement = update(commands).where(among(commands.c.key, sorted(keys)), commands.c.state == "dead")
    if keys:
        connection.execute(statement.where(~reason.endswith(SET_ASIDE)).values(reason=reason + SET_ASIDE))
