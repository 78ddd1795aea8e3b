"""How pages say moments, spans and numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from closeloop.web.console import said

NOW = datetime(2026, 9, 2, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(seconds=40), "40 s"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=3, minutes=5), "3 h 5 min"),
        (timedelta(hours=4), "4 h"),
        (timedelta(days=1, hours=22), "1 d 22 h"),
        (timedelta(days=30, minutes=5), "30 d"),
    ],
)
def test_a_span_is_told_in_its_two_largest_parts(length, text):
    assert said.span(length) == text


def test_a_clock_is_late_from_the_very_moment_on():
    assert said.until(NOW, NOW) == "0 s late"
    assert said.until(NOW + timedelta(minutes=1), NOW) == "in 1 min"


def test_a_moment_that_never_was_is_said_to_be_never():
    assert said.since(None, NOW) == "never"
    assert said.moment(None) == "–"


def test_numbers_have_no_needless_decimals():
    assert [said.number(value) for value in (1234, 20.0, 40.16)] == ["1,234", "20", "40.2"]
