"""Commands leased to the one who sends them: the hottest first, and each person's in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, or_, select, update

from closeloop.db import INT, among
from closeloop.outbox.lanes import BACKFILL
from closeloop.outbox.nouns import UNFINISHED, Posted
from closeloop.outbox.store.posted import posted
from closeloop.outbox.store.tables import commands
from closeloop.ports import Ref, Verb
from closeloop.words.moment import to_us

LEASE = timedelta(seconds=60)
"""How long a worker may take over a batch before another one may try."""
BULK_LEASE = timedelta(hours=1)
"""The same for a bulk job, which the vendor works at by itself."""

Choose = Callable[[Sequence[Posted]], tuple[Sequence[Posted], timedelta]]


def claim(
    connection: Connection,
    source: str,
    now: datetime,
    n: int,
    worker: str,
    choose: Choose | None = None,
    lane: int = BACKFILL,
    *,
    approved_only: bool = False,
) -> list[Posted]:
    """Lease up to `n` commands of one connection: by lane, and in each in the order in which they were made.

    Of one person only the earliest unfinished command is taken, so that an update never overtakes the create before it;
    one that can never go, since the create that it needs is dead, holds up nobody.
    A lease that ran out is taken again: its answer may have been lost, which the attempt tells the connector.

    Args:
        choose: which of those found go now, and how long they are ours; the others are left for later. All, without.
        lane: the last one that may go.
        approved_only: take only what belongs to a plan that was approved, and orders to erase.
    """
    wanted = {"source": source, "now": to_us(now), "most": n, "lane": lane, "approved": int(approved_only)}
    rows = connection.execute(_CLAIMABLE, wanted).mappings().all()
    if not rows:
        return []
    made = _answer_ids(connection, [row["after"] for row in rows if row["after"]])
    found = [posted(row, attempts=row["attempts"] + 1, made=made) for row in rows]
    chosen, lease = choose(found) if choose is not None else (found, LEASE)
    if not chosen:
        return []
    connection.execute(
        update(commands)
        .where(among(commands.c.key, [each.planned.command.key for each in chosen]))
        .values(state="leased", attempts=commands.c.attempts + 1, leased_by=worker, leased_until=to_us(now + lease))
    )
    return list(chosen)


def end_leases(connection: Connection, keys: Sequence[str], worker: str) -> set[str]:
    """These commands were answered: nobody sends them again while their answers wait to be decided.

    Returns those that this worker still held: the answer of a worker that was given up is not taken.
    """
    held = and_(among(commands.c.key, keys), commands.c.leased_by == worker, commands.c.state == "leased")
    statement = update(commands).where(held, commands.c.leased_until.is_not(None)).values(leased_until=None)
    return set(connection.execute(statement.returning(commands.c.key)).scalars())


def _answer_ids(connection: Connection, keys: Sequence[str]) -> dict[str, Ref]:
    """Create → the record that it made."""
    statement = select(commands.c.key, commands.c.object, commands.c.answer_id).where(
        among(commands.c.key, keys), commands.c.answer_id.is_not(None)
    )
    return {key: Ref(object_name, answer_id) for key, object_name, answer_id in connection.execute(statement)}


def _claimable() -> Select[Any]:
    """Commands of a connection that may go now; built once, since every sender asks several times a second."""
    earlier, lost = commands.alias("earlier"), commands.alias("lost")
    orphaned = select(lost.c.key).where(lost.c.key == earlier.c.after, lost.c.state == "dead").exists()
    blocked = (
        select(earlier.c.key)
        .where(
            earlier.c.source == commands.c.source,
            earlier.c.person_id == commands.c.person_id,
            earlier.c.state.in_(UNFINISHED),
            ~orphaned,
            or_(
                earlier.c.created_at < commands.c.created_at,
                and_(earlier.c.created_at == commands.c.created_at, earlier.c.no < commands.c.no),
            ),
        )
        .exists()
    )
    parent = commands.alias("parent")
    ready = or_(
        commands.c.after.is_(None),
        select(parent.c.key).where(parent.c.key == commands.c.after, parent.c.state == "done").exists(),
    )
    return (
        select(commands)
        .where(
            commands.c.source == bindparam("source"),
            commands.c.lane <= bindparam("lane"),
            commands.c.not_before <= bindparam("now"),
            or_(
                commands.c.state == "waiting",
                and_(commands.c.state == "leased", commands.c.leased_until < bindparam("now")),
            ),
            or_(
                bindparam("approved", type_=INT) == 0,
                commands.c.plan_id.is_not(None),
                commands.c.verb == Verb.ERASE.value,  # by order of the person, which waits for nobody's approval
            ),
            ~blocked,
            ready,
        )
        .order_by(commands.c.lane, commands.c.created_at, commands.c.no, commands.c.key)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True, of=commands)
    )


_CLAIMABLE = _claimable()
