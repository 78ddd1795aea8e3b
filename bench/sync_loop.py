"""What merging by sets is measured against: a plain loop over the same staged rows, with the same outcome.

A thousand people at a time in one transaction: their values are upserted, all values of them are read, each field is
resolved in Python, and the winners that changed are upserted, provenance and all. The careful loop first leaves out
what is known already, and resolves only those of whom something is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from bench.sync_people import STAGED
from sqlalchemy import ColumnElement, Connection, Table, bindparam, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from closeloop.db import Database
from closeloop.identity.store import entities
from closeloop.process.nouns import Process
from closeloop.record.nouns import FieldValue, Winner
from closeloop.record.settle import winners_of
from closeloop.record.store import field_values, winners
from closeloop.words.moment import from_us, to_us

AT_ONCE = 1_000
_KEY = ("entity_id", "field", "path", "at")
_SAID = ("valid", "value", "given", "message_id")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.decode


def merge_by_loop(database: Database, process: Process, *, careful: bool) -> None:
    """Merge all that is staged."""
    after = ""
    while True:
        with database.write() as connection:
            rows = connection.execute(_NEXT, {"after": after}).all()
            if not rows:
                return
            _merge(connection, rows, process, careful=careful)
            after = rows[-1].entity_id


def _merge(connection: Connection, rows: Sequence[Any], process: Process, *, careful: bool) -> None:
    ids = list({row.entity_id for row in rows})
    root_of = dict(connection.execute(_ROOTS, {"ids": ids}).all())
    news = rows
    if careful:
        known = {tuple(row[:4]): tuple(row[4:]) for row in connection.execute(_KNOWN, {"ids": ids})}
        news = [row for row in rows if (old := known.get(tuple(row[:4]))) is None or tuple(row[4:]) > old]
        if not news:
            return
    connection.execute(_upsert(connection, field_values, greater=True), [row._asdict() for row in news])
    roots = list({root_of[row.entity_id] for row in news})
    values: dict[str, list[FieldValue]] = {root: [] for root in roots}
    for root, entity_id, field, path, at, valid, value, given, message_id in connection.execute(
        _VALUES, {"ids": roots}
    ):
        values[root].append(
            FieldValue(entity_id, field, path, from_us(at), _decode(value), _decode(given), bool(valid), message_id)
        )
    old = {(row.entity_id, row.field): tuple(row) for row in connection.execute(_WINNERS, {"ids": roots})}
    settled = (
        (root, winner) for root, each in values.items() for winner in winners_of("person", each, process).values()
    )
    now = [_row(root, winner) for root, winner in settled]
    changed = [row for row in now if old.get(row[:2]) != row]
    if changed:
        names = winners.c.keys()
        connection.execute(_upsert(connection, winners), [dict(zip(names, row, strict=True)) for row in changed])


def _row(root: str, winner: Winner) -> tuple[object, ...]:
    value, given = (_encode(each).decode() for each in (winner.value, winner.given))
    return (
        root, winner.field, value, given, int(winner.valid), winner.path, to_us(winner.at), winner.message_id,
        winner.why,
    )  # fmt: skip


def _upsert(connection: Connection, table: Table, *, greater: bool = False) -> sqlite.Insert | postgresql.Insert:
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = make(table)
    given = [column.name for column in table.c if not column.primary_key]
    new = {name: statement.excluded[name] for name in given}
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key],
        set_=new,
        where=tuple_(*(new[name] for name in _SAID)) > tuple_(*(table.c[name] for name in _SAID)) if greater else None,
    )


def _in(column: ColumnElement[str]) -> ColumnElement[bool]:
    return column.in_(bindparam("ids", expanding=True))


_NEXT = (
    select(*(STAGED.c[name] for name in (*_KEY, *_SAID)))
    .where(STAGED.c.entity_id > bindparam("after"))
    .order_by(STAGED.c.entity_id, STAGED.c.field)
    .limit(AT_ONCE * 10)
)
_ROOTS = select(entities.c.id, entities.c.root_id).where(_in(entities.c.id))
_KNOWN = select(*(field_values.c[name] for name in (*_KEY, *_SAID))).where(_in(field_values.c.entity_id))
_VALUES = (
    select(entities.c.root_id, *(field_values.c[name] for name in (*_KEY, *_SAID)))
    .join_from(entities, field_values, field_values.c.entity_id == entities.c.id)
    .where(_in(entities.c.root_id))
)
_WINNERS = select(winners).where(_in(winners.c.entity_id))
