"""The table of connections that were set up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Column, Connection, delete, select

from closeloop.db import BLOB, INT, TEXT, put, table
from closeloop.words.moment import to_us

connections = table(
    "connections",
    Column("source", TEXT, primary_key=True),
    Column("kind", TEXT, nullable=False),
    Column("sealed", BLOB, nullable=False),  # see `vault.seal`
    Column("changed_at", INT, nullable=False),
    Column("tested_at", INT),
)


def save(connection: Connection, source: str, kind: str, sealed: bytes, now: datetime, *, tested: bool) -> None:
    """Keep the settings of a connection in place of those it had."""
    columns = ("source", "kind", "sealed", "changed_at", "tested_at")
    put(
        connection,
        connections,
        columns,
        [(source, kind, sealed, to_us(now), to_us(now) if tested else None)],
        "replace",
    )


def load(connection: Connection) -> Mapping[str, tuple[str, bytes]]:
    """Source → its kind when it was set up, and its settings, sealed."""
    statement = select(connections.c.source, connections.c.kind, connections.c.sealed)
    return {source: (kind, sealed) for source, kind, sealed in connection.execute(statement)}


def forget(connection: Connection, source: str) -> bool:
    """Take a connection's settings away; False when it had none."""
    return connection.execute(delete(connections).where(connections.c.source == source)).rowcount > 0
