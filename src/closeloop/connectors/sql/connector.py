"""A database as a connector: the parts of this folder behind the protocol of `ports`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Connection, Engine

from closeloop.connectors.sql.ending import merge_column
from closeloop.connectors.sql.pull import Puller
from closeloop.connectors.sql.push import push
from closeloop.connectors.sql.reading import Reader, required
from closeloop.connectors.sql.refusals import in_plain_words
from closeloop.connectors.sql.tables import Tables
from closeloop.declared.nouns import Declared
from closeloop.declared.rows import to_owner
from closeloop.ports import Answer, Clock, Command, Limits, Owner, Pulled, Record, Ref, Shape
from closeloop.words.errors import EndError


class Sql:
    """One database by its declaration. What each method does is said at `ports.Connector`.

    A call is a transaction: a pull, a scan's page and a push are one each, whatever number of statements they need.
    """

    system = "sql"
    batch_size = 500
    bulk_size = 0
    bulk_from = 0

    def __init__(self, engine: Engine, declared: Declared, clock: Clock, *, look_back: timedelta, size: int) -> None:
        self._engine, self._declared, self._clock = engine, declared, clock
        self._tables = Tables(declared)
        self._reader = Reader(self._tables, clock)
        self._puller = Puller(declared, self._tables, self._reader, clock, look_back=look_back, size=size)
        self.person_objects = declared.person_objects
        self.can_merge = frozenset(name for name, each in declared.objects.items() if merge_column(each))
        self.calls = 0

    def cost(self, commands: Sequence[Command]) -> int:
        return 1 if commands else 0

    def discover(self) -> Sequence[Shape]:
        self._tables.forget()
        with self._transaction() as connection:
            return self._tables.shapes(connection)

    def owners(self) -> Sequence[Owner]:
        declared = self._declared.owners
        if declared is None:
            return ()
        with self._transaction() as connection:
            return [to_owner(each) for each in self._reader.everybody(connection, declared)]

    def pull(self, cursor: str | None) -> Pulled:
        with self._transaction() as connection:
            return self._puller.pull(connection, cursor)

    def mark(self) -> str:
        with self._transaction() as connection:
            return self._puller.mark(connection)

    def objects(self) -> Sequence[str]:
        return [each.name for each in self._declared.in_order()]

    def count(self, object_name: str) -> int | None:
        with self._transaction() as connection:
            return self._reader.count(connection, required(self._declared.objects, object_name))

    def scan(self, object_name: str, after: str | None) -> Pulled:
        with self._transaction() as connection:
            return self._puller.scan(connection, required(self._declared.objects, object_name), after or None)

    def push(self, commands: Sequence[Command]) -> Sequence[Answer]:
        if not commands:
            return []
        with self._transaction() as connection:
            return push(connection, self._declared, self._tables, self._reader, self._clock, commands)

    def read_back(self, object_name: str, our_keys: Sequence[str]) -> Mapping[str, Record]:
        with self._transaction() as connection:
            return self._reader.by_key(connection, required(self._declared.objects, object_name), our_keys)

    def fetch(self, refs: Sequence[Ref]) -> Mapping[Ref, Record]:
        found: dict[Ref, Record] = {}
        with self._transaction() as connection:
            for name in dict.fromkeys(ref.object for ref in refs if ref.object in self._declared.objects):
                ids = [ref.id for ref in refs if ref.object == name]
                records = self._reader.by_id(connection, self._declared.objects[name], ids)
                found |= {Ref(name, id_): record for id_, record in records.items()}
        return found

    def limits(self) -> Limits:
        return Limits()

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> bool:  # databases call nobody
        return False

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        self.calls += 1
        try:
            with in_plain_words(), self._engine.begin() as connection:
                yield connection
        except EndError:
            # Tables may have been altered; the next call looks again.
            self._tables.forget()
            raise
