"""Calls are booked before they are made, the last tenth is for what is hot, and windows begin anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.outbox.budget import (
    ASK_EVERY,
    IF_IT_FAILS,
    fit,
    has_room,
    in_window,
    may_read,
    room,
    should_ask,
    vendor_decides,
    window_end,
    with_told,
)
from closeloop.outbox.lanes import BACKFILL, HOT, ORDINARY, lane_of
from closeloop.outbox.nouns import Sender
from closeloop.ports import Limits, Verb
from support.outgoing import AT, planned

MIDNIGHT = AT.replace(hour=0)
TODAY = Sender("crm", MIDNIGHT, calls_allowed=1000)


def in_batches(n: int) -> int:
    """A call for each twenty."""
    return -(-n // 20)


def test_what_a_lead_waits_for_is_hot_and_what_came_in_bulk_goes_last():
    of_a_lead = replace(planned("k"), lead_id="lead-1")
    mail = planned("m", Verb.MAIL, source="mail")
    assert [lane_of(each, bulk=bulk) for each in (of_a_lead, mail) for bulk in (True, False)] == [HOT] * 4
    assert lane_of(planned("k"), bulk=False) == ORDINARY
    assert lane_of(planned("k"), bulk=True) == BACKFILL


def test_the_last_tenth_is_kept_for_what_is_hot():
    used = replace(TODAY, n_calls=900)
    assert (room(used, HOT), room(used, ORDINARY), room(used, BACKFILL)) == (100, 0, 0)
    assert has_room(used, HOT)
    assert not has_room(used, ORDINARY)


def test_without_a_limit_there_is_always_room():
    free = replace(TODAY, calls_allowed=None, n_calls=10**9)
    assert room(free, BACKFILL) is None
    assert fit(free, [BACKFILL] * 50, in_batches) == (50, 3 * IF_IT_FAILS)
    assert may_read(free, AT)


def test_a_window_begins_anew_at_midnight_with_what_the_installation_allows():
    used = replace(TODAY, n_calls=1000, n_reads=3, n_sent=9, calls_allowed=700, asked_at=AT)
    assert window_end(used) == MIDNIGHT + timedelta(days=1)
    assert in_window(used, window_end(used) - timedelta(microseconds=1), 1000) == used
    assert in_window(used, window_end(used), 1000) == Sender("crm", window_end(used), calls_allowed=1000)


def test_a_window_that_was_begun_within_a_day_ends_with_the_day():
    assert window_end(Sender("crm", AT)) == MIDNIGHT + timedelta(days=1)


def test_what_the_installation_allows_may_be_changed_at_any_time():
    assert in_window(TODAY, AT, 2000).calls_allowed == 2000
    assert in_window(TODAY, AT, None).calls_allowed is None
    told = replace(TODAY, asked_at=AT)
    assert in_window(told, AT, 500).calls_allowed == 500
    assert in_window(told, AT, 2000).calls_allowed == 1000, "the vendor's word stands until it is asked again"


@pytest.mark.parametrize(
    ("told", "setting", "allowed"),
    [
        (Limits(50, 15_000), None, 150),
        (Limits(50, 15_000), 120, 120),
        (Limits(5000, 15_000), 1000, 1000),
        (Limits(None, 800), 1000, 800),
        (Limits(), 1000, 1000),
        (Limits(), None, None),
        (None, 1000, 1000),
    ],
)
def test_the_vendors_word_may_lower_what_is_allowed(told: Limits | None, setting: int | None, allowed: int | None):
    sender = replace(TODAY, n_calls=100, calls_allowed=setting)
    assert with_told(sender, told, setting, AT) == replace(sender, calls_allowed=allowed, asked_at=AT)


def test_the_vendor_is_asked_now_and_then_but_a_small_budget_is_not_spent_on_asking():
    assert should_ask(TODAY, None, AT)
    asked = replace(TODAY, asked_at=AT)
    assert not should_ask(asked, None, AT + ASK_EVERY / 2)
    assert should_ask(asked, None, AT + ASK_EVERY)
    assert should_ask(asked, 100_000, AT + ASK_EVERY)
    assert not should_ask(asked, 1000, AT + timedelta(hours=2))
    assert should_ask(asked, 1000, AT + timedelta(hours=2.4)), "ten times a day"


def test_where_our_own_setting_keeps_us_waiting_the_vendors_answer_would_change_nothing():
    assert vendor_decides(replace(TODAY, calls_allowed=500), 1000)
    assert vendor_decides(replace(TODAY, calls_allowed=500), None)
    assert not vendor_decides(TODAY, 1000)
    assert not vendor_decides(replace(TODAY, calls_allowed=None), None)


def test_reading_spreads_its_quarter_over_the_day():
    noon = MIDNIGHT + timedelta(hours=12)
    assert may_read(replace(TODAY, n_reads=124), noon)
    assert not may_read(replace(TODAY, n_reads=125), noon)
    assert may_read(replace(TODAY, n_reads=9), MIDNIGHT), "a few at any time"
    assert not may_read(replace(TODAY, n_calls=900, n_reads=9), noon), "what is kept for hot ones is not read away"


def test_hot_ones_go_though_the_others_must_wait():
    lanes = [HOT] * 30 + [BACKFILL] * 170
    assert fit(replace(TODAY, n_calls=0), lanes, in_batches) == (200, 10 * IF_IT_FAILS)
    assert fit(replace(TODAY, n_calls=890), lanes, in_batches) == (100, 5 * IF_IT_FAILS)
    assert fit(replace(TODAY, n_calls=900), lanes, in_batches) == (30, 2 * IF_IT_FAILS)
    assert fit(replace(TODAY, n_calls=998), lanes, in_batches) == (20, IF_IT_FAILS)
    assert fit(replace(TODAY, n_calls=999), lanes, in_batches) == (0, 0)


@given(
    st.integers(0, 60), st.integers(0, 200), st.integers(1, 60), st.integers(0, 40), st.integers(0, 40)
)  # fmt: skip
def test_never_more_is_booked_than_is_left_and_never_less_than_would_fit(allowed, used, size, n_hot, n_cold):
    sender = replace(TODAY, calls_allowed=allowed, n_calls=used)
    lanes = [HOT] * n_hot + [BACKFILL] * n_cold

    def cost(n: int) -> int:
        return -(-n // size)

    n, booked = fit(sender, lanes, cost)
    possible = [k for k in range(1, len(lanes) + 1) if cost(k) * IF_IT_FAILS <= (room(sender, lanes[k - 1]) or 0)]
    assert n == max(possible, default=0)
    assert booked == (cost(n) * IF_IT_FAILS if n else 0)


def test_the_moments_of_a_window_are_in_utc():
    kiritimati = datetime.fromisoformat("2026-09-02T03:00:00+14:00")
    assert in_window(Sender("crm", MIDNIGHT, n_calls=5), kiritimati, None).n_calls == 5
