"""What each system said last of the fields that may be written there: how long, which values, which must be given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Column, Connection

from closeloop.db import INT, TEXT, put, table
from closeloop.ports import Shape
from closeloop.words.moment import to_us

shapes = table(
    "shapes",
    Column("source", TEXT, primary_key=True),
    Column("object", TEXT, primary_key=True),
    Column("fields", TEXT, nullable=False),  # JSON: name → type, required, max_length, allowed
    Column("told_at", INT, nullable=False),
    rowid=False,
)


def save_shapes(connection: Connection, source: str, told: Sequence[Shape], now: datetime) -> None:
    """Keep what a system says of the fields that may be written, in place of what it said before."""
    rows = []
    for shape in told:
        fields = {
            field.name: {
                "type": field.type, "required": field.required and not field.filled, "max_length": field.max_length,
                "allowed": field.allowed,
            }
            for field in shape.fields if field.writable
        }  # fmt: skip
        rows.append((source, shape.object, msgspec.json.encode(fields).decode(), to_us(now)))
    put(connection, shapes, ("source", "object", "fields", "told_at"), rows, "replace")
