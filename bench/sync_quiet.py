"""A round of listening in which nothing changed, with ever more people linked to the system that is listened to."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from bench.figures import Figure
from bench.sync_processor import Processor
from sqlalchemy import text

from closeloop.connectors import salesforce
from closeloop.db import Database, metadata
from closeloop.flow import Hub
from closeloop.process.load import load
from closeloop.words.moment import ManualClock
from support.postgres import PostgresServer

PROJECT = Path(__file__).resolve().parents[1]
ROUNDS = 30


def measure_quiet(kind: str, folder: Path, server: PostgresServer | None, sizes: tuple[int, ...]) -> list[Figure]:
    """Milliseconds and calls of a round, at each size against the smallest."""
    figures: list[Figure] = []
    for n in sizes:
        database = Database(server.create_database(f"quiet_{n}") if server else f"sqlite:///{folder}/quiet-{n}.db")
        with closing(database):
            took = _rounds(database, n, server)
        for (what, unit), value in zip(_FIGURES, took, strict=True):
            name = f"no change, {what}, {kind}"
            first = next((figure.value for figure in figures if figure.name == name), value)
            figures.append(Figure(name, n, value, unit, first, value / first))
    return figures


_FIGURES = (("clock", "ms"), ("processor", "ms"), ("calls", "calls"))


def _rounds(database: Database, n: int, server: PostgresServer | None) -> tuple[float, float, float]:
    clock = ManualClock(datetime(2026, 9, 1, 9, tzinfo=UTC))
    _link(database, n)
    hub = Hub(database, load(PROJECT / "processes" / "b2b.yaml"), clock)
    hub.begin()
    with salesforce.simulate(clock, {}) as crm, closing(salesforce.connect(crm.settings, clock)) as connector:

        def listen() -> int:
            clock.advance(timedelta(minutes=1))
            n_records = hub.listen("crm", connector)
            while hub.decide():
                pass
            return n_records

        for _ in range(5):
            listen()
        processor = Processor(database if server else None)
        spent, calls, walls = processor.seconds(), connector.calls, []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            if listen():
                raise SystemExit("a round without a change brought records")
            walls.append(time.perf_counter() - began)
        spent, calls = processor.seconds() - spent, connector.calls - calls
    return median(walls) * 1000, spent / ROUNDS * 1000, calls / ROUNDS


def _link(database: Database, n: int) -> None:
    """People known, each linked to a record of the CRM by its key, with the message that brought it and one winner."""
    metadata.create_all(database.engine)
    sqlite = database.is_sqlite
    numbers = (
        f"WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < {n} - 1)"
        if sqlite
        else f"WITH numbers(i) AS (SELECT generate_series(0, {n} - 1))"
    )
    id_ = "'01990000-0000-7000-8000-' || " + ("printf('%012d', i)" if sqlite else "lpad(i::text, 12, '0')")
    with database.write() as connection:
        for table, columns in _LINKED.items():
            names, values = ", ".join(columns), ", ".join(columns.values()).format(id=id_)
            filled = f"INSERT INTO {table} ({names}) {numbers} SELECT {values} FROM numbers"
            connection.execute(text(filled.replace(":", r"\:")))
    with database.write() as connection:
        connection.execute(text("ANALYZE"))


_RECORD = "'00Q' || i"
_MESSAGE = f"'crm:Lead.' || {_RECORD}"
_LINKED = {
    "entities": {
        "id": "{id}", "kind": "'person'", "root_id": "{id}", "created_at": "1767225600000000", "message_id": _MESSAGE,
    },
    "keys": {
        "kind": "'crm.Lead'", "value": _RECORD, "entity_id": "{id}", "at": "1767225600000000", "message_id": _MESSAGE,
    },
    "messages": {
        "id": _MESSAGE, "receipt_id": "'r' || i / 200", "position": "i % 200", "kind": "'record'",
        "occurred_at": "1767225600000000", "received_at": "1767225600000000", "state": "'decided'",
        "subject_id": "{id}", "batch": "0",
    },
    "field_values": {
        "entity_id": "{id}", "field": "'title'", "path": "'crm.Title'", "at": "1767225600000000", "valid": "1",
        "value": "'\"Buyer\"'", "given": "'\"Buyer\"'", "message_id": _MESSAGE,
    },
    "winners": {
        "entity_id": "{id}", "field": "'title'", "path": "'crm.Title'", "at": "1767225600000000", "valid": "1",
        "value": "'\"Buyer\"'", "given": "'\"Buyer\"'", "message_id": _MESSAGE, "why": "'b2b@7'",
    },
}  # fmt: skip
