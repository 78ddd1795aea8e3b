"""A small vendor over loopback HTTP, its declaration, and connectors by it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from closeloop.connectors.rest import connect
from closeloop.words.moment import ManualClock
from support.small_vendor import DECLARED, SmallVendor


@pytest.fixture
def clock():
    return ManualClock(datetime(2026, 9, 1, 9, 0, tzinfo=UTC))


@pytest.fixture
def vendor(clock):
    with SmallVendor(clock).serve() as serving:
        yield serving


@pytest.fixture
def declared():
    return DECLARED


@pytest.fixture
def connected(vendor, clock):
    """Make connectors by a declaration, with what the settings say besides."""
    made = []

    def make(text=DECLARED, **settings):
        made.append(connect({"url": vendor.url, "name": "small", "declared": text, **settings}, clock))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def connector(connected):
    return connected()


@pytest.fixture
def read_all():
    """Pull to the end from a cursor: the records and the last cursor; `between` runs after each page."""

    def read(connector, cursor=None, between=lambda: None):
        records = []
        while True:
            pulled = connector.pull(cursor)
            records += pulled.records
            cursor = pulled.cursor
            if not pulled.more:
                return records, cursor
            between()

    return read


@pytest.fixture
def scan_all():
    def scan(connector, name="Contact"):
        records, after = [], None
        while True:
            pulled = connector.scan(name, after)
            records += pulled.records
            after = pulled.cursor
            if not pulled.more:
                return records

    return scan
