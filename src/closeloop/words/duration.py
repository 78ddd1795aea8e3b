"""Durations as the process file writes them: 30s, 1m (a minute), 4h, 10d, 2w."""

from __future__ import annotations

import re
from datetime import timedelta

from closeloop.words.errors import BadInput

_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_WRITTEN = re.compile(r"([0-9]{1,10})\s*([wdhms])")
_LONGEST = timedelta(days=36_525)


def parse_duration(text: str) -> timedelta:
    """Read one count with one unit: s, m (minutes), h, d or w; at most a hundred years.

    Raises:
        BadInput: anything else.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise BadInput(f"{text[:60]!r} is not a duration; valid is a count with s, m (minutes), h, d or w, such as 4h")
    count, unit = int(found[1]), _UNITS[found[2]]
    if count > _LONGEST // unit:
        raise BadInput(f"{text!r} is too long; valid is up to {format_duration(_LONGEST)}")
    return count * unit


def format_duration(duration: timedelta) -> str:
    """The shortest text that `parse_duration` reads back: 36h, not 1.5d. Parts of a second are cut off."""
    whole = max(duration, timedelta(0)) // _UNITS["s"] * _UNITS["s"]
    if not whole:
        return "0s"
    return next(f"{whole // unit}{letter}" for letter, unit in _UNITS.items() if not whole % unit)
