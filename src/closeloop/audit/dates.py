"""Dates of a column as sortable text, when the column itself shows in which order days and months stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_ISO = re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?))?")
_OTHER = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ,]+(\d{1,2}:\d{2}(?::\d{2})?))?")


def date_reader(column: Iterable[str]) -> Callable[[str], str]:
    """A function from a value of the column to "YYYY-MM-DD HH:MM", or "" where it is no date or could be two.

    Days first or months first is read from values that can only be one of them; a column without such a value tells
    nothing, and nothing is guessed.
    """
    first = second = 0
    for value in column:
        found = _OTHER.match(value)
        if found:
            first += int(found[1]) > 12
            second += int(found[2]) > 12
    days_first = True if first and not second else False if second and not first else None

    def read(value: str) -> str:
        found = _ISO.match(value)
        if found:
            return _told(found[1], found[2], found[3], found[4])
        found = _OTHER.match(value)
        if not found or days_first is None:
            return ""
        day, month = (found[1], found[2]) if days_first else (found[2], found[1])
        return _told(found[3], month.zfill(2), day.zfill(2), found[4])

    return read


def _told(year: str, month: str, day: str, time: str | None) -> str:
    if not ("01" <= month <= "12" and "01" <= day <= "31"):
        return ""
    return f"{year}-{month}-{day} {(time or '00:00').zfill(5)[:5]}"
