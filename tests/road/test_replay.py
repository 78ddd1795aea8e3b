"""A busy history, decided again from its receipts in an empty database, gives the same state: every row of it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from closeloop.flow import Hub
from closeloop.inbox import store as inbox_store
from closeloop.replay import compare, replay
from closeloop.words.errors import BadInput
from support.busy import play, vendors
from support.postgres import PostgresServer
from support.prepared import opened
from support.road import INTERESTED, road_on

REPLAY = """
import sys
from support.prepared import opened
from closeloop.replay import replay
replay(opened(sys.argv[1]), opened(sys.argv[2]))
"""


def replay_elsewhere(source: str, target: str, hash_seed: int) -> None:
    """Replay in a process of its own: in what order sets are gone through depends on its hash seed."""
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    subprocess.run([sys.executable, "-c", REPLAY, source, target], check=True, env=environment, timeout=120)


def test_a_busy_history_replayed_into_an_empty_database_gives_the_same_state(
    database_url: str, tmp_path, quick_postgres: PostgresServer
):
    name = f"replayed_{database_url.partition(':')[0].partition('+')[0]}"
    targets = {f"sqlite:///{tmp_path / 'replayed.db'}": 1, quick_postgres.create_database(name): 2}
    with road_on(database_url) as road:
        with vendors(road) as systems:
            play(road, systems, 8)
        for table in ("leads", "merges", "alerts", "packets", "shown", "verifications"):
            assert road.rows(f"select 1 from {table} limit 1"), f"the history is too quiet: no {table}"
        try:
            for target, hash_seed in targets.items():
                replay_elsewhere(database_url, target, hash_seed)
                replayed = opened(target)
                assert [str(difference) for difference in compare(road.database, replayed)] == []
                replayed.close()
        finally:
            quick_postgres.drop_database(name)


@pytest.fixture
def short_history(sqlite_url: str):
    with road_on(sqlite_url) as road:
        road.act("page.viewed", "look", visitor="b", url="/robot/pricing")
        road.act("form.submitted", "form", email="joe@acme.example", visitor="b", **INTERESTED)
        road.decide()
        road.clock.advance(timedelta(days=1))
        road.act("webinar.attended", "webinar", email="joe@acme.example", product="robot")
        road.decide()
        assert road.one("select count(*) from leads") == 1
        yield road


@pytest.fixture
def empty(tmp_path):
    database = opened(f"sqlite:///{tmp_path / 'empty.db'}")
    yield database
    database.close()


def test_a_receipt_that_was_altered_shows_in_the_comparison(short_history, empty):
    """The control: the comparison sees what is not the same."""
    receipts = inbox_store.receipts
    with short_history.database.write() as connection:
        for row in connection.execute(select(receipts).where(receipts.c.door == "segment")).all():
            altered = row.body.replace(b'"CTO"', b'"CFO"')
            connection.execute(update(receipts).where(receipts.c.id == row.id).values(body=altered))
    replay(short_history.database, empty)

    tables = {difference.table for difference in compare(short_history.database, empty)}
    assert {"field_values", "winners", "leads"} <= tables
    assert "receipts" not in tables


def test_a_decision_that_asks_the_clock_shows_in_the_comparison(short_history, empty, monkeypatch):
    """The control: with the moment taken from a clock, and not from the log, the state is another one."""
    decide_again = Hub.replay_batch
    monkeypatch.setattr(
        Hub,
        "replay_batch",
        lambda self, connection, messages, now, *more: decide_again(
            self, connection, messages, now + timedelta(hours=1), *more
        ),
    )
    replay(short_history.database, empty)

    assert {"leads", "lead_events", "clocks"} <= {row.table for row in compare(short_history.database, empty)}


def test_a_receipt_without_the_message_that_was_decided_stops_the_replay(short_history, empty):
    receipts = inbox_store.receipts
    with short_history.database.write() as connection:
        connection.execute(update(receipts).where(receipts.c.door == "segment").values(body=b"{}"))
    with pytest.raises(BadInput, match=r"has no message form:look at place 1.*was changed"):
        replay(short_history.database, empty)


def test_nothing_is_replayed_into_a_database_that_is_in_use(short_history):
    with pytest.raises(BadInput, match="not empty; name an empty one"):
        replay(short_history.database, short_history.database)


def test_what_waits_when_the_log_is_copied_waits_in_the_replay_too(short_history, empty):
    short_history.act("page.viewed", "late", visitor="b", url="/robot/demo")
    replay(short_history.database, empty)

    with empty.read() as connection:
        assert inbox_store.n_waiting(connection)["live"].n == 1
