"""A folder into which somebody drops files, and connectors to it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import count

import pytest

from closeloop.connectors.folder import connect
from closeloop.words.moment import ManualClock
from support.drops import DECLARED

_moments = count(1_788_000_000)


@pytest.fixture
def clock():
    return ManualClock(datetime(2026, 9, 1, 9, 0, tzinfo=UTC))


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "drop"
    made.mkdir()
    return made


@pytest.fixture
def drop(folder):
    """Writes a file as others do; each time with a later moment."""

    def write(name, content):
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        at = next(_moments)
        os.utime(path, (at, at))
        return path

    return write


@pytest.fixture
def opened(folder, clock):
    """Makes connectors to the folder."""
    made = []

    def make(declared=DECLARED, **settings):
        made.append(
            connect({"folder": str(folder), "declared": declared, "declared_file": "drop.yaml", **settings}, clock)
        )
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def dropped(drop):
    """Joe and Ann of Acme."""
    drop("firms.csv", "id,title\n007,Acme\n")
    drop(
        "people.csv",
        "id,email,name,firm,key,changed,off\n"
        "1,joe@acme.example,Joe Miller,007,,2026-09-01 08:00:00 UTC,FALSE\n"
        '2,ann@acme.example,"Lee, Ann",007,k2,,TRUE\n',
    )
    drop("merges.csv", "loser,winner\n")
