"""When a backlog will be through follows from pace, calls left and windows to come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from closeloop.outbox.forecast import forecast
from closeloop.outbox.lanes import BACKFILL, HOT, ORDINARY
from closeloop.outbox.nouns import Sender
from support.outgoing import AT

MIDNIGHT = AT.replace(hour=0)
DAY = timedelta(days=1)
BUSY = Sender("crm", MIDNIGHT, n_calls=110, n_reads=10, n_sent=10_000, pace=50.0)
"""A hundred commands a call, fifty a second."""


def test_without_a_limit_the_pace_decides_and_the_lanes_go_one_after_the_other():
    through = forecast(BUSY, {HOT: 50, BACKFILL: 5000}, AT)
    assert through[HOT] == AT + timedelta(seconds=1)
    assert through[ORDINARY] == AT + timedelta(seconds=1)
    assert through[BACKFILL] == AT + timedelta(seconds=101)


def test_where_nothing_waits_it_is_through():
    assert forecast(BUSY, {}, AT) == {HOT: AT, ORDINARY: AT, BACKFILL: AT}


def test_calls_that_are_left_put_the_rest_off_to_the_next_days():
    # Of 1,000 calls a day 900 are for the backfill: 790 are left today, and 2,000 are needed.
    through = forecast(replace(BUSY, calls_allowed=1000), {BACKFILL: 200_000}, AT)
    assert through[BACKFILL] == MIDNIGHT + 2 * DAY + timedelta(seconds=(2000 - 790 - 900) * 100 / 50)


def test_the_calls_that_are_kept_serve_what_is_hot_today():
    used = replace(BUSY, n_calls=900, n_reads=0, n_sent=90_000, calls_allowed=1000)
    through = forecast(used, {HOT: 100, BACKFILL: 100}, AT)
    assert through[HOT] == AT + timedelta(seconds=2)
    assert through[BACKFILL] == MIDNIGHT + DAY + timedelta(seconds=4)


def test_a_vendor_that_is_away_is_waited_for():
    until = AT + timedelta(minutes=3)
    assert forecast(replace(BUSY, closed_until=until), {HOT: 50}, AT)[HOT] == until + timedelta(seconds=1)


def test_nobody_can_tell_where_nothing_is_allowed():
    assert forecast(replace(BUSY, calls_allowed=0), {HOT: 1}, AT)[HOT] is None
    assert forecast(replace(BUSY, pace=1e-9), {HOT: 1000}, AT)[HOT] is None


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**5), st.integers(0, 10**5))
def test_more_work_is_never_through_sooner_and_more_calls_never_make_it_later(n, more, allowed, used):
    sender = replace(BUSY, calls_allowed=allowed, n_calls=used, n_reads=0)
    less, longer = (forecast(sender, {BACKFILL: k}, AT)[BACKFILL] for k in (n, n + more))
    assert longer is None or (less is not None and less <= longer)
    free = forecast(replace(sender, calls_allowed=None), {BACKFILL: n}, AT)[BACKFILL]
    assert less is None or (free is not None and free <= less)
