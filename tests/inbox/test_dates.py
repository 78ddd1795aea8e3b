"""Dates in files are read in the declared order, and never guessed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from closeloop.inbox.dates import Order, moment_in_order
from closeloop.words.errors import BadInput


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2026-04-03", "iso", datetime(2026, 4, 2, 22, tzinfo=UTC)),
        ("2026-04-03T10:00:00Z", "iso", datetime(2026, 4, 3, 10, tzinfo=UTC)),
        ("2026-01-03 10:00", "iso", datetime(2026, 1, 3, 9, tzinfo=UTC)),
        ("03/04/2026", "dmy", datetime(2026, 4, 2, 22, tzinfo=UTC)),
        ("3.4.2026 10:30", "dmy", datetime(2026, 4, 3, 8, 30, tzinfo=UTC)),
        ("03/04/2026 10:30:15.5", "mdy", datetime(2026, 3, 4, 9, 30, 15, 500_000, tzinfo=UTC)),
        ("2026/04/03", "ymd", datetime(2026, 4, 2, 22, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_in_its_order_and_zone(text: str, order: Order, expected: datetime):
    assert moment_in_order(text, order, "Europe/Berlin") == expected


@pytest.mark.parametrize(
    ("text", "order", "advice"),
    [
        ("03/04/2026", "iso", "if the file means dmy or mdy, declare `time_order: dmy`"),
        ("2026-04-03", "dmy", "if the file means iso or ymd, declare `time_order: iso`"),
        ("04/13/2026", "dmy", "if the file means mdy, declare `time_order: mdy`"),
        ("31.02.2026", "dmy", "valid is a day of the calendar"),
        ("03.04.26", "dmy", "a year of four digits"),
        ("soon", "iso", "such as 2026-04-03"),
        ("", "ymd", "is no date in the order 'ymd'"),
    ],
)
def test_another_order_is_refused_with_what_to_declare(text: str, order: Order, advice: str):
    with pytest.raises(BadInput, match=advice):
        moment_in_order(text, order, "Europe/Berlin")
