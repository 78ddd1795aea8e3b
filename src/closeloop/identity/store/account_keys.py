"""Accounts behind block keys: what was said of each, kept for the look-up, read for a batch in one statement."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, func, select, text

from closeloop.db import among, put
from closeloop.identity.accounts import Said
from closeloop.identity.store.locks import lock_hashed
from closeloop.identity.store.tables import account_keys, companies, keys

_BUCKETS = 1024
_FIRST_BUCKET = 3_000_000
_said = msgspec.json.Decoder(Said).decode


class KnownAccount(NamedTuple):
    """One account as it is kept: its entity and root, what was said of it, µs, and how many records systems have."""

    entity_id: str
    root_id: str
    said: Said
    created: int
    n_records: int


def lock_companies(connection: Connection, account_key_set: Collection[str]) -> None:
    """Lock what accounts are looked up by: of two workers with one new company the second sees what the first wrote."""
    lock_hashed(connection, account_key_set, _FIRST_BUCKET, _BUCKETS)


def load_accounts(
    connection: Connection, wanted: Collection[str], at_most: int, roots: Collection[str] = ()
) -> list[KnownAccount]:
    """The accounts behind these keys and of these roots, with all that are linked to them.

    Args:
        at_most: a key that more accounts hold says nothing.
    """
    if not wanted and not roots:
        return []
    is_sqlite = connection.dialect.name == "sqlite"
    each, known = (
        f"json_each(:{name})" if is_sqlite else f"unnest(CAST(:{name} AS text[])) AS w(value)"
        for name in ("keys", "roots")
    )
    statement = text(
        "WITH rare AS MATERIALIZED ("  # noqa: S608 - texts of ours
        f" SELECT value FROM {each} WHERE (SELECT COUNT(*) FROM"
        "  (SELECT 1 FROM account_keys a WHERE a.key = value LIMIT :more) few) BETWEEN 1 AND :most),"
        " roots AS MATERIALIZED (SELECT e.root_id FROM rare"
        "  CROSS JOIN account_keys a JOIN entities e ON e.id = a.entity_id WHERE a.key = rare.value"
        f" UNION SELECT value FROM {known})"
        " SELECT e.id, e.root_id, c.said, e.created_at FROM roots r CROSS JOIN entities e"
        " JOIN companies c ON c.entity_id = e.id WHERE e.root_id = r.root_id ORDER BY e.id"
    )
    lists = {"keys": sorted(wanted), "roots": sorted(set(roots))}
    asked = {name: msgspec.json.encode(values).decode() if is_sqlite else values for name, values in lists.items()}
    found = connection.execute(statement, {**asked, "more": at_most + 1, "most": at_most}).all()
    records = _n_records(connection, [row[0] for row in found])
    return [KnownAccount(id_, root, _said(said), at, records.get(id_, 0)) for id_, root, said, at in found]


def of_named(keys_of_account: Iterable[str]) -> set[str]:
    """The same keys as those hold them besides that only people named: they are looked for when a system names one."""
    return {f"named {key}" for key in keys_of_account}


def save_accounts(
    connection: Connection, changed: Mapping[str, tuple[Said, str]], named_by_people: Collection[str]
) -> None:
    """Entity → what was said of it, and the message that changed that. Keys only come, as names and domains do."""
    rows = [
        (entity, msgspec.json.encode(said, order="sorted").decode(), message_id)
        for entity, (said, message_id) in sorted(changed.items())
    ]
    put(connection, companies, ("entity_id", "said", "message_id"), rows, "replace")
    held = sorted({(key, entity) for entity, (said, _) in changed.items() for key in said.keys})
    held += sorted((key, entity) for entity in named_by_people for key in of_named(changed[entity][0].keys))
    put(connection, account_keys, ("key", "entity_id"), held, "keep")


def _n_records(connection: Connection, entity_ids: Collection[str]) -> dict[str, int]:
    """Entity → how many records systems have of it: keys such as crm.Account."""
    if not entity_ids:
        return {}
    statement = (
        select(keys.c.entity_id, func.count())
        .where(among(keys.c.entity_id, sorted(entity_ids)), keys.c.kind.contains("."))
        .group_by(keys.c.entity_id)
    )
    return dict(connection.execute(statement).all())
