"""Durations read as the process file writes them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.duration import format_duration, parse_duration
from closeloop.words.errors import BadInput


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("30s", timedelta(seconds=30)),
        ("1m", timedelta(minutes=1)),
        ("4h", timedelta(hours=4)),
        ("36h", timedelta(hours=36)),
        ("10d", timedelta(days=10)),
        ("2w", timedelta(weeks=2)),
        ("0s", timedelta(0)),
    ],
)
def test_reads_and_writes_durations(text, duration):
    assert parse_duration(text) == duration
    assert format_duration(duration) == text


@pytest.mark.parametrize(
    "text", ["", "4", "h", "4 hours", "-4h", "1.5h", "4H", "1h30m", "4h working", "99999999999w", "36526d", "٤h"]
)
def test_refuses_anything_else(text):
    with pytest.raises(BadInput, match="valid is"):
        parse_duration(text)


@given(st.integers(0, 36_525 * 86_400).map(lambda seconds: timedelta(seconds=seconds)))
def test_what_is_written_reads_back(duration):
    assert parse_duration(format_duration(duration)) == duration
