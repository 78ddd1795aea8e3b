"""What is known of the holders of some keys, locked from here on; and of entities in general."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, or_, select, text

from closeloop.db import among
from closeloop.identity.keys import EMAIL, NAMED, OURS, address_of
from closeloop.identity.nouns import Held, Known
from closeloop.identity.store.tables import entities, keys, pairs, traits, visits
from closeloop.inbox.nouns import Key
from closeloop.words.moment import from_us

_GIVEN = select(traits.c.entity_id, traits.c.given)
_held = msgspec.json.Decoder(Held).decode


def load(connection: Connection, wanted: Iterable[Key]) -> Known:
    """What is known about these keys: their holders and all that are linked to them. Locks them.

    Entities named by keys of our own ("closeloop") are loaded by their id.
    """
    by_kind: dict[str, list[str]] = {}
    for key in sorted(wanted):
        by_kind.setdefault(key.kind, []).append(key.value)
    known = Known()
    entity_ids = set(by_kind.pop(OURS, ()))
    for kind, found in by_kind.items():
        statement = select(keys.c.value, keys.c.entity_id).where(keys.c.kind == kind, among(keys.c.value, found))
        for value, entity_id in connection.execute(statement):
            known.holders[Key(kind, value)] = entity_id
            entity_ids.add(entity_id)
    known.roots = lock(connection, sorted(entity_ids))
    # Whoever comes to share an address locks its holder, so they are looked for after that.
    for key, entity_id in sharing(connection, by_kind.get(EMAIL, ())):
        known.named.setdefault(address_of(key), {})[key] = known.holders[key] = entity_id
        entity_ids.add(entity_id)
    if not entity_ids <= known.roots.keys():
        known.roots = lock(connection, sorted(entity_ids))
    linked = sorted(known.roots)
    kinds_held = select(keys.c.entity_id, keys.c.kind).where(among(keys.c.entity_id, linked)).distinct()
    for entity_id, kind in connection.execute(kinds_held):
        known.kinds.setdefault(entity_id, set()).add(kind)
    known.blocked = told_apart(connection, linked)
    for entity_id, said in connection.execute(_GIVEN.where(among(traits.c.entity_id, linked))):
        known.stated[entity_id] = _held(said)
    return known


def lock(connection: Connection, entity_ids: Sequence[str]) -> dict[str, str]:
    """Entity → root of everybody linked to these, locked in id order so that two workers do not wait in a ring.

    Whom another worker linked while this one waited is not among those that it locked: then it looks again. Two that
    look again at once may still form a ring; the database breaks it, and one of them decides again.
    """
    of_these = entities.c.root_id.in_(select(entities.c.root_id).where(among(entities.c.id, entity_ids)))
    linked = select(entities.c.id, entities.c.root_id).where(of_these)
    while True:
        locked = dict(connection.execute(linked.order_by(entities.c.id).with_for_update()).all())
        if connection.dialect.name == "sqlite" or locked == dict(connection.execute(linked).all()):
            return locked


def told_apart(connection: Connection, entity_ids: Sequence[str]) -> set[tuple[str, str]]:
    """The pairs with one of these that somebody judged different, or whose merge somebody undid."""
    statement = select(pairs.c.left_id, pairs.c.right_id).where(
        pairs.c.state == "different",
        or_(among(pairs.c.left_id, entity_ids), among(pairs.c.right_id, entity_ids)),
    )
    return set(connection.execute(statement).all())


def members(connection: Connection, roots: Iterable[str]) -> dict[str, list[str]]:
    """Root → its own entities, itself included, oldest first."""
    found: dict[str, list[str]] = {}
    statement = (
        select(entities.c.root_id, entities.c.id)
        .where(among(entities.c.root_id, sorted(set(roots))))
        .order_by(entities.c.id)
    )
    for root, member in connection.execute(statement):
        found.setdefault(root, []).append(member)
    return found


def family(connection: Connection, roots: Iterable[str]) -> dict[str, str]:
    """Entity → root, for everybody linked to these roots."""
    return {member: root for root, linked in members(connection, roots).items() for member in linked}


def kinds(connection: Connection, entity_ids: Iterable[str]) -> dict[str, str]:
    """Entity → "person", "account", "opportunity" or "campaign"."""
    statement = select(entities.c.id, entities.c.kind).where(among(entities.c.id, sorted(set(entity_ids))))
    return dict(connection.execute(statement).all())


def roots_of(connection: Connection, entity_ids: Iterable[str]) -> dict[str, str]:
    """Entity → its root, for those that exist."""
    statement = select(entities.c.id, entities.c.root_id).where(among(entities.c.id, sorted(set(entity_ids))))
    return dict(connection.execute(statement).all())


def crosswalk(connection: Connection, roots: Iterable[str]) -> dict[str, list[Key]]:
    """Root → every key that it or an entity linked to it holds, the newest first."""
    statement = (
        select(entities.c.root_id, keys.c.kind, keys.c.value)
        .join_from(keys, entities, keys.c.entity_id == entities.c.id)
        .where(among(entities.c.root_id, sorted(set(roots))))
        .order_by(keys.c.at.desc(), keys.c.kind, keys.c.value)
    )
    found: dict[str, list[Key]] = {}
    for root, kind, value in connection.execute(statement):
        found.setdefault(root, []).append(Key(kind, value))
    return found


def spans(connection: Connection, visitors: Iterable[str]) -> dict[str, list[tuple[datetime, str]]]:
    """Browser → who was identified on it and when, in order of time. Locks the browsers against other workers."""
    wanted = sorted(set(visitors))
    if connection.dialect.name == "postgresql" and wanted:
        connection.execute(
            text(
                "SELECT pg_advisory_xact_lock(h) FROM (SELECT DISTINCT hashtext(v) % 65536 + 1000000 AS h"
                " FROM unnest(CAST(:v AS text[])) v ORDER BY h) s"
            ),
            {"v": wanted},
        )
    found: dict[str, list[tuple[datetime, str]]] = {}
    statement = (
        select(visits.c.visitor, visits.c.at, visits.c.person_id)
        .where(among(visits.c.visitor, wanted))
        .order_by(visits.c.visitor, visits.c.at, visits.c.person_id)
    )
    for visitor, at, person_id in connection.execute(statement):
        found.setdefault(visitor, []).append((from_us(at), person_id))
    return found


def at_addresses(connection: Connection, addresses: Sequence[str]) -> list[tuple[str, str]]:
    """Address and entity, for everybody who has one of these addresses: its holder, and those who share it."""
    found = [(address_of(key), entity_id) for key, entity_id in sharing(connection, addresses)]
    holders = select(keys.c.value, keys.c.entity_id).where(keys.c.kind == EMAIL, among(keys.c.value, addresses))
    return found + [(address, entity_id) for address, entity_id in connection.execute(holders)] if addresses else []


def sharing(connection: Connection, addresses: Sequence[str]) -> list[tuple[Key, str]]:
    """Who shares one of these addresses with its holder: their keys begin with it and a space, and "!" comes next."""
    if not addresses:
        return []
    is_sqlite = connection.dialect.name == "sqlite"
    each = "json_each(:addresses) a" if is_sqlite else "unnest(CAST(:addresses AS text[])) AS a(value)"
    statement = text(
        f"SELECT k.value, k.entity_id FROM {each} CROSS JOIN keys k WHERE k.kind = :kind"  # noqa: S608 - texts of ours
        " AND k.value >= a.value || ' ' AND k.value < a.value || '!'"
    )
    wanted = msgspec.json.encode(addresses).decode() if is_sqlite else list(addresses)
    found = connection.execute(statement, {"kind": NAMED, "addresses": wanted})
    return [(Key(NAMED, value), entity_id) for value, entity_id in found]
