"""Commands not sent yet: they can still be dropped or go elsewhere. One that was sent waits for its answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, case, func, or_, select, update

from closeloop.db import among
from closeloop.outbox.nouns import UNFINISHED, Planned, Posted
from closeloop.outbox.store.posted import WRITTEN_NOW, posted, written_now
from closeloop.outbox.store.tables import commands, entities
from closeloop.ports import Record, Verb
from closeloop.words.moment import to_us

_UNDONE = (*UNFINISHED, "dead")
_WAITING = commands.c.state == "waiting"
_UNSENT = and_(_WAITING, commands.c.attempts == 0)
_OTHERWISE = and_(commands.c.verb == Verb.CONVERT.value, commands.c.refs != WRITTEN_NOW["refs"])
# What cannot be taken back goes elsewhere only by another plan, where one was approved.
_READDRESSED = (
    update(commands)
    .where(commands.c.key == bindparam("readdressed"))
    .values(
        why=bindparam("why_now"), message_id=bindparam("message_now"), lead_id=bindparam("lead_now"),
        plan_id=case((_OTHERWISE, None), else_=commands.c.plan_id), **WRITTEN_NOW,
    )
)  # fmt: skip


def load_undone(connection: Connection, roots: Iterable[str]) -> dict[str, list[Posted]]:
    """Person (root) → what waits for them or somebody linked to them, is on its way or was refused, in order."""
    statement = (
        select(commands, entities.c.root_id)
        .join_from(entities, commands, commands.c.person_id == entities.c.id)
        # An expression, lest the index by state is taken: it holds the whole backlog.
        .where(among(entities.c.root_id, sorted(set(roots))), func.coalesce(commands.c.state, "").in_(_UNDONE))
        .order_by(commands.c.created_at, commands.c.no, commands.c.key)
    )
    found: dict[str, list[Posted]] = {}
    for row in connection.execute(statement).mappings():
        found.setdefault(row["root_id"], []).append(posted(row, attempts=row["attempts"], made={}))
    return found


def load_unanswered(connection: Connection, roots: Iterable[str]) -> dict[str, list[Posted]]:
    """The same without what was refused."""
    undone = load_undone(connection, roots)
    return {root: [each for each in theirs if each.state in UNFINISHED] for root, theirs in undone.items()}


def under_way(connection: Connection, source: str, records: Iterable[Record]) -> list[str]:
    """Keys of what was sent to make or change these records and is not answered, or its answer not decided."""
    found = list(records)
    ids, keys = [each.id for each in found], [each.our_key for each in found if each.our_key is not None]
    about = or_(among(commands.c.ref_id, ids), among(commands.c.our_key, keys))
    sent = and_(commands.c.source == source, commands.c.state.in_(UNFINISHED), commands.c.attempts > 0, about)
    return sorted(connection.execute(select(commands.c.key).where(sent)).scalars())


def drop(connection: Connection, dropped: Mapping[str, str], now: datetime) -> set[str]:
    """These are not sent any more, for these reasons. Returns those that were sent by now, so that it is too late."""
    by_reason: dict[str, list[str]] = {}
    for key, reason in dropped.items():
        by_reason.setdefault(reason, []).append(key)
    left = set(dropped)
    for reason, keys in by_reason.items():
        values = {"state": "done", "reason": reason, "answered_at": to_us(now)}
        statement = update(commands).where(among(commands.c.key, keys), _UNSENT).values(values)
        left -= set(connection.execute(statement.returning(commands.c.key)).scalars())
    return left


def readdress(connection: Connection, changed: Sequence[Planned], *, even_tried: bool = False) -> set[str]:
    """These go to another record, point to another one, wait for another command, or say something else.

    Returns those that were sent by now, as they were.

    Args:
        even_tried: also those that were sent before and refused, and that somebody tries again now.
    """
    if not changed:
        return set()
    waits = _WAITING if even_tried else _UNSENT
    connection.execute(
        _READDRESSED.where(waits),
        [
            {
                "readdressed": each.command.key,
                "why_now": each.why,
                "message_now": each.message_id,
                "lead_now": each.lead_id,
                **written_now(each),
            }
            for each in changed
        ],
    )
    keys = sorted({each.command.key for each in changed})
    # One that was not sent before could be changed, and is ours until the transaction ends.
    return set(keys) - set(
        connection.execute(select(commands.c.key).where(among(commands.c.key, keys), waits)).scalars()
    )
