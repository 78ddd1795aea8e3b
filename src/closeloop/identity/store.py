"""Identity's tables: who and what there is, the unique claims on strong keys, browsers, merges as links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Column, Connection, Index, or_, select, text, update

from closeloop.db import INT, TEXT, among, put, table
from closeloop.identity.nouns import Attributed, Known
from closeloop.inbox.nouns import Key
from closeloop.words.errors import BadInput
from closeloop.words.moment import from_us, to_us

# fmt: off
entities = table(
    "entities",
    Column("id", TEXT, primary_key=True),
    Column("kind", TEXT, nullable=False),           # person | account | opportunity | campaign
    Column("root_id", TEXT, nullable=False),        # itself, or the survivor it is linked to
    Column("created_at", INT, nullable=False),
    Column("message_id", TEXT, nullable=False),     # what brought it about
    Index(None, "root_id"),
    rowid=False,
)
keys = table(
    "keys",
    Column("kind", TEXT, primary_key=True),         # email, crm.Lead, form.user, crm.Account, company …
    Column("value", TEXT, primary_key=True),
    Column("entity_id", TEXT, nullable=False),      # its own entity, also after a merge
    Column("at", INT, nullable=False),
    Column("message_id", TEXT, nullable=False),
    Index(None, "entity_id"),
    rowid=False,
)
visits = table(
    "visits",                                       # who was seen on which browser since when
    Column("visitor", TEXT, primary_key=True),
    Column("at", INT, primary_key=True),
    Column("person_id", TEXT, primary_key=True),
    Column("message_id", TEXT, nullable=False),
    Index(None, "person_id"),
    rowid=False,
)
merges = table(
    "merges",
    Column("id", TEXT, primary_key=True),
    Column("kind", TEXT, nullable=False),
    Column("survivor_id", TEXT, nullable=False),
    Column("loser_id", TEXT, nullable=False),
    Column("at", INT, nullable=False),
    Column("by", TEXT, nullable=False),             # b2b@7, or the person who did it
    Column("reason", TEXT, nullable=False),
    Column("message_id", TEXT, nullable=False),
    Column("undone_at", INT),
    Column("undone_by", TEXT),
    Index(None, "survivor_id"),
    Index(None, "loser_id"),
)
# fmt: on


def load(connection: Connection, wanted: Iterable[Key]) -> Known:
    """What is known about these keys: holders, their roots, the kinds of their keys, undone merges. Locks the roots.

    Entities named by keys of our own ("closeloop") are loaded by their id.
    """
    by_kind: dict[str, list[str]] = {}
    for key in sorted(wanted):
        by_kind.setdefault(key.kind, []).append(key.value)
    known = Known()
    entity_ids = set(by_kind.pop("closeloop", ()))
    for kind, found in by_kind.items():
        statement = select(keys.c.value, keys.c.entity_id).where(keys.c.kind == kind, among(keys.c.value, found))
        for value, entity_id in connection.execute(statement):
            known.holders[Key(kind, value)] = entity_id
            entity_ids.add(entity_id)
    known.roots = _lock(connection, sorted(entity_ids))
    linked = sorted(known.roots)
    kinds_held = select(keys.c.entity_id, keys.c.kind).where(among(keys.c.entity_id, linked)).distinct()
    for entity_id, kind in connection.execute(kinds_held):
        known.kinds.setdefault(entity_id, set()).add(kind)
    known.blocked = _blocked(connection, linked)
    return known


def save(connection: Connection, found: Attributed) -> None:
    """Write what is new. A key or entity that another worker claimed meanwhile raises IntegrityError: decide again."""
    put(
        connection,
        entities,
        ("id", "kind", "root_id", "created_at", "message_id"),
        [(born.id, born.kind, born.id, to_us(born.at), born.message_id) for born in found.born],
    )
    put(
        connection,
        keys,
        ("kind", "value", "entity_id", "at", "message_id"),
        [
            (*claim.key, claim.entity_id, to_us(claim.at), claim.message_id)
            for claim in sorted(found.claims, key=lambda claim: claim.key)
        ],
    )
    put(
        connection,
        visits,
        ("visitor", "at", "person_id", "message_id"),
        [(visit.visitor, to_us(visit.at), visit.person_id, visit.message_id) for visit in found.visits],
        "keep",
    )
    put(
        connection,
        merges,
        ("id", "kind", "survivor_id", "loser_id", "at", "by", "reason", "message_id"),
        [
            (each.id, each.kind, each.survivor_id, each.loser_id, to_us(each.at), each.by, each.reason, each.message_id)
            for each in found.merges
        ],
    )
    for merge in found.merges:  # rare, and one may build on the one before it
        connection.execute(
            update(entities).where(entities.c.root_id == merge.loser_id).values(root_id=merge.survivor_id)
        )


def unlink(connection: Connection, merge_id: str, by: str, at: datetime) -> tuple[str, ...]:
    """Undo one merge and return the roots concerned: all stood under its own entity, only the link goes.

    Raises:
        BadInput: there is no such merge, or it is undone already.
    """
    row = connection.execute(select(merges).where(merges.c.id == merge_id).with_for_update()).one_or_none()
    if row is None:
        raise BadInput(
            f"there is no merge {merge_id!r}; `closeloop why person ID` lists a person's merges with their ids"
        )
    if row.undone_at is not None:
        raise BadInput(f"merge {merge_id} was undone already, by {row.undone_by}")
    connection.execute(update(merges).where(merges.c.id == merge_id).values(undone_at=to_us(at), undone_by=by))
    locked = _lock(connection, [row.survivor_id])
    root, linked = locked[row.survivor_id], sorted(locked)
    links = connection.execute(
        select(merges.c.survivor_id, merges.c.loser_id)
        .where(merges.c.undone_at.is_(None), or_(among(merges.c.survivor_id, linked), among(merges.c.loser_id, linked)))
        .order_by(merges.c.at, merges.c.id)
    )
    roots = {member: member for member in linked}
    for survivor, loser in links:
        low, high = sorted((roots[survivor], roots[loser]))
        roots = {member: low if of == high else of for member, of in roots.items()}
    for each in sorted(set(roots.values()) - {root}):
        freed = [member for member, of in roots.items() if of == each]
        connection.execute(update(entities).where(among(entities.c.id, freed)).values(root_id=each))
    return tuple(sorted(set(roots.values())))


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


def _lock(connection: Connection, entity_ids: Sequence[str]) -> dict[str, str]:
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


def _blocked(connection: Connection, entity_ids: Sequence[str]) -> set[tuple[str, str]]:
    statement = select(merges.c.survivor_id, merges.c.loser_id).where(
        merges.c.undone_at.is_not(None),
        or_(among(merges.c.survivor_id, entity_ids), among(merges.c.loser_id, entity_ids)),
    )
    return set(connection.execute(statement).all())
