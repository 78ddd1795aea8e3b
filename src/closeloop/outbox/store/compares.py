"""Full compares as they ended, and which records are believed to live."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Column, Connection, Index, func, select

from closeloop.db import INT, TEXT, put, table
from closeloop.outbox.nouns import STATE, Compared
from closeloop.outbox.store.tables import shadows
from closeloop.words.moment import from_us, to_us

compares = table(
    "compares",
    Column("id", TEXT, primary_key=True),
    Column("source", TEXT, nullable=False),
    Column("object", TEXT, nullable=False),
    Column("why", TEXT, nullable=False),  # on demand | on schedule | what was lost
    Column("began_at", INT, nullable=False),
    Column("ended_at", INT),
    Column("n_there", INT, nullable=False),
    Column("n_here", INT, nullable=False),
    Column("n_unknown", INT, nullable=False),
    Column("n_gone", INT, nullable=False),
    Column("n_changed", INT, nullable=False),
    Index(None, "source", "began_at"),
)
_COLUMNS = (
    "id", "source", "object", "why", "began_at", "ended_at", "n_there", "n_here", "n_unknown", "n_gone", "n_changed",
)  # fmt: skip


class _Stands(msgspec.Struct, rename={"state": STATE}):
    """Of a shadow only how its record stands; whatever else it holds is passed over."""

    state: str | None = None


_STANDS = msgspec.json.Decoder(_Stands)


def living_ids(connection: Connection, source: str, object_name: str) -> set[str]:
    """The records of an object that the system told of, and that are neither deleted nor live on as others."""
    statement = select(shadows.c.record_id, shadows.c.fields).where(
        shadows.c.source == source, shadows.c.object == object_name
    )
    return {
        record_id
        for record_id, fields in connection.execute(statement.execution_options(yield_per=10_000))
        if _STANDS.decode(fields).state in ("active", "inactive")
    }


def last_compared(connection: Connection, source: str) -> datetime | None:
    """When a compare of this system last ended; None when there was none."""
    ended = connection.execute(select(func.max(compares.c.ended_at)).where(compares.c.source == source)).scalar()
    return None if ended is None else from_us(ended)


def save_compared(connection: Connection, compared: Compared, began_at: datetime, ended_at: datetime) -> None:
    """Keep what a compare found."""
    row = (
        compared.id, compared.source, compared.object, compared.why, to_us(began_at), to_us(ended_at),
        compared.n_there, compared.n_here, compared.n_unknown, compared.n_gone, compared.n_changed,
    )  # fmt: skip
    put(connection, compares, _COLUMNS, [row])
