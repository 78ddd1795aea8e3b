"""Opening hours by weekday and tables of holidays, as people write them."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise

from closeloop.words.errors import BadInput

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([a-z]{3})(?:\s*-\s*([a-z]{3}))?\s+(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", re.ASCII)
_VALID_HOURS = "valid is 'Mon-Fri 09:00-18:00' or 'Mon-Thu 08:00-16:00, Fri 08:00-14:00'"
_MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Opening:
    """Open from `start` until just before `end`, local wall time of one day; `end` 00:00 is the end of the day."""

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.end != _MIDNIGHT and self.end <= self.start:
            raise BadInput(f"opening hours {self.start:%H:%M}-{self.end:%H:%M} end before they begin; {_VALID_HOURS}")


Week = tuple[tuple[Opening, ...], ...]


def parse_hours(text: str) -> Week:
    """Read "Mon-Thu 08:00-16:00, Fri 08:00-14:00"; a weekday named twice opens twice; 24:00 is the end of the day.

    Raises:
        BadInput: cannot be read, ends before it begins, or overlaps.
    """
    week: list[list[Opening]] = [[] for _ in _DAYS]
    for part in text.split(","):
        found = _SPAN.fullmatch(part.strip().lower())
        if found is None:
            raise BadInput(f"opening hours {part.strip()[:60]!r} cannot be read; {_VALID_HOURS}")
        first = _weekday(found[1])
        last = _weekday(found[2] or found[1])
        opening = Opening(_wall(found[3], found[4]), _wall(found[5], found[6], is_end=True))
        # Weeks may turn: Sun-Thu is how Riyadh works.
        for offset in range((last - first) % len(_DAYS) + 1):
            week[(first + offset) % len(_DAYS)].append(opening)
    hours = tuple(tuple(sorted(openings, key=lambda opening: opening.start)) for openings in week)
    check_week(hours)
    return hours


def check_week(hours: Week) -> None:
    """Refuse a week that cannot be worked.

    Raises:
        BadInput: not seven weekdays, no opening at all, or openings that overlap or are not in order.
    """
    if len(hours) != len(_DAYS):
        raise BadInput(f"a calendar has {len(hours)} weekdays; valid is 7, from Monday")
    if not any(hours):
        raise BadInput(f"a calendar never opens; {_VALID_HOURS}")
    for day, openings in zip(_DAYS, hours, strict=True):
        if any(earlier.end == _MIDNIGHT or later.start < earlier.end for earlier, later in pairwise(openings)):
            raise BadInput(f"opening hours of {day.title()} overlap or are not in order; {_VALID_HOURS}")


def parse_holidays(text: str) -> frozenset[date]:
    """Read a CSV with the columns `date` (2026-12-25) and `name`.

    Raises:
        BadInput: no such columns, or a line whose date cannot be read; names the line.
    """
    rows = csv.DictReader(text.removeprefix("\ufeff").splitlines())
    if "date" not in (rows.fieldnames or ()):
        raise BadInput("line 1: the table of holidays has no column 'date'; valid is a first line 'date,name'")
    return frozenset(_holiday(row["date"], rows.line_num) for row in rows)


def _holiday(text: str | None, line: int) -> date:
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError:
        raise BadInput(f"line {line}: {text!r} is not a date; valid is 2026-12-25") from None


def _weekday(name: str) -> int:
    if name not in _DAYS:
        raise BadInput(f"{name!r} is not a weekday; valid are Mon, Tue, Wed, Thu, Fri, Sat, Sun")
    return _DAYS.index(name)


def _wall(hour: str, minute: str, *, is_end: bool = False) -> time:
    if is_end and (hour, minute) == ("24", "00"):
        return _MIDNIGHT
    if int(hour) > 23 or int(minute) > 59 or (is_end and int(hour) == int(minute) == 0):
        raise BadInput(f"{hour}:{minute} is not a time of day; valid is 00:00 to 23:59, and 24:00 as an end")
    return time(int(hour), int(minute))
