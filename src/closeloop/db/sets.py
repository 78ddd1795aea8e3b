"""Sets in and out of the database in one statement each, on both databases."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Dialect, Double, LargeBinary, Table, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import ARRAY, Boolean, TypeDecorator, TypeEngine

Row = Sequence[str | int | float | bytes | None]
Conflict = Literal["fail", "keep", "replace", "greater"]


class among(FunctionElement[bool]):  # noqa: N801 - a function in SQL, and named like those of SQLAlchemy
    """`column IN values` with all values in one parameter: any number of keys, one cached statement.

    Args:
        values: the values, or the name of the parameter that will hold them in a statement that is built once.
    """

    inherit_cache = True
    type = Boolean()

    def __init__(self, column: ColumnElement[str], values: Sequence[str]) -> None:
        if isinstance(values, str):
            super().__init__(column, bindparam(values, type_=_TextSet()))
        else:
            super().__init__(column, bindparam(None, list(values), type_=_TextSet()))

    def self_group(self, against: OperatorType | None = None) -> among:
        """Stay as it is: on SQLite a "= 1" would be added otherwise, and no index would be used."""
        return self


class _TextSet(TypeDecorator[list[str]]):
    """A list of texts as one parameter: JSON on SQLite, an array on PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Text()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> list[str] | str | None:
        return value if dialect.name == "postgresql" else json.dumps(value)


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **kw: object) -> str:
    column, values = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - both parts come from the compiler


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: SQLCompiler, **kw: object) -> str:
    column, values = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{column} = ANY({values})"


def put(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row], conflict: Conflict = "fail"
) -> int:
    """Write `rows` into `table` in one statement and return how many were written.

    Args:
        columns: the columns that each row gives, in order; all others take their default.
        rows: texts without NUL and lone surrogates (`words.text.clean` takes them out), and no two rows with one
            primary key where `conflict` is "replace" or "greater": PostgreSQL refuses both.
        conflict: what a row does whose primary key is there already: "fail" raises IntegrityError,
            "keep" leaves the old row, "replace" sets the given columns, "greater" sets them if they are greater than
            the old ones, compared column by column in the order of `columns`: then no order of arrival matters.
    """
    if not rows:
        return 0
    statement = _statement(table, tuple(columns), conflict, connection.dialect.name)
    if connection.dialect.name == "postgresql":
        return connection.exec_driver_sql(statement, tuple(list(column) for column in zip(*rows, strict=True))).rowcount
    return connection.exec_driver_sql(statement, [tuple(row) for row in rows]).rowcount


@lru_cache(maxsize=256)
def _statement(table: Table, columns: tuple[str, ...], conflict: Conflict, dialect: str) -> str:
    names = ", ".join(columns)
    if dialect == "postgresql":
        arrays = ", ".join(f"%s::{_array_type(table, name)}" for name in columns)
        source = f"SELECT * FROM unnest({arrays})"  # noqa: S608 - the types are our own
    else:
        source = f"VALUES ({', '.join('?' for _ in columns)})"
    return f"INSERT INTO {table.name} ({names}) {source}{_on_conflict(table, columns, conflict)}"


def _on_conflict(table: Table, columns: tuple[str, ...], conflict: Conflict) -> str:
    keys = [column.name for column in table.primary_key]
    match conflict:
        case "fail":
            return ""
        case "keep":
            return " ON CONFLICT DO NOTHING"
        case "replace":
            changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
            return f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"
        case "greater":
            given = [name for name in columns if name not in keys]
            new, old = (", ".join(f"{row}.{name}" for name in given) for row in ("excluded", table.name))
            return f"{_on_conflict(table, columns, 'replace')} WHERE ({new}) > ({old})"


def _array_type(table: Table, name: str) -> str:
    kind = table.c[name].type
    if isinstance(kind, LargeBinary):
        return "bytea[]"
    if isinstance(kind, Double):
        return "float8[]"
    return "text[]" if isinstance(kind, Text) else "bigint[]"
