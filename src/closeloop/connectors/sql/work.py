"""What every verb needs while it writes: the open transaction, the table, and how to stamp and judge what it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from sqlalchemy import Column, Connection, Date, DateTime, Table, select

from closeloop.connectors.sql.conditions import has_id
from closeloop.connectors.sql.reading import Reader, is_living
from closeloop.connectors.sql.styles import like
from closeloop.connectors.sql.tables import Tables
from closeloop.connectors.sql.writing import checked
from closeloop.declared.nouns import DeclaredObject
from closeloop.declared.values import joined
from closeloop.ports import Answer, Clock, Command, Outcome, Record, Ref, Value
from closeloop.words.moment import EPOCH


@dataclass
class Work:
    """Commands of one verb on one object, about to be carried out inside the caller's transaction."""

    connection: Connection
    declared: DeclaredObject
    tables: Tables
    reader: Reader
    clock: Clock

    @cached_property
    def table(self) -> Table:
        """The object's table."""
        return self.tables.of(self.connection, self.declared)

    def row(self, values: Mapping[str, Value], *, new: bool = False) -> dict[str, object]:
        """A row as the table takes it, with the moment of the change where the table keeps one.

        Raises:
            BadInput: a value that the table would refuse.
        """
        row = checked(self.table, values, self.declared.changed_zone, new=new)
        changed = self.declared.changed
        return row if changed is None or not row or changed in row else {**row, changed: self.stamp}

    @cached_property
    def stamp(self) -> object:
        """Now, written as the column of the moment writes it."""
        column = self.table.c[str(self.declared.changed)]
        sample = self.connection.execute(select(column).where(column.is_not(None)).limit(1)).scalar()
        return like(_sample(column) if sample is None else sample, self.clock.now(), self.declared.changed_zone)

    @cached_property
    def present(self) -> str:
        """Now, as the text that any column of moments takes."""
        return f"{self.clock.now().astimezone(self.declared.changed_zone):%Y-%m-%d %H:%M:%S.%f}"

    def there(self, refs: Sequence[Ref | None]) -> dict[str, Record]:
        """The records as they stand, also those that are deleted or merged."""
        return self.reader.by_id(self.connection, self.declared, [ref.id for ref in refs if ref is not None])

    def with_a_row(self, ids: Sequence[str]) -> set[str]:
        """Those of the ids that have a row, whatever it says."""
        id_columns = [self.table.c[name] for name in self.declared.id]
        query = select(*id_columns).where(has_id(self.table, self.declared.id, ids))
        return {id_ for row in self.connection.execute(query) if (id_ := joined(row)) is not None}


def _sample(column: Column[object]) -> object:
    told = str(column.info["type"]).upper()
    if any(part in told for part in ("INT", "NUMERIC", "REAL", "FLOAT", "DOUBLE")):
        return 0
    if isinstance(column.type, DateTime):
        return EPOCH if column.type.timezone else EPOCH.replace(tzinfo=None)
    return date(1970, 1, 1) if isinstance(column.type, Date) else ""


def refused(command: Command, reason: str) -> Answer:
    """Not done, and not to be tried again as it is."""
    return Answer(command.key, Outcome.PERMANENT, ref=command.ref, reason=reason)


def moved(command: Command, record: Record | None) -> Answer:
    """The record is not there any more."""
    name = f"{command.object} {command.ref.id}" if command.ref else f"a {command.object} without an id"
    became = record.became if record is not None else ()
    where = f"became {became[0].object} {became[0].id}" if became else "is deleted" if record else "is not there"
    return Answer(command.key, Outcome.CHANGED, ref=command.ref, reason=f"{name} {where}", became=became)


def gone(record: Record | None) -> bool:
    """Whether there is nothing to be changed."""
    return record is None or not is_living(record)
