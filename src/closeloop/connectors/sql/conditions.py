"""Conditions of a declaration, ids and keys as SQL over the columns that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Column, ColumnElement, Table, and_, false, func, not_, or_
from sqlalchemy.types import Enum, NullType, String

from closeloop.connectors.sql.tables import fitted
from closeloop.declared.nouns import PRESENT, Condition, DeclaredObject
from closeloop.declared.values import as_text
from closeloop.ports import Value
from closeloop.words.errors import BadInput

Clause = ColumnElement[bool]


def meets(table: Table, condition: Condition) -> Clause:
    """Rows that meet a condition with at least one column."""
    return and_(*(or_(*(_is(table.c[name], each) for each in wanted)) for name, wanted in condition.items()))


def belongs(table: Table, declared: DeclaredObject) -> list[Clause]:
    """Rows that are records of the object: with an id, and within `where`."""
    clauses: list[Clause] = [table.c[name].is_not(None) for name in declared.id]
    return [*clauses, meets(table, declared.where)] if declared.where else clauses


def undeleted(table: Table, declared: DeclaredObject) -> list[Clause]:
    """Rows that no flag of theirs calls deleted."""
    # A blank flag compares to neither true nor false in SQL; it is no deletion.
    return [not_(func.coalesce(meets(table, declared.deleted), false()))] if declared.deleted else []


def has_id(table: Table, columns: Sequence[str], ids: Iterable[str]) -> Clause:
    """Rows with one of these ids, each joined by ":" where it has several columns; what cannot be an id is left out."""
    split = (id_.split(":", len(columns) - 1) for id_ in ids)
    tuples = [parts for parts in (_fit_all(table, columns, each) for each in split) if parts is not None]
    if len(columns) == 1:
        return table.c[columns[0]].in_([each[0] for each in tuples])
    together = (and_(*(table.c[name] == value for name, value in zip(columns, each, strict=True))) for each in tuples)
    return or_(false(), *together)


def after(table: Table, columns: Sequence[str], values: Sequence[object]) -> Clause:
    """Rows that follow these values when ordered by these columns."""
    name, value = columns[0], values[0]
    if len(columns) == 1:
        return table.c[name] > value
    return or_(table.c[name] > value, and_(table.c[name] == value, after(table, columns[1:], values[1:])))


def _fit_all(table: Table, columns: Sequence[str], values: Sequence[str]) -> list[object] | None:
    if len(columns) != len(values):
        return None
    try:
        return [fitted(table.c[name], value) for name, value in zip(columns, values, strict=True)]
    except BadInput:
        return None


def _is(column: Column[object], wanted: Value) -> Clause:
    texts = isinstance(column.type, String | NullType) and not isinstance(column.type, Enum)
    blank = or_(column.is_(None), func.trim(column) == "") if texts else column.is_(None)
    text = as_text(wanted)
    if text is None:
        return blank
    if wanted == PRESENT:
        return not_(blank)
    if texts and text.lower() in ("true", "false"):
        return func.lower(column) == text.lower()
    try:
        return column.in_([text if texts else fitted(column, wanted)])
    except BadInput:
        return false()
