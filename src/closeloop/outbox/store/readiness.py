"""How a system's records stand, by what each is known to hold: who owns them, which are double, what they fill."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, select, text

from closeloop.outbox.nouns import STATE, Shadow
from closeloop.outbox.readiness import (
    SAMPLE,
    Readiness,
    Refused,
    Told,
    gives_leads,
    holders,
    troubles,
    unfilled,
    unmapped,
    unmatched,
    used_names,
)
from closeloop.outbox.store.tables import shadows
from closeloop.ports import Entity
from closeloop.process.nouns import Process
from closeloop.record.builtin import rules_for
from closeloop.words.normal import normal_form

_ACTIVE = f'%"{STATE}": "active"%'
"""In the JSON of a record that lives: within a value the quotes would be escaped."""
_is_true = normal_form("boolean")
_OWNED = '%"_owner": "%'
_TWICE = text("""
    SELECT COUNT(*), COALESCE(SUM(n), 0) FROM (
      SELECT COUNT(*) AS n FROM v_shadows s
      JOIN v_keys k ON k.kind = s.source || '.' || s.object AND k.value = s.record_id
      WHERE s.source = :source AND s.fields LIKE :active AND k.entity_kind = 'person'
      GROUP BY k.root_id HAVING COUNT(*) > 1) several""")


def load_readiness(
    connection: Connection, process: Process, source: str, told: Told, refused: Sequence[Refused]
) -> Readiness:
    """How one connection stands, by what is known of its records and what it says of itself; asks nobody."""
    has_team = gives_leads(process, source) and bool(told.owners)
    entities = {shape.object: shape.entity for shape in told.shapes}
    closed = frozenset(p.name for p in rules_for(process, "opportunity")["is_closed"].paths if p.source == source)
    owned = load_owned(connection, source, entities, closed) if told.owners else {}
    n_twice, n_records = count_twice(connection, source)
    used = used_names(process, source)
    return Readiness(
        source,
        unmatched(process, told.owners) if has_team else (),
        holders(process, told.owners, owned, has_team=has_team),
        n_twice,
        n_records,
        troubles(refused),
        unfilled(process, source, told.shapes),
        tuple(
            each
            for shape in told.shapes
            for each in unmapped(shape, load_some(connection, source, shape.object, SAMPLE), used)
        ),
        told.unread,
    )


def load_owned(
    connection: Connection, source: str, entities: Mapping[str, Entity], closed: frozenset[str]
) -> dict[str, dict[Entity, int]]:
    """User → how many living records of each kind they own, of deals the open ones.

    Args:
        entities: object → what it is.
        closed: names of the field that says of a deal that it is closed.
    """
    found: dict[str, Counter[Entity]] = defaultdict(Counter)
    statement = select(shadows.c.object, shadows.c.fields).where(
        shadows.c.source == source, shadows.c.fields.like(_ACTIVE), shadows.c.fields.like(_OWNED)
    )
    for object_name, fields in connection.execute(statement.execution_options(yield_per=10_000)):
        held = msgspec.json.decode(fields)
        entity = entities.get(object_name)
        is_closed = any(_is_true(held.get(name), None).value is True for name in closed)
        if entity is None or (entity == "opportunity" and is_closed):
            continue
        found[str(held["_owner"])][entity] += 1
    return {owner: dict(counts) for owner, counts in found.items()}


def count_twice(connection: Connection, source: str) -> tuple[int, int]:
    """People who are known by several living records of this system, and how many records those are."""
    people, records = connection.execute(_TWICE, {"source": source, "active": _ACTIVE}).one()
    return int(people), int(records)


def load_some(connection: Connection, source: str, object_name: str, at_most: int) -> list[Shadow]:
    """What some living records of an object hold."""
    statement = select(shadows.c.fields).where(
        shadows.c.source == source, shadows.c.object == object_name, shadows.c.fields.like(_ACTIVE)
    )
    return [msgspec.json.decode(fields) for fields in connection.execute(statement.limit(at_most)).scalars()]
