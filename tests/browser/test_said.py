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


@pytest.mark.parametrize(
    ("weight", "bits", "speaks", "odds"),
    [
        (0.04, "0", "says nothing either way", "as likely as not"),
        (1.0, "+1.0", "2 times likelier if they are one", "about 2 to 1"),
        (7.4, "+7.4", "170 times likelier if they are one", "about 170 to 1"),
        (-2.1, "−2.1", "4.3 times likelier if they are two", "about 1 to 4.3"),
        (900.0, "+900.0", "over a million times likelier if they are one", "over a million to 1"),
    ],
)
def test_a_weight_is_told_in_bits_and_in_what_it_means(weight, bits, speaks, odds):
    assert (said.bits(weight), said.speaks(weight), said.odds(weight)) == (bits, speaks, odds)
