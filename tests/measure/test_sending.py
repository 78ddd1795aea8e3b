"""Who looks at a connection sees what waits, what was called, what went wrong, and when it will be through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from closeloop.db import Database
from closeloop.measure.rejects import rejects
from closeloop.measure.sending import Sends, sending
from closeloop.outbox import store
from closeloop.outbox.nouns import Sender, Settlement
from support.outgoing import AT, planned
from support.prepared import opened

MIDNIGHT = AT.replace(hour=0)
LATER = AT + timedelta(hours=2)
TOO_LONG = "Lead.Title has {} characters, at most 128 (STRING_TOO_LONG)"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = opened(database_url)
    yield found
    found.close()


def seen(database: Database, at=LATER) -> dict[str, Sends]:
    with database.read() as connection:
        return {each.source: each for each in sending(connection, at)}


def sends(database: Database, sender: Sender) -> None:
    with database.write() as connection:
        store.save_sender(connection, sender)


def plan(database: Database, *keys: str, at=AT, bulk: bool = False, lead: str | None = None) -> None:
    with database.write() as connection:
        made = [replace(planned(key, person_id=None), lead_id=lead) for key in keys]
        store.plan(connection, made, at, bulk=bulk)


def settle(database: Database, key: str, state: str, reason: str | None) -> None:
    with database.write() as connection:
        store.settle(connection, [Settlement(key, state, AT, None, reason, AT, verified=False)])  # type: ignore[arg-type] # of the list


def test_nothing_is_told_where_nothing_was_to_be_sent(database):
    assert seen(database) == {}


def test_a_backlog_is_told_by_lane_with_the_age_of_its_oldest_and_when_it_will_be_through(database):
    plan(database, "b1", "b2", bulk=True)
    plan(database, "h1", at=AT + timedelta(hours=1), lead="lead-1")
    sends(database, Sender("crm", MIDNIGHT, n_calls=10, n_sent=20, pace=0.1))
    crm = seen(database)["crm"]
    assert [(lane.name, lane.n, lane.age) for lane in crm.lanes] == [
        ("hot", 1, timedelta(hours=1)),
        ("ordinary", 0, timedelta(0)),
        ("backfill", 2, timedelta(hours=2)),
    ]
    assert [lane.through_at for lane in crm.lanes] == [LATER + timedelta(seconds=n) for n in (10, 10, 30)]
    assert (crm.n, crm.through_at, crm.mode, crm.waits_for) == (3, LATER + timedelta(seconds=30), "live", "")


def test_what_was_answered_and_waits_to_be_decided_is_no_backlog(database):
    plan(database, "k1", "k2")
    with database.write() as connection:
        store.claim(connection, "crm", AT, 2, "w")
        store.end_leases(connection, ["k1"], "w")
    assert seen(database)["crm"].n == 1


@pytest.mark.parametrize(
    ("sender", "said", "state"),
    [
        (Sender("crm", MIDNIGHT, calls_allowed=1000, n_calls=500), "", "working"),
        (
            Sender("crm", MIDNIGHT, calls_allowed=1000, n_calls=900),
            "calls until 2026-09-02 00:00 UTC, but for what is hot: 900 of 1,000 are used up",
            "working",
        ),
        (
            Sender("crm", MIDNIGHT, calls_allowed=1000, n_calls=1000),
            "calls until 2026-09-02 00:00 UTC: 1,000 of 1,000 are used up",
            "working",
        ),
        (
            Sender("crm", MIDNIGHT, failures=4, closed_until=LATER + timedelta(seconds=9), why="HTTP 503"),
            "the system until 2026-09-01 11:00:09 UTC: HTTP 503",
            "waiting",
        ),
        (Sender("crm", MIDNIGHT, failures=4, closed_until=LATER), "", "trying"),
        (Sender("crm", MIDNIGHT, "plan"), "a plan: nothing goes out but what an approved plan says", "working"),
    ],
)
def test_what_sending_waits_for_is_said_in_plain_words(database, sender, said, state):
    sends(database, sender)
    crm = seen(database)["crm"]
    assert (crm.waits_for, crm.state) == (said, state)


def test_a_new_day_shows_at_once_though_nobody_sent_in_it(database):
    sends(database, Sender("crm", MIDNIGHT, calls_allowed=1000, n_calls=1000, n_reads=30))
    assert seen(database)["crm"].calls.is_used_up
    calls = seen(database, MIDNIGHT + timedelta(days=1))["crm"].calls
    assert (calls.used, calls.reading, calls.allowed, calls.is_used_up) == (0, 0, 1000, False)


def test_errors_are_grouped_by_cause_those_given_up_and_those_put_off(database):
    plan(database, "k1", "k2", "k3", "k4", "k5")
    for key, state, reason in (
        ("k1", "dead", TOO_LONG.format(131)),
        ("k2", "dead", TOO_LONG.format(200)),
        ("k3", "waiting", "HTTP 503"),
        ("k4", "done", None),
    ):
        settle(database, key, state, reason)
    long, busy = seen(database)["crm"].errors
    assert (long.key, long.n, long.n_put_off, long.example) == ("too_long:lead.title", 2, 0, "k1")
    assert (long.since, long.verbs) == (AT, ("update",))
    assert (busy.n, busy.n_put_off, busy.reason) == (0, 1, "HTTP 503")
    with database.read() as connection:
        assert rejects(connection) == (long, busy)
