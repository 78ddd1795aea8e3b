"""What a door answered with 2xx is found afterwards and decided, whatever dies in between (T1)."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from closeloop.db import Database
from support.door import send
from support.hub_process import HubProcess
from support.postgres import PostgresServer
from support.road import query

pytestmark = pytest.mark.durable

EVENTS_A_REQUEST = 5
PEOPLE = "select count(*) from entities where kind = 'person'"


class Client:
    """Sends batches one after another and remembers what was acknowledged; what was not, it sends again."""

    def __init__(self, port: int, name: str) -> None:
        self.port, self.name = port, name
        self.acknowledged: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def finish(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        connection, n = self._connect(), 0
        while not self._stop.is_set():
            keys = [f"{self.name}-{n}-{each}" for each in range(EVENTS_A_REQUEST)]
            try:
                status = send(connection, [self._event(key) for key in keys])
            except (OSError, http.client.HTTPException):
                connection.close()
                time.sleep(0.02)
                connection = self._connect()
                continue
            if status == 200:
                self.acknowledged += keys
                n += 1
        connection.close()

    def _event(self, key: str) -> dict[str, object]:
        return {
            "type": "track",
            "event": "form.submitted",
            "messageId": key,
            "properties": {"email": f"{self.name}@acme.example", "product": "robot"},
        }

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)


@contextmanager
def load(port: int, n: int = 3) -> Iterator[list[str]]:
    """Several clients for as long as the block runs; afterwards the list has what was acknowledged."""
    acknowledged: list[str] = []
    clients = [Client(port, f"client{n}") for n in range(n)]
    try:
        yield acknowledged
    finally:
        for client in clients:
            client.finish()
            acknowledged += client.acknowledged


def all_are_known(url: str) -> None:
    """Wait until something of every client was decided."""
    database = Database(url)
    deadline = time.monotonic() + 60
    while query(database, PEOPLE) != [(3,)] and time.monotonic() < deadline:
        time.sleep(0.05)
    database.close()


def decided(url: str) -> set[str]:
    """Wait until nothing waits; then what was decided."""
    database = Database(url)
    deadline = time.monotonic() + 90
    while query(database, "select 1 from waiting limit 1") and time.monotonic() < deadline:
        time.sleep(0.1)
    found = {
        str(id_).removeprefix("form:") for (id_,) in query(database, "select id from messages where state = 'decided'")
    }
    _each_had_one_effect(database, len(found))
    database.close()
    return found


def _each_had_one_effect(database: Database, n_decided: int) -> None:
    assert query(database, "select count(*) from touches") == [(n_decided,)]
    # 30 points a form, faded: the count beside the sum says how many were added.
    assert query(database, "select sum(n) from sums where line = 'interest[0]'") == [(n_decided,)]
    assert query(database, PEOPLE) == [(3,)]


def test_everything_acknowledged_is_decided_though_the_hub_is_killed_under_load(database_url: str):
    chance = random.Random(2)
    with HubProcess("serve", database_url) as hub:
        with load(hub.port) as acknowledged:
            for _ in range(2):
                time.sleep(chance.uniform(0.3, 0.9))
                hub.kill()
                hub.start()
            time.sleep(0.3)
        assert len(acknowledged) > 50
        assert set(acknowledged) <= decided(database_url)


def test_everything_acknowledged_is_decided_though_postgresql_stops_at_once(
    postgres_url: str, postgres_server: PostgresServer
):
    with HubProcess("serve", postgres_url) as hub:
        with load(hub.port) as acknowledged:
            time.sleep(0.7)
            postgres_server.restart("immediate")
            time.sleep(0.7)
        assert len(acknowledged) > 50
        assert set(acknowledged) <= decided(postgres_url)


def test_a_hub_that_answers_before_the_commit_loses_some(database_url: str):
    """The control."""
    with HubProcess("hasty", database_url) as hub:
        with load(hub.port) as acknowledged:
            all_are_known(database_url)
            hub.kill()
        hub.start()
        assert set(acknowledged) - decided(database_url)
