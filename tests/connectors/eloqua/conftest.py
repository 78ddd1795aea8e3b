"""A simulated Eloqua over loopback HTTP, and connectors to it."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files

import pytest

from closeloop.connectors.eloqua import DECLARATION, connect, simulate
from closeloop.words.moment import ManualClock


@pytest.fixture
def clock():
    return ManualClock(datetime(2026, 9, 1, 9, 0, tzinfo=UTC))


@pytest.fixture
def eloqua(clock):
    with simulate(clock) as simulator:
        yield simulator


@pytest.fixture
def connected(eloqua, clock):
    made = []

    def make(**settings):
        made.append(connect({**eloqua.settings, "poll_seconds": "0", **settings}, clock))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def connector(connected):
    return connected(nurture_lists="reheat_b2b")


@pytest.fixture
def read_all():
    """Pull to the end from a cursor: the records and the last cursor."""

    def read(connector, cursor=None):
        records = []
        while True:
            pulled = connector.pull(cursor)
            records += pulled.records
            cursor = pulled.cursor
            if not pulled.more:
                return records, cursor

    return read


@pytest.fixture
def packaged_text():
    return files("closeloop.connectors.eloqua").joinpath(DECLARATION).read_text()
