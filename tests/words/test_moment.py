"""Moments are UTC, and the clock never runs back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.errors import BadInput
from closeloop.words.moment import ManualClock, SystemClock, from_us, parse, to_us

AT = datetime(2026, 9, 1, 9, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_read_back(at):
    assert from_us(to_us(at)) == at == parse(at.isoformat())


def test_offsets_become_utc():
    assert parse("2026-09-01T11:00:00+02:00") == parse("2026-09-01T09:00:00Z") == AT
    assert parse("2026-09-01T11:00:00+02:00").tzinfo is UTC


@pytest.mark.parametrize("text", ["", "yesterday", "2026-09-01", "2026-09-01T09:00:00", "2026-13-01T09:00:00Z"])
def test_a_moment_without_zone_is_refused(text):
    with pytest.raises(BadInput, match="valid is"):
        parse(text)


def test_a_manual_clock_only_moves_on():
    clock = ManualClock(AT)
    clock.advance(timedelta(hours=-1))
    clock.set(AT - timedelta(days=1))
    assert clock.now() == AT
    clock.advance(timedelta(hours=1))
    assert clock.now() == AT + timedelta(hours=1)


def test_the_systems_clock_is_aware():
    assert SystemClock().now().tzinfo is UTC
