"""What is read of one table between two pulls: rows that changed by their moment, or all rows against their digests."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TypedDict

from sqlalchemy import Column, Connection, Table, func, select

from closeloop.connectors.sql.conditions import Clause, after
from closeloop.connectors.sql.reading import Row, as_rows
from closeloop.connectors.sql.styles import Packed, like, moved_back, pack, told, unpack
from closeloop.declared import seen
from closeloop.ports import Record
from closeloop.words.moment import to_us

MOST_SEEN = 2_000
"""Rows within the look-back of which the digests are kept; of more, the oldest come again."""


class State(TypedDict, total=False):
    """What a cursor holds for one stream. `run` and `new` and `place` are there in the middle of a run only.

    With a moment: `high` is the latest seen, `seen` the digests of rows within the look-back, each with its moment.
    Without: `known` are the digests of all rows.
    """

    high: Packed | None
    seen: list[tuple[int, str]]
    known: str
    place: list[Packed] | None
    new: list[tuple[int, str]]
    found: str
    last: Packed | None
    blanks: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """One table as it is read for changes.

    Attributes:
        name: unique within the declaration.
        key: columns that tell rows apart, in order.
        changed: column of the moment, or None.
        make: rows → records.
    """

    name: str
    table: Table
    columns: Sequence[Column[object]]
    key: tuple[str, ...]
    changed: str | None
    zone: tzinfo
    within: Sequence[Clause]
    make: Callable[[Connection, Sequence[Row]], list[Record]]

    def page(
        self, connection: Connection, state: State, size: int, look_back: timedelta, now: datetime
    ) -> tuple[list[Record], State, bool]:
        """The next page of a run, the state after it, and whether the run is over."""
        if self.changed is None:
            rows, after_it, over = self._by_digest(connection, state, size)
        else:
            rows, after_it, over = self._by_moment(connection, state, size, look_back, now, self.changed)
        return self.make(connection, rows), after_it, over

    def begin_now(self, connection: Connection) -> State:
        """The state from which one run, its rows thrown away, leads to now."""
        if self.changed is None:
            return {}
        high = connection.execute(select(func.max(self.table.c[self.changed])).where(*self.within)).scalar()
        return {} if high is None else {"high": pack(high), "seen": []}

    def _by_digest(self, connection: Connection, state: State, size: int) -> tuple[list[Row], State, bool]:
        rows = self._rows(connection, self.key, state.get("place"), [], size)
        known, found = seen.unpack(state.get("known", "")), b64decode(state.get("found", ""))
        digests = [seen.digest(row) for row in rows]
        fresh = [row for row, digest in zip(rows, digests, strict=True) if digest not in known]
        found += b"".join(digests)
        if len(rows) < size:
            return fresh, {"known": seen.pack(seen.unpack(b64encode(found).decode()))}, True
        place = [pack(rows[-1][name]) for name in self.key]
        return fresh, {"known": state.get("known", ""), "found": b64encode(found).decode(), "place": place}, False

    def _by_moment(
        self, connection: Connection, state: State, size: int, look_back: timedelta, now: datetime, changed: str
    ) -> tuple[list[Row], State, bool]:
        high, place = state.get("high"), state.get("place")
        column = self.table.c[changed]
        blanks = state.get("blanks", high is None and "new" not in state)
        if blanks:
            rows = self._rows(connection, self.key, place, [column.is_(None)], size)
        else:
            since: list[Clause] = (
                [column.is_not(None)] if high is None else [column >= self._since(unpack(high), look_back, changed)]
            )
            rows = self._rows(connection, (changed, *self.key), place, since, size)
        known = {digest for _, digest in state.get("seen", [])}
        digests = [b64encode(seen.digest(row)).decode() for row in rows]
        fresh = [row for row, digest in zip(rows, digests, strict=True) if digest not in known]
        after_it: State = {"high": high, "seen": state.get("seen", [])}
        if blanks:
            at_end = len(rows) < size
            return fresh, after_it | {"blanks": not at_end, "new": [], "place": self._place(rows, at_end=at_end)}, False
        told_at = [to_us(told(row[changed], self.zone, f"{self.table.name}.{changed}")) for row in rows]
        new = _recent([*state.get("new", []), *zip(told_at, digests, strict=True)], look_back, now)
        last = pack(rows[-1][changed]) if rows else state.get("last")
        if len(rows) < size:
            return fresh, {"high": self._until(last, now, changed) or high, "seen": new}, True
        place = [pack(rows[-1][name]) for name in (changed, *self.key)]
        return fresh, after_it | {"blanks": False, "new": new, "last": last, "place": place}, False

    def _rows(
        self, connection: Connection, order: tuple[str, ...], place: list[Packed] | None, more: list[Clause], size: int
    ) -> list[Row]:
        query = select(*self.columns).where(*self.within, *more)
        if place:
            query = query.where(after(self.table, order, [unpack(each) for each in place]))
        query = query.order_by(*(self.table.c[name] for name in order)).limit(size)
        return as_rows(connection.execute(query))

    def _place(self, rows: list[Row], *, at_end: bool) -> list[Packed] | None:
        return None if at_end else [pack(rows[-1][name]) for name in self.key]

    def _since(self, high: object, look_back: timedelta, column: str) -> object:
        return like(high, moved_back(told(high, self.zone, column), look_back), self.zone)

    def _until(self, last: Packed | None, now: datetime, column: str) -> Packed | None:
        # A row dated in the future must not hide what changes until then.
        if last is None:
            return None
        value = unpack(last)
        return pack(like(value, now, self.zone)) if told(value, self.zone, column) > now else last


def _recent(found: list[tuple[int, str]], look_back: timedelta, now: datetime) -> list[tuple[int, str]]:
    if not found:
        return []
    since = min(found[-1][0], to_us(now)) - look_back // timedelta(microseconds=1)
    return [(at, digest) for at, digest in found[-MOST_SEEN:] if at >= since]
