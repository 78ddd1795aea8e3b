"""What the outbox asks about people: their records outside, their merges, and what is on its way for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, select, update

from closeloop.db import among
from closeloop.outbox.nouns import UNFINISHED, Held, Link, Posted, ShadowKey
from closeloop.outbox.store.posted import posted
from closeloop.outbox.store.tables import commands, entities, keys, merges
from closeloop.ports import Ref, Verb
from closeloop.words.moment import to_us

_HELD = select(keys.c.kind, keys.c.value, keys.c.entity_id, entities.c.root_id).join_from(
    entities, keys, keys.c.entity_id == entities.c.id
)


def pending_creates(connection: Connection, roots: Sequence[str]) -> dict[str, dict[tuple[str, str], str]]:
    """Person (root) → (connection, object) → key of a create, for them or somebody linked to them, still unanswered."""
    statement = (
        select(entities.c.root_id, commands.c.source, commands.c.object, commands.c.key, commands.c.state)
        .join_from(entities, commands, commands.c.person_id == entities.c.id)
        .where(among(entities.c.root_id, roots), commands.c.verb == Verb.CREATE.value)
        .order_by(commands.c.created_at, commands.c.no)
    )
    found: dict[str, dict[tuple[str, str], str]] = {}
    for root, source, object_name, key, state in connection.execute(statement):
        if state in UNFINISHED:  # asked here, lest the index by state is taken: it holds the whole backlog
            found.setdefault(root, {})[source, object_name] = key
    return found


def load_merges(connection: Connection, roots: Iterable[str]) -> list[Posted]:
    """Every MERGE that was planned for these people or somebody linked to them, in whatever state, in order."""
    statement = (
        select(commands)
        .join_from(entities, commands, commands.c.person_id == entities.c.id)
        .where(among(entities.c.root_id, sorted(set(roots))), commands.c.verb == Verb.MERGE.value)
        .order_by(commands.c.created_at, commands.c.no, commands.c.key)
    )
    return [posted(row, attempts=row["attempts"], made={}) for row in connection.execute(statement).mappings()]


def follow_merge(connection: Connection, root: str, source: str, loser: Ref, survivor: Ref, now: datetime) -> None:
    """What still waits for a merged record: its fields are decided anew, the rest goes to the one that survived."""
    waiting = and_(
        commands.c.person_id.in_(select(entities.c.id).where(entities.c.root_id == root)),
        commands.c.source == source,
        commands.c.ref_object == loser.object,
        commands.c.ref_id == loser.id,
        commands.c.state.in_(UNFINISHED),
    )
    reason = f"{loser.object} {loser.id} was merged into {survivor.id}; what it should hold is decided there"
    connection.execute(
        update(commands)
        .where(waiting, commands.c.verb == Verb.UPDATE.value)
        .values(state="done", reason=reason, answered_at=to_us(now), leased_by=None, leased_until=None)
    )
    connection.execute(update(commands).where(waiting).values(ref_id=survivor.id))


def load_held(connection: Connection, roots: Iterable[str], kinds: Iterable[str]) -> dict[str, list[Held]]:
    """Root → its records outside, those of its oldest entity first, and of one entity those known the longest.

    Args:
        kinds: of keys, connection and object: "crm.Contact".
    """
    statement = _HELD.where(among(entities.c.root_id, sorted(set(roots))), among(keys.c.kind, sorted(set(kinds))))
    order = (entities.c.root_id, keys.c.entity_id, keys.c.at, keys.c.kind, keys.c.value)
    found: dict[str, list[Held]] = {}
    for row in connection.execute(statement.order_by(*order)):
        found.setdefault(row.root_id, []).append(_held(row))
    return found


def whose(connection: Connection, records: Iterable[ShadowKey]) -> dict[ShadowKey, str]:
    """Record → the person (root) that it belongs to."""
    by_kind: dict[str, list[str]] = {}
    for source, name, record_id in sorted(set(records)):
        by_kind.setdefault(f"{source}.{name}", []).append(record_id)
    found = [
        _held(row)
        for kind, ids in by_kind.items()
        for row in connection.execute(_HELD.where(keys.c.kind == kind, among(keys.c.value, ids)))
    ]
    return {each.key: each.root_id for each in found}


def load_links(connection: Connection, roots: Iterable[str]) -> list[Link]:
    """The merges that made these people what they are, in the order in which they were made."""
    statement = (
        select(merges.c.id, merges.c.survivor_id, merges.c.loser_id, merges.c.by, merges.c.reason)
        .join_from(entities, merges, merges.c.survivor_id == entities.c.id)
        .where(among(entities.c.root_id, sorted(set(roots))), merges.c.undone_at.is_(None))
        .order_by(merges.c.at, merges.c.id)
    )
    return [
        Link(id_, survivor, loser, f"{by}: {why}") for id_, survivor, loser, by, why in connection.execute(statement)
    ]


def _held(row: Row[Any, Any, Any, Any]) -> Held:
    source, _, object_name = row.kind.partition(".")
    return Held(source, object_name, row.value, row.entity_id, row.root_id)
