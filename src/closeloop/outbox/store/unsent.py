"""Commands not sent yet: they can still be dropped or go elsewhere. One that was sent waits for its answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, func, select, update

from closeloop.db import among
from closeloop.outbox.nouns import Planned, Posted
from closeloop.outbox.store.posted import posted
from closeloop.outbox.store.tables import commands, entities
from closeloop.words.moment import to_us

_UNANSWERED = ("waiting", "leased")
_UNDONE = (*_UNANSWERED, "dead")
_UNSENT = and_(commands.c.state == "waiting", commands.c.attempts == 0)


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
    return {root: [each for each in theirs if each.state in _UNANSWERED] for root, theirs in undone.items()}


def under_way(connection: Connection, source: str, at_most: int = 1000) -> list[str]:
    """Keys of the commands that were sent to this connection and are not answered, or whose answers are not decided."""
    sent = and_(commands.c.source == source, commands.c.state.in_(_UNANSWERED), commands.c.attempts > 0)
    return sorted(connection.execute(select(commands.c.key).where(sent).limit(at_most)).scalars())


def drop(connection: Connection, dropped: Mapping[str, str], now: datetime) -> None:
    """These are not sent any more, for these reasons."""
    by_reason: dict[str, list[str]] = {}
    for key, reason in dropped.items():
        by_reason.setdefault(reason, []).append(key)
    for reason, keys in by_reason.items():
        values = {"state": "done", "reason": reason, "answered_at": to_us(now)}
        connection.execute(update(commands).where(among(commands.c.key, keys), _UNSENT).values(values))


def readdress(connection: Connection, changed: Sequence[Planned]) -> None:
    """These go to another record, or point to another one."""
    for command in (each.command for each in changed):
        values = {
            "object": command.object,
            "ref_object": command.ref.object if command.ref else None,
            "ref_id": command.ref.id if command.ref else None,
            "refs": json.dumps({name: [ref.object, ref.id] for name, ref in command.refs.items()}),
        }
        connection.execute(update(commands).where(commands.c.key == command.key, _UNSENT).values(values))
