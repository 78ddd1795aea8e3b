"""A connector to the real Tryton of all tests, over a line that can be cut."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from closeloop.connectors.tryton import connect
from closeloop.ports import Command, Outcome, Verb
from closeloop.words.moment import ManualClock
from support.vendor_line import line_to


@pytest.fixture(scope="session")
def clock():
    return ManualClock(datetime(2026, 9, 1, 9, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def lasting_line(tryton):
    with line_to(tryton.url) as line:
        yield line


@pytest.fixture(scope="session")
def lasting_connector(tryton, lasting_line, clock):
    connector = connect({**tryton.settings, "url": lasting_line.url, "look_back_seconds": "5"}, clock)
    yield connector
    connector.close()


@pytest.fixture
def line(lasting_line):
    """The line as if it were new."""
    lasting_line.sent.clear()
    lasting_line.lose.clear()
    lasting_line.before.clear()
    return lasting_line


@pytest.fixture
def connector(lasting_connector, line):
    """One for all tests, since signing in takes Tryton a while."""
    yield lasting_connector
    lasting_connector._pusher.parties.locks = True


@pytest.fixture
def key(request):
    """Different for each test, so that none sees another's records."""
    return request.node.name.removeprefix("test_")


@pytest.fixture
def everything(connector):
    """Every page of what changed since a cursor, and the cursor after it."""

    def pulled(cursor):
        records, more = [], True
        while more:
            page = connector.pull(cursor)
            records, cursor, more = [*records, *page.records], page.cursor, page.more
        return records, cursor

    return pulled


@pytest.fixture
def made(connector, key):
    """Makes one record under the test's key, or one that ends in what is given; its Ref."""

    def make(name, /, *, more="", refs=None, **fields):
        command = Command(f"{key}{more}", Verb.CREATE, name, our_key=f"{key}{more}", fields=fields, refs=refs or {})
        [answer] = connector.push([command])
        assert answer.outcome is Outcome.DONE, answer.reason
        return answer.ref

    return make
