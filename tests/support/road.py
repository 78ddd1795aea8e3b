"""The whole road for tests: a hub with the process b2b on a database of its own, and short ways to tell it things."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import select, text

from closeloop.db import Database, metadata
from closeloop.flow import Hub
from closeloop.inbox.nouns import Queue, Receipt
from closeloop.inbox.records import encode_records
from closeloop.ports import Clock, Record
from closeloop.process.load import load, load_files
from closeloop.process.nouns import Process
from closeloop.words import ids
from closeloop.words.moment import ManualClock, parse
from support.prepared import opened

START = parse("2026-09-01T07:00:00Z")
"""A Tuesday morning, nine o'clock in Berlin."""
INTERESTED = {"name": "Joe Miller", "company": "Acme Corp", "country": "DE", "product": "robot", "title": "CTO"}
"""What a form says of somebody who passes the gate at their second act."""


@cache
def b2b() -> Process:
    """The project's own process file."""
    return load(Path(__file__).parents[2] / "processes" / "b2b.yaml")


@cache
def b2b_changed(*changes: tuple[str, str], more: str = "") -> Process:
    """b2b with changes, each a text of the file and the one in its place, and `more` at its end."""
    said = b2b().files["b2b.yaml"].decode()
    for old, new in changes:
        assert old in said, f"the process file does not say {old!r}"
        said = said.replace(old, new)
    return load_files({**b2b().files, "b2b.yaml": (said + more).encode()}, "b2b.yaml")


def event(
    act: str, key: str, at: datetime, *, email: str | None = None, visitor: str | None = None, **props: object
) -> dict[str, object]:
    """One `track` event of the Segment API."""
    who = {"properties": {**props, **({"email": email} if email else {})}}
    nobody = {} if visitor is None else {"anonymousId": visitor}
    return {"type": "track", "event": act, "messageId": key, "timestamp": at.isoformat(), **nobody, **who}


def identify(key: str, at: datetime, email: str, visitor: str, **traits: object) -> dict[str, object]:
    """One `identify` event: this browser is that person's."""
    return {
        "type": "identify",
        "messageId": key,
        "timestamp": at.isoformat(),
        "anonymousId": visitor,
        "traits": {"email": email, **traits},
    }


def batch_receipt(events: Sequence[Mapping[str, object]], now: datetime, queue: Queue = "live") -> Receipt:
    """A request to `/v1/batch` as the door keeps it."""
    return raw_receipt(json.dumps({"batch": events}).encode(), now, queue)


def raw_receipt(body: bytes, now: datetime, queue: Queue = "live") -> Receipt:
    """A request with any body."""
    return Receipt(ids.new(now), "form", "segment", queue, now, {"path": "/v1/batch"}, body)


def page_of(records: Sequence[Record], now: datetime, source: str = "crm") -> Receipt:
    """A page of records as `Hub.listen` keeps it."""
    return Receipt(ids.new(now), source, "pull", "live", now, {}, encode_records(records))


@dataclass(frozen=True)
class Road:
    """A hub that can be told things; `clock` moves only when told to."""

    hub: Hub
    clock: ManualClock

    @property
    def database(self) -> Database:
        return self.hub.database

    def send(self, *events: Mapping[str, object]) -> None:
        """One request with these events."""
        self.hub.take_in([batch_receipt(events, self.clock.now())])

    def act(self, act: str, key: str, **more: object) -> None:
        """One event, a second later."""
        self.clock.advance(timedelta(seconds=1))
        self.send(event(act, key, self.clock.now(), **more))  # type: ignore[arg-type] # who and what, by name

    def decide(self) -> None:
        """Decide all that waits."""
        while self.hub.decide("live") + self.hub.decide("bulk"):
            pass

    def rows(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        """What a query finds."""
        return query(self.database, statement, **values)

    def one(self, statement: str, **values: object) -> object:
        """The one value that a query finds."""
        ((value,),) = self.rows(statement, **values)
        return value


@contextmanager
def road_on(url: str, process: Process | None = None, clock: Clock | None = None) -> Iterator[Road]:
    """A hub on this database, whose tables are made if they are missing."""
    database = opened(url)
    try:
        hub = Hub(database, process or b2b(), clock or ManualClock(START))
        hub.begin()
        yield Road(hub, hub.clock)  # type: ignore[arg-type] # the hub only reads its clock
    finally:
        database.close()


def query(database: Database, statement: str, **values: object) -> list[tuple[object, ...]]:
    """What a query finds."""
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(text(statement), values)]


def count(database: Database, table: str) -> int:
    """How many rows a table has."""
    with database.read() as connection:
        return len(connection.execute(select(*metadata.tables[table].primary_key)).all())
