"""Plain loops over the same events in the same database: what the road is measured against."""

from __future__ import annotations

import time
from itertools import islice

import msgspec
from bench.visits import Event, Site, email_of
from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text, bindparam, insert, select, text

from closeloop.db import Database
from closeloop.words.moment import SystemClock

BATCH = 1_000
metadata = MetaData()
_events = Table(
    "plain_events",
    metadata,
    Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    Column("message_id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("person", Text),
    Column("body", Text, nullable=False),
)
_people = Table(
    "plain_people",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("email", Text, nullable=False, unique=True),
)
_counters = Table(
    "plain_counters",
    metadata,
    Column("person_id", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, nullable=False),
)
_INSERT = insert(_events)
_LOOK_UP = select(_people.c.email, _people.c.id).where(_people.c.email.in_(bindparam("emails", expanding=True)))
_COUNT = text(
    "INSERT INTO plain_counters VALUES (:person, 1) ON CONFLICT (person_id) DO UPDATE SET n = plain_counters.n + 1"
)


def begin(database: Database, n_people: int) -> None:
    """Make the loops' tables, with this many people known by their address."""
    metadata.create_all(database.engine)
    rows = [{"id": person, "email": email_of(person)} for person in range(n_people)]
    with database.write() as connection:
        for start in range(0, n_people, 10_000):
            connection.execute(insert(_people), rows[start : start + 10_000])


def insert_events(database: Database, site: Site, seconds: float) -> float:
    """Events a second of a loop that inserts 1,000 of them with a unique key and commits."""
    n, took = 0, 0.0
    visits = site.visits(SystemClock().now())
    while took < seconds:
        rows = [_row(event) for event in islice(visits, BATCH)]
        start = time.perf_counter()
        with database.write() as connection:
            connection.execute(_INSERT, rows)
        took += time.perf_counter() - start
        n += BATCH
    return n / took


def look_up_and_upsert(database: Database, site: Site, seconds: float) -> float:
    """Events a second of a loop that finds the people of 1,000 events by address, counts each event up and commits."""
    n, took = 0, 0.0
    visits = site.visits(SystemClock().now())
    while took < seconds:
        emails = [_email(event) for event in islice(visits, BATCH)]
        start = time.perf_counter()
        with database.write() as connection:
            found = dict(connection.execute(_LOOK_UP, {"emails": list(set(emails))}).tuples().all())
            connection.execute(_COUNT, [{"person": found[email]} for email in emails if email in found])
        took += time.perf_counter() - start
        n += BATCH
    return n / took


def _row(event: Event) -> dict[str, object]:
    return {
        "message_id": event["messageId"], "kind": event["type"], "at": event["timestamp"],
        "person": event.get("userId"), "body": msgspec.json.encode(event).decode(),
    }  # fmt: skip


def _email(event: Event) -> str:
    return email_of(int(str(event["anonymousId"]).removeprefix("browser-")))
