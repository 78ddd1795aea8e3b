"""What people are compared by, beside strong keys: their traits, the block keys of those, and values of many."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select, text, update

from closeloop.db import among, put
from closeloop.identity.nouns import Held
from closeloop.identity.store.locks import lock_hashed
from closeloop.identity.store.tables import IN_SAMPLE, block_keys, entities, sharers, traits
from closeloop.identity.traits import given
from closeloop.matching.bundle import Bundle
from closeloop.matching.nouns import Traits

_IN_SAMPLE = 256
_BUCKETS = 256
_FIRST_BUCKET = 2_000_000
_CONFIRM = update(traits).where(traits.c.entity_id == bindparam("entity")).values(given=bindparam("said"))
_held = msgspec.json.Decoder(Held).decode
_traits = msgspec.json.Decoder(dict[str, str]).decode


class Compared(NamedTuple):
    """One person as it is compared: what was stated, the traits that the bundle made of it, their block keys."""

    entity_id: str
    held: Held
    traits: Traits
    keys: Sequence[str]
    message_id: str


def lock_likeness(connection: Connection, values: Collection[str]) -> None:
    """Lock block keys and shared values: of two workers with one new person the second sees what the first wrote."""
    lock_hashed(connection, values, _FIRST_BUCKET, _BUCKETS)


def keys_held(connection: Connection, entity_ids: Sequence[str]) -> set[str]:
    """The block keys that these hold until now."""
    statement = select(block_keys.c.key).where(among(block_keys.c.entity_id, entity_ids)).distinct()
    return set(connection.execute(statement).scalars())


def save_compared(connection: Connection, people: Iterable[Compared], bundle: str) -> None:
    """What these people are compared by from now on."""
    found = list(people)
    connection.execute(delete(block_keys).where(among(block_keys.c.entity_id, [each.entity_id for each in found])))
    put(
        connection,
        traits,
        ("entity_id", "given", "traits", "bundle", "message_id"),
        [
            (
                each.entity_id,
                msgspec.json.encode(each.held, order="sorted").decode(),
                msgspec.json.encode(each.traits, order="sorted").decode(),
                bundle,
                each.message_id,
            )
            for each in found
        ],
        "replace",
    )
    held = sorted({(key, each.entity_id) for each in found for key in each.keys})
    put(connection, block_keys, ("key", "entity_id"), held)


def save_confirmed(connection: Connection, stated: Mapping[str, Held]) -> None:
    """The same was stated of these again, and later: only the moments are new."""
    rows = [
        {"entity": entity_id, "said": msgspec.json.encode(held, order="sorted").decode()}
        for entity_id, held in sorted(stated.items())
    ]
    if rows:
        connection.execute(_CONFIRM, rows)


def load_traits(connection: Connection, roots: Collection[str], bundle: Bundle) -> dict[str, dict[str, Traits]]:
    """Root → entity linked to it → its traits by this bundle; without those of whom nothing was stated."""
    found: dict[str, dict[str, Traits]] = {}
    statement = (
        select(entities.c.root_id, entities.c.id, traits.c.traits, traits.c.bundle, traits.c.given)
        .join_from(entities, traits, traits.c.entity_id == entities.c.id)
        .where(among(entities.c.root_id, sorted(roots)))
    )
    for root, entity_id, said, by, held in connection.execute(statement):
        is_current = by == bundle.signed
        found.setdefault(root, {})[entity_id] = _traits(said) if is_current else bundle.prepare(given(_held(held)))
    return found


def candidates(connection: Connection, keys: Collection[str], at_most: int) -> dict[str, dict[str, str]]:
    """Block key → entity → its root, of those that hold it. A key that more than `at_most` hold is absent.

    Of such a key no more than that are read, so a value of a million people costs as much as one of a hundred.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    each = "json_each(:keys)" if is_sqlite else "unnest(CAST(:keys AS text[])) AS w(value)"
    statement = text(
        "WITH rare AS MATERIALIZED ("  # noqa: S608 - texts of ours
        f" SELECT value FROM {each} WHERE (SELECT COUNT(*) FROM"
        "  (SELECT 1 FROM block_keys b WHERE b.key = value LIMIT :more) few) BETWEEN 2 AND :most)"
        " SELECT b.key, b.entity_id, e.root_id FROM rare CROSS JOIN block_keys b JOIN entities e ON e.id = b.entity_id"
        " WHERE b.key = rare.value"
    )
    wanted = sorted(keys)
    asked = {
        "keys": msgspec.json.encode(wanted).decode() if is_sqlite else wanted, "more": at_most + 1, "most": at_most,
    }  # fmt: skip
    found: dict[str, dict[str, str]] = {}
    for key, entity_id, root in connection.execute(statement, asked):
        found.setdefault(key, {})[entity_id] = root
    return found


def seen_with(connection: Connection, said: Mapping[str, Collection[str]], at_most: int) -> dict[str, set[str]]:
    """Add these names to those that each value was seen with, and return them all; of one value `at_most` are kept."""
    if not said:
        return {}
    found: dict[str, set[str]] = {}
    for value, name in connection.execute(select(sharers).where(among(sharers.c.value, sorted(said)))):
        found.setdefault(value, set()).add(name)
    new = []
    for value in sorted(said):
        known = found.setdefault(value, set())
        for name in sorted(set(said[value]) - known)[: at_most - len(known)]:
            known.add(name)
            new.append((value, name))
    put(connection, sharers, ("value", "last_name"), new)
    return found


def n_people(connection: Connection, at_least: int) -> int:
    """About how many people there are: by a sample, as a power of two, so that all workers and a replay agree.

    Args:
        at_least: a base counts as no smaller than that; of few people a sample says nothing.
    """
    sampled: int = connection.execute(select(func.count()).select_from(traits).where(IN_SAMPLE)).scalar_one()
    return max(at_least, 1 << (sampled * _IN_SAMPLE).bit_length())
