"""Cohorts: days as the database counts them, months (UTC) as people read them."""

from __future__ import annotations

from datetime import timedelta

from closeloop.words.moment import EPOCH

DAY_US = 86_400_000_000
"""Integer division of a stored moment by this gives the day, the same on both databases."""


def month_of(day: int) -> str:
    """The month of a day number: "2026-09"."""
    return f"{EPOCH + timedelta(days=day):%Y-%m}"
