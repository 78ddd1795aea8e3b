"""T1: what the door acknowledged is on disk, whenever it is killed, on both databases."""

from __future__ import annotations

import http.client
import itertools
import random
import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import select

from closeloop.db import Database
from closeloop.inbox import store
from support.door import DoorProcess, send
from support.postgres import PostgresServer

pytestmark = pytest.mark.durable

CLIENTS, LIVES = 6, 3


def acknowledged(door: DoorProcess, end_life: Callable[[], None], lives: int = LIVES) -> set[str]:
    """Send from several clients while the door dies and comes back; the ids that it answered with 200."""
    numbers, seen, stop = itertools.count(), set(), threading.Event()

    def client(name: int) -> None:
        connection = door.connect()
        while not stop.is_set():
            ids = [f"id-{name}-{next(numbers)}-" for _ in range(3)]
            try:
                if send(connection, [{"type": "track", "messageId": each} for each in ids]) == 200:
                    seen.update(ids)
            except (OSError, http.client.HTTPException):
                connection.close()
                time.sleep(0.02)
        connection.close()

    clients = [threading.Thread(target=client, args=(name,)) for name in range(CLIENTS)]
    for each in clients:
        each.start()
    chance = random.Random(5)
    for _ in range(lives):
        time.sleep(chance.uniform(0.3, 0.8))
        end_life()
    stop.set()
    for each in clients:
        each.join()
    return seen


def kept(url: str) -> bytes:
    database = Database(url)
    with database.read() as connection:
        bodies = connection.execute(select(store.receipts.c.body)).scalars().all()
    database.close()
    return b"\n".join(bodies)


def lost(url: str, seen: set[str]) -> set[str]:
    everything = kept(url)
    return {each for each in seen if each.encode() not in everything}


def test_everything_acknowledged_is_found_after_each_kill(database_url: str):
    with DoorProcess(database_url, slow_commit_seconds=0.01) as door:

        def end_life() -> None:
            door.kill()
            door.start()

        seen = acknowledged(door, end_life)
    assert len(seen) > 100
    assert lost(database_url, seen) == set()


def test_control_a_door_that_answers_before_the_commit_loses_some(database_url: str):
    with DoorProcess(database_url, ack="before", slow_commit_seconds=0.05) as door:
        seen = acknowledged(door, door.kill, lives=1)
    assert lost(database_url, seen) != set()


def test_what_was_acknowledged_outlives_a_crash_of_postgres(postgres_server: PostgresServer, postgres_url: str):
    with DoorProcess(postgres_url) as door:
        seen = acknowledged(door, lambda: postgres_server.restart("immediate"), lives=2)
    assert len(seen) > 100
    assert lost(postgres_url, seen) == set()
