"""Pulling: one table after another, a page at a time, with a cursor that knows where each of them stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy import Connection, select

from closeloop.connectors.sql.conditions import after, belongs, undeleted
from closeloop.connectors.sql.reading import Reader, Row, as_rows, is_living
from closeloop.connectors.sql.streams import State, Stream
from closeloop.connectors.sql.styles import pack, unpack
from closeloop.connectors.sql.tables import Tables
from closeloop.declared.nouns import Declared, DeclaredObject, Ending
from closeloop.declared.rows import endings_in
from closeloop.ports import Clock, Pulled, Record
from closeloop.words.errors import Lost

_VERSION = 1


class Puller:
    """Reads what changed, and whole objects."""

    def __init__(
        self, declared: Declared, tables: Tables, reader: Reader, clock: Clock, *, look_back: timedelta, size: int
    ) -> None:
        self._declared, self._tables, self._reader, self._clock = declared, tables, reader, clock
        self._look_back, self._size = look_back, size

    def pull(self, connection: Connection, cursor: str | None) -> Pulled:
        streams = self._streams(connection)
        at, states = _read(cursor, [stream.name for stream in streams])
        while True:
            stream = streams[at]
            records, states[stream.name], over = stream.page(
                connection, states.get(stream.name, {}), self._size, self._look_back, self._clock.now()
            )
            at = (at + 1) % len(streams) if over else at
            at_end = over and at == 0
            if records or at_end:
                return Pulled(tuple(records), _write(streams[at].name, states), more=not at_end)

    def mark(self, connection: Connection) -> str:
        streams = self._streams(connection)
        states: dict[str, State] = {}
        for stream in streams:
            state, over = stream.begin_now(connection), False
            while not over:
                _, state, over = stream.page(connection, state, self._size, self._look_back, self._clock.now())
            states[stream.name] = state
        return _write(streams[0].name, states)

    def scan(self, connection: Connection, declared: DeclaredObject, place: str | None) -> Pulled:
        table = self._tables.of(connection, declared)
        query = select(*self._reader.columns(table, declared))
        query = query.where(*belongs(table, declared), *undeleted(table, declared))
        if place is not None:
            query = query.where(after(table, declared.id, [unpack(each) for each in json.loads(place)]))
        query = query.order_by(*(table.c[name] for name in declared.id)).limit(self._size)
        rows = as_rows(connection.execute(query))
        records = filter(is_living, self._reader.records(connection, declared, rows))
        next_place = json.dumps([pack(rows[-1][name]) for name in declared.id]) if rows else place or ""
        return Pulled(tuple(records), next_place, more=len(rows) == self._size)

    def _streams(self, connection: Connection) -> list[Stream]:
        streams: list[Stream] = []
        for declared in self._declared.in_order():
            table = self._tables.of(connection, declared)
            streams.append(
                Stream(
                    declared.name,
                    table,
                    self._reader.columns(table, declared),
                    declared.id,
                    declared.changed,
                    declared.changed_zone,
                    belongs(table, declared),
                    partial(_made, self._reader, declared),
                )
            )
            streams += [
                self._ending_stream(connection, declared, ending, number)
                for number, ending in enumerate(declared.endings)
            ]
        return streams

    def _ending_stream(self, connection: Connection, declared: DeclaredObject, ending: Ending, number: int) -> Stream:
        table = self._tables.named(connection, ending.source, declared, ending.columns)
        key = tuple(dict.fromkeys(name for name in (ending.survivor, ending.ended) if name is not None))
        return Stream(
            f"{declared.name}/{number}",
            table,
            [table.c[name] for name in dict.fromkeys(ending.columns)],
            key,
            ending.at,
            declared.changed_zone,
            [table.c[name].is_not(None) for name in key],
            partial(self._ended, declared, ending),
        )

    def _ended(
        self, declared: DeclaredObject, ending: Ending, connection: Connection, rows: Sequence[Row]
    ) -> list[Record]:
        now = self._clock.now()
        told = {record.id: record for row in rows for record in endings_in(declared, ending, row, now)}
        # The record as a whole, so that it is told the same way by its own row and here.
        whole = self._reader.by_id(connection, declared, told)
        return [whole.get(id_, record) for id_, record in told.items()]


def _made(reader: Reader, declared: DeclaredObject, connection: Connection, rows: Sequence[Row]) -> list[Record]:
    return reader.records(connection, declared, rows)


def _read(cursor: str | None, names: list[str]) -> tuple[int, dict[str, State]]:
    if cursor is None:
        return 0, {}
    try:
        found = json.loads(cursor)
        version, at, states = found["v"], found["at"], dict(found["streams"])
    except (ValueError, TypeError, KeyError):
        raise Lost("the cursor cannot be read; compare everything") from None
    if version != _VERSION:
        raise Lost(f"the cursor is of version {version}, this is {_VERSION}; compare everything")
    return names.index(at) if at in names else 0, states


def _write(at: str, states: dict[str, State]) -> str:
    return json.dumps({"v": _VERSION, "at": at, "streams": states}, separators=(",", ":"))
