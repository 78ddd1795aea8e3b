"""Tombstones of those who were erased: digests of their keys, with one salt that only this database knows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, select, text

from closeloop.db import among, put
from closeloop.identity.erasure import ERASED, digest
from closeloop.identity.store.tables import entities, keys, tombstones
from closeloop.inbox.nouns import Key
from closeloop.words.moment import chance, from_us, to_us

_NEW_SALT = 0x636C_7361  # an advisory lock of PostgreSQL: two who erase at once must not make two salts
_KEYS = ("kind", "value", "entity_id", "at", "message_id")
_COLUMNS = ("digest", "salt", "erased_at", "erasure_id")


def salt_in_use(connection: Connection) -> str | None:
    """The salt of this database; None while nobody is erased, so that a batch learns by one look that it may go on."""
    return connection.execute(select(tombstones.c.salt).limit(1)).scalar()


def salt(connection: Connection) -> str:
    """The salt of this database, made when the first is erased."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_NEW_SALT})"))
    return salt_in_use(connection) or chance(16).hex()


def bury(connection: Connection, of: Collection[Key], with_salt: str, erasure_id: str, now: datetime) -> None:
    """Remember these keys as those of somebody who was erased."""
    rows = [(each, with_salt, to_us(now), erasure_id) for each in sorted({digest(with_salt, key) for key in of})]
    put(connection, tombstones, _COLUMNS, rows, "keep")


def buried(connection: Connection, of: Collection[Key], with_salt: str) -> dict[Key, datetime]:
    """Those of these keys that somebody had who was erased, and when that was."""
    asked = {digest(with_salt, key): key for key in of}
    statement = select(tombstones.c.digest, tombstones.c.erased_at)
    rows = connection.execute(statement.where(among(tombstones.c.digest, sorted(asked))))
    return {asked[each]: from_us(erased_at) for each, erased_at in rows}


def lift(connection: Connection, erasure_id: str) -> int:
    """Take the tombstones of one erasure away. Returns how many there were."""
    return connection.execute(delete(tombstones).where(tombstones.c.erasure_id == erasure_id)).rowcount


def copy_tombstones(source: Connection, target: Connection) -> None:
    """What no receipt can tell any more goes over as it is, for a replay."""
    rows = [tuple(row) for row in source.execute(select(*(tombstones.c[name] for name in _COLUMNS)))]
    put(target, tombstones, _COLUMNS, rows)


def copy_nameless(source: Connection, target: Connection) -> None:
    """Companies, deals and campaigns that only somebody who was erased spoke of first go over too, with their keys.

    They were there before whoever else spoke of them, under ids that nothing else can tell any more.
    """
    born = select(entities).where(entities.c.message_id == ERASED)
    rows = [(row.id, row.kind, row.id, row.created_at, ERASED) for row in source.execute(born) if row.kind != "person"]
    put(target, entities, ("id", "kind", "root_id", "created_at", "message_id"), rows)
    held = select(*(keys.c[name] for name in _KEYS)).where(keys.c.message_id == ERASED)
    ids = {row[0] for row in rows}
    put(target, keys, _KEYS, [tuple(row) for row in source.execute(held) if row.entity_id in ids])


def nameless(connection: Connection) -> set[str]:
    """Those who were erased, what only they spoke of first, and the ids by which systems know that."""
    born = set(connection.execute(select(entities.c.id).where(entities.c.message_id == ERASED)).scalars())
    held = select(keys.c.value).where(among(keys.c.entity_id, sorted(born)))
    return born | set(connection.execute(held).scalars()) if born else born
