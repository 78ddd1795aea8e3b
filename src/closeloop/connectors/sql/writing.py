"""Rows are written by sets: one statement for many; where one row is refused, halves, until it stands alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from closeloop.connectors.sql.conditions import has_id
from closeloop.connectors.sql.refusals import is_passing, said
from closeloop.connectors.sql.tables import fitted, is_required
from closeloop.ports import Value
from closeloop.words.errors import BadInput

MOST_VALUES = 30_000
"""Values in one statement: SQLite takes 32,766, PostgreSQL 65,535, SQL Server 2,100 with its own splitting."""


@dataclass(frozen=True, slots=True)
class Written:
    """A row to be written for one command. `id` is the record's, None for a new one."""

    key: str
    row: Mapping[str, object]
    id: str | None = None


Refused = dict[str, str]
"""Command's key → why its row was refused."""


def checked(table: Table, row: Mapping[str, Value], zone: tzinfo, *, new: bool = False) -> dict[str, object]:
    """The row as the table takes it.

    Args:
        table: where it goes.
        row: column → value.
        zone: of moments in columns that keep none.
        new: whether columns that must have a value must be among them.

    Raises:
        BadInput: a value that does not fit, is too long, or is missing; the text says what would be valid.
    """
    for name, value in row.items():
        column, length = table.c[name], table.c[name].info["length"]
        if value is None and not column.nullable:
            raise BadInput(f"{table.name}.{name} must not be blank; give a value")
        if isinstance(value, str) and length is not None and len(value) > length:
            raise BadInput(f"{table.name}.{name}: {len(value)} characters; valid are at most {length}: {value[:40]!r}…")
    missing = [column.name for column in table.c if is_required(column) and column.name not in row] if new else []
    if missing:
        raise BadInput(f"{table.name} needs a value for {', '.join(missing)}; declare the field and list it in `write`")
    return {name: fitted(table.c[name], value, zone) for name, value in row.items()}


def insert_all(connection: Connection, table: Table, rows: Sequence[Written]) -> Refused:
    """Make these rows."""

    def write(some: Sequence[Written]) -> None:
        connection.execute(insert(table).values([dict(each.row) for each in some]))

    return _by_columns(connection, rows, write)


def update_all(connection: Connection, table: Table, id_columns: Sequence[str], rows: Sequence[Written]) -> Refused:
    """Change these rows, each known by its id."""

    def write(some: Sequence[Written]) -> None:
        columns = list(some[0].row)
        found = and_(
            *(table.c[name] == bindparam(f"id_{n}", type_=table.c[name].type) for n, name in enumerate(id_columns))
        )
        values = {name: bindparam(f"v_{n}", type_=table.c[name].type) for n, name in enumerate(columns)}
        given = [
            {f"id_{n}": part for n, part in enumerate(_id_parts(table, id_columns, str(each.id)))}
            | {f"v_{n}": each.row[name] for n, name in enumerate(columns)}
            for each in some
        ]
        connection.execute(update(table).where(found).values(values), given)

    return _by_columns(connection, [each for each in rows if each.row], write)


def delete_all(connection: Connection, table: Table, id_columns: Sequence[str], rows: Sequence[Written]) -> Refused:
    """Remove these rows, each known by its id."""

    def write(some: Sequence[Written]) -> None:
        connection.execute(delete(table).where(has_id(table, id_columns, [str(each.id) for each in some])))

    return _by_columns(connection, rows, write)


def _by_columns(connection: Connection, rows: Sequence[Written], write: Callable[[Sequence[Written]], None]) -> Refused:
    # A record's second change waits for the whole set of first ones, so that each record's stay in order.
    turns: Counter[str] = Counter()
    alike: dict[tuple[int, tuple[str, ...]], list[Written]] = defaultdict(list)
    for each in rows:
        alike[turns[each.id] if each.id else 0, tuple(sorted(each.row))].append(each)
        turns.update([each.id] if each.id else [])
    refused: Refused = {}
    for (_, columns), some in sorted(alike.items(), key=lambda item: item[0][0]):
        most = max(1, MOST_VALUES // max(1, len(columns)))
        for begin in range(0, len(some), most):
            refused |= _halved(connection, some[begin : begin + most], write)
    return refused


def _halved(connection: Connection, rows: Sequence[Written], write: Callable[[Sequence[Written]], None]) -> Refused:
    try:
        with connection.begin_nested():
            write(rows)
    except SQLAlchemyError as error:
        lost = isinstance(error, DBAPIError) and error.connection_invalidated
        if lost or is_passing(error):
            raise
        if len(rows) == 1:
            return {rows[0].key: said(error)}
    else:
        return {}
    middle = len(rows) // 2
    return _halved(connection, rows[:middle], write) | _halved(connection, rows[middle:], write)


def _id_parts(table: Table, columns: Sequence[str], id_: str) -> list[object]:
    parts = id_.split(":", len(columns) - 1)
    return [fitted(table.c[name], part) for name, part in zip(columns, parts, strict=True)]
