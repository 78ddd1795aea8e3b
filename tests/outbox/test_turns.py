"""A sender takes what the budget of all allows, and leaves a vendor alone that is away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from closeloop.db import Database
from closeloop.outbox import store
from closeloop.outbox.breaker import FAILURES, SHORTEST
from closeloop.outbox.budget import ASK_EVERY, IF_IT_FAILS, LOOKS
from closeloop.outbox.nouns import Sender
from closeloop.outbox.store import senders
from closeloop.outbox.store.claims import LEASE
from closeloop.ports import Answer, Limits, Outcome
from closeloop.words.errors import Transient
from support.counted_end import CountedEnd, Vendor
from support.outgoing import AT, planned

MIDNIGHT = AT.replace(hour=0)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


@pytest.fixture
def end() -> CountedEnd:
    return CountedEnd(Vendor())


def plan(database: Database, n: int, first: int = 0) -> None:
    with database.write() as connection:
        store.plan(connection, [planned(f"k{k:04}", person_id=None) for k in range(first, first + n)], AT)


def begin(database: Database, end: CountedEnd, at: datetime = AT, setting: int | None = None) -> store.Turn:
    with database.write() as connection:
        return store.begin_turn(connection, "crm", end, "w", at, setting)


def finish(
    database: Database,
    turn: store.Turn,
    outcome: Outcome = Outcome.DONE,
    *,
    n_calls: int = 1,
    told: Limits | None = None,
    at: datetime = AT,
) -> Sender:
    answers = [Answer(each.planned.command.key, outcome, reason="HTTP 503") for each in turn.posted]
    with database.write() as connection:
        store.end_turn(connection, turn, answers, n_calls, told, at)
    return sender(database, at)


def sender(database: Database, at: datetime = AT, setting: int | None = None) -> Sender:
    with database.write() as connection:
        return store.load_sender(connection, "crm", at, setting)


def test_a_sender_comes_out_as_it_went_in(database):
    sent = Sender("crm", MIDNIGHT, "plan", 5, 2, 90, 1000, AT, 3, AT + SHORTEST, "HTTP 503", AT, 2.5)
    with database.write() as connection:
        store.save_sender(connection, sent)
    assert sender(database) == sent


def test_calls_are_booked_before_they_are_made_and_what_was_too_much_is_given_back(database, end):
    plan(database, 50)
    turn = begin(database, end, setting=100)
    assert len(turn.posted) == 20
    assert sender(database, setting=100).n_calls == IF_IT_FAILS
    after = finish(database, turn, n_calls=1)
    assert (after.n_calls, after.n_sent, after.failures) == (1, 20, 0)


def test_a_sender_that_died_has_used_what_it_booked(database, end):
    plan(database, 50)
    begin(database, end, setting=100)
    assert sender(database, AT + timedelta(hours=1), 100).n_calls == IF_IT_FAILS


def test_when_the_calls_are_used_up_work_waits_until_the_window_ends(database, end):
    plan(database, 200)
    n = 0
    while (turn := begin(database, end, setting=6)).posted:
        finish(database, turn)
        n += 1
    assert n == 3, "of six, two are kept for what is hot, and a turn needs two: it may have to be made again"
    assert begin(database, end, MIDNIGHT + timedelta(days=1), setting=6).posted


def test_what_is_given_back_after_midnight_is_not_taken_from_the_new_day(database, end):
    plan(database, 20)
    turn = begin(database, end, setting=100)
    tomorrow = AT + timedelta(days=1)
    assert finish(database, turn, n_calls=1, at=tomorrow).n_calls == 1


def test_a_vendor_that_is_away_is_left_alone_then_tried_by_one(database, end):
    plan(database, 200)
    for _ in range(FAILURES):
        away = finish(database, begin(database, end), Outcome.TRANSIENT)
    assert (away.failures, away.why) == (FAILURES, "HTTP 503")
    assert begin(database, end).posted == ()
    later = AT + SHORTEST
    trying = begin(database, end, later)
    assert trying.posted
    assert begin(database, end, later).posted == (), "one tries for all"
    assert finish(database, trying, at=later).failures == 0
    assert begin(database, end, later).posted


def test_what_was_put_off_meanwhile_goes_at_once_when_the_vendor_is_back(database, end):
    plan(database, 100)
    for _ in range(FAILURES):
        finish(database, begin(database, end), Outcome.TRANSIENT)
    with database.write() as connection:
        connection.execute(
            text("UPDATE commands SET state = 'waiting', not_before = not_before + 900000000 WHERE state = 'leased'")
        )
    later = AT + SHORTEST
    finish(database, begin(database, end, later), at=later)
    taken = [each.planned.command.key for each in begin(database, end, later).posted]
    assert taken == [f"k{n:04}" for n in range(20)]


def test_the_vendor_is_asked_after_a_turn_now_and_then(database, end):
    plan(database, 200)
    turn = begin(database, end)
    assert turn.ask
    told = finish(database, turn, told=Limits(7, 1000))
    assert (told.calls_allowed, told.asked_at) == (8, AT)
    assert not begin(database, end).ask
    assert begin(database, end, AT + ASK_EVERY).ask


def test_a_vendor_that_has_no_calls_left_is_asked_again_without_sending(database, end):
    plan(database, 200)
    finish(database, begin(database, end), told=Limits(0, 1000))
    later = AT + ASK_EVERY
    turn = begin(database, end, later)
    assert (turn.posted, turn.ask) == ((), True)
    finish(database, turn, n_calls=0, told=Limits(500, 1000), at=later)
    assert begin(database, end, later).posted


def test_where_all_has_to_be_planned_only_what_was_approved_goes(database, end):
    plan(database, 5)
    with database.write() as connection:
        store.save_sender(connection, Sender("crm", MIDNIGHT, "plan"))
        connection.execute(text("UPDATE commands SET plan_id = 'p' WHERE key = 'k0003'"))
    turn = begin(database, end)
    assert [each.planned.command.key for each in turn.posted] == ["k0003"]
    assert not turn.ask, "asking may cost a call that the plan did not foresee"


def test_reading_is_counted_and_ends_where_only_hot_calls_are_left(database):
    with database.write() as connection:
        store.book_reads(connection, "crm", 5, AT, 100)
        assert store.may_read(connection, "crm", AT, 100)
        store.check_room(connection, "crm", AT, 100)
        store.book_reads(connection, "crm", 90, AT, 100)
        assert not store.may_read(connection, "crm", AT, 100)
        with pytest.raises(Transient, match=r"95 of 100 calls of the day are used up; it goes on at 2026-09-02 00:00"):
            store.check_room(connection, "crm", AT, 100)
    assert replace(sender(database, setting=100), calls_allowed=None) == Sender("crm", MIDNIGHT, n_calls=95, n_reads=95)


def test_nothing_is_read_while_the_vendor_is_away(database):
    with database.write() as connection:
        store.save_sender(connection, Sender("crm", MIDNIGHT, failures=3, closed_until=AT + SHORTEST))
        assert not store.may_read(connection, "crm", AT)
        assert store.may_read(connection, "crm", AT + SHORTEST)


def race(url: str) -> int:
    """Two senders who look at the budget at the same moment; how many calls both booked, of five."""
    with closing(Database(url)) as database:
        plan(database, 100)
        begin(database, CountedEnd(Vendor(), 1), setting=7)  # so that the row is there
        barrier = threading.Barrier(2)
        booked = []

        def work(worker: str) -> None:
            with database.write() as connection:
                barrier.wait(10)
                turn = store.begin_turn(connection, "crm", CountedEnd(Vendor()), worker, AT, 7)
                meet(barrier)
                booked.append(turn.booked)

        threads = [threading.Thread(target=work, args=[name]) for name in ("w1", "w2")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        return IF_IT_FAILS + sum(booked)


def meet(barrier: threading.Barrier) -> None:
    """Wait a moment for the other one, who may be waiting for our lock."""
    try:
        barrier.wait(0.5)
    except threading.BrokenBarrierError:
        return


def test_two_senders_at_once_share_one_budget(postgres_url: str):
    assert race(postgres_url) <= 5


def test_control_without_the_lock_on_the_budget_both_spend_it(postgres_url: str, monkeypatch):
    load = senders.select

    class Unlocked:
        def __init__(self, *columns):
            self._statement = load(*columns)

        def where(self, *conditions):
            self._statement = self._statement.where(*conditions)
            return self

        def with_for_update(self):
            return self._statement

    monkeypatch.setattr(senders, "select", Unlocked)
    assert race(postgres_url) > 5


def test_what_is_hot_goes_while_a_bulk_job_is_under_way(database, end):
    end.bulk_size, end.bulk_from = 500, 30
    plan(database, 100)
    job = begin(database, end)
    assert len(job.posted) == 100, "more than a batch of 20"
    with database.write() as connection:
        hot = replace(planned("hot", person_id=None), lead_id="lead-1")
        store.plan(connection, [hot, planned("cold", person_id=None)], AT)
        found = store.begin_turn(connection, "crm", end, "w2", AT, None, "hot")
    assert [each.planned.command.key for each in found.posted] == ["hot"]
    assert [each.planned.command.key for each in begin(database, end, AT + LEASE / 2).posted] == ["cold"]


def test_a_job_is_booked_with_the_looks_that_it_may_take_and_not_begun_beyond_the_budget(database, end):
    end.bulk_size, end.bulk_from = 500, 30
    plan(database, 100)
    assert begin(database, end, setting=1000).booked == (1 + LOOKS) * IF_IT_FAILS
    plan(database, 100, first=100)
    tight = begin(database, end, setting=60)
    assert (len(tight.posted), tight.booked) == (end.batch_size, IF_IT_FAILS)
