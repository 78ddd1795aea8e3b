"""A simulated Marketo over loopback HTTP, and connectors to it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from closeloop.connectors.marketo import connect, simulate
from closeloop.ports import Record
from closeloop.words.moment import ManualClock


@pytest.fixture
def clock():
    return ManualClock(datetime(2026, 9, 1, 9, 0, tzinfo=UTC))


@pytest.fixture
def marketo(clock):
    with simulate(clock) as simulator:
        yield simulator


@pytest.fixture
def connector(marketo, clock):
    made = connect({**marketo.settings, "nurture_lists": "reheat_b2b"}, clock)
    yield made
    made.close()


@pytest.fixture
def read_all(connector):
    """Pull to the end from a cursor: the records, the pages and the last cursor."""

    def read(cursor=None, using=connector):
        records: list[Record] = []
        pages = 0
        while True:
            pulled = using.pull(cursor)
            pages += 1
            records += pulled.records
            cursor = pulled.cursor
            if not pulled.more:
                return records, pages, cursor

    return read
