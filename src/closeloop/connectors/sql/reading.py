"""Rows become records, with what the tables of merges and deletions say of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from sqlalchemy import Column, Connection, Result, Table, func, select

from closeloop.connectors.sql.conditions import belongs, has_id, undeleted
from closeloop.connectors.sql.tables import Tables
from closeloop.declared.nouns import DeclaredObject, Ending
from closeloop.declared.rows import endings_in, to_record
from closeloop.declared.values import joined
from closeloop.ports import Clock, Record, Ref
from closeloop.words.errors import BadInput

Row = Mapping[str, object]
_AT_ONCE = 500


class Reader:
    """Reads records of the declared objects by id, by key, or from rows that are there already."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._tables, self._clock = tables, clock

    def columns(self, table: Table, declared: DeclaredObject) -> list[Column[object]]:
        """What is read of a row."""
        return [table.c[name] for name in (table.c.keys() if declared.fields is None else declared.columns)]

    def records(self, connection: Connection, declared: DeclaredObject, rows: Sequence[Row]) -> list[Record]:
        """The rows as records, in order; without those that have no id, and activities of a type without a name."""
        now = self._clock.now()
        known = (row for row in rows if joined(row[name] for name in declared.id) is not None)
        made = [to_record(declared, row, now) for row in known]
        ended = self._ended(connection, declared, [record.id for record in made])
        told = (_as_ended(record, ended.get(record.id)) for record in made)
        return [each for each in told if is_told(each)]

    def everybody(self, connection: Connection, declared: DeclaredObject) -> list[Record]:
        """All records of an object in one answer: for objects with few."""
        table = self._tables.of(connection, declared)
        query = select(*self.columns(table, declared)).where(*belongs(table, declared))
        rows = as_rows(connection.execute(query.order_by(*(table.c[name] for name in declared.id))))
        return self.records(connection, declared, rows)

    def by_id(self, connection: Connection, declared: DeclaredObject, ids: Iterable[str]) -> dict[str, Record]:
        """These records, each under its id; one whose row is gone is told by the table that says so, if any does."""
        found: dict[str, Record] = {}
        for some in _batches(ids):
            table = self._tables.of(connection, declared)
            query = select(*self.columns(table, declared)).where(*belongs(table, declared))
            rows = connection.execute(query.where(has_id(table, declared.id, some)))
            found |= {record.id: record for record in self.records(connection, declared, as_rows(rows))}
            gone = [id_ for id_ in some if id_ not in found]
            found |= self._ended(connection, declared, gone)
        return found

    def by_key(self, connection: Connection, declared: DeclaredObject, keys: Iterable[str]) -> dict[str, Record]:
        """The records that carry these keys of ours; of two with one key, the one that is not deleted."""
        found: dict[str, Record] = {}
        for some in _batches(keys) if declared.key else ():
            table = self._tables.of(connection, declared)
            query = select(*self.columns(table, declared)).where(*belongs(table, declared))
            rows = connection.execute(query.where(has_id(table, (str(declared.key),), some)))
            records = self.records(connection, declared, as_rows(rows))
            for record in sorted(records, key=lambda each: not (each.deleted or each.became)):
                found[str(record.our_key)] = record
        return found

    def count(self, connection: Connection, declared: DeclaredObject) -> int | None:
        """How many records live; None where rows alone do not tell."""
        if declared.endings or declared.became or (declared.touch and declared.touch.column):
            return None
        table = self._tables.of(connection, declared)
        query = select(func.count()).select_from(table).where(*belongs(table, declared), *undeleted(table, declared))
        return connection.execute(query).scalar_one()

    def _ended(self, connection: Connection, declared: DeclaredObject, ids: Sequence[str]) -> dict[str, Record]:
        ended: dict[str, Record] = {}
        wanted = set(ids)
        # A merge says more than a deletion: where both are told, the merge holds.
        for ending in reversed(declared.endings) if wanted else ():
            for record in self._endings(connection, declared, ending, ids):
                if record.id in wanted:
                    ended[record.id] = record
        return ended

    def _endings(
        self, connection: Connection, declared: DeclaredObject, ending: Ending, ids: Sequence[str]
    ) -> Iterator[Record]:
        table = self._tables.named(connection, ending.source, declared, ending.columns)
        query = select(*(table.c[name] for name in ending.columns))
        if ending.each is None:
            query = query.where(has_id(table, (ending.ended,), ids))
        now = self._clock.now()
        for row in as_rows(connection.execute(query)):
            yield from endings_in(declared, ending, row, now)


def is_told(record: Record) -> bool:
    """Whether a record says anything: an act without a name for its type does not."""
    return record.entity != "activity" or record.touch is not None or record.deleted or bool(record.became)


def is_living(record: Record) -> bool:
    """Neither deleted nor turned into another."""
    return not record.deleted and not record.became


def as_rows(result: Result[*tuple[object, ...]]) -> list[Row]:
    """Rows of a result as plain maps from column names."""
    names = list(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result]


def ref_of(record: Record) -> Ref:
    """What points to it."""
    return Ref(record.object, record.id)


def required(declared: Mapping[str, DeclaredObject], name: str) -> DeclaredObject:
    """The object of that name.

    Raises:
        BadInput: none is declared.
    """
    if name not in declared:
        raise BadInput(f"no object {name!r} is declared; there are {', '.join(declared)}")
    return declared[name]


def _as_ended(record: Record, ended: Record | None) -> Record:
    if ended is None or record.became:
        return record
    return replace(record, became=ended.became, deleted=ended.deleted, touch=None)


def _batches(values: Iterable[str]) -> Iterator[list[str]]:
    left = iter(dict.fromkeys(values))
    while some := list(islice(left, _AT_ONCE)):
        yield some
