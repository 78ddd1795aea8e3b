"""Moments as a column keeps them (native, text, number): put into a cursor, taken out again, and moved back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal

from closeloop.declared.values import moment
from closeloop.words.errors import BadInput, Permanent
from closeloop.words.moment import EPOCH

Packed = list[str | int | float]
"""A value as JSON: its type's letter and itself."""

_MILLISECONDS_FROM = 100_000_000_000
_PARTS = re.compile(r"\d{4}-\d\d-\d\d(?:([T ])\d\d:\d\d(?::\d\d(?:\.(\d+))?)?(.*))?")


def pack(value: object) -> Packed:
    """A value of a key or of a moment as JSON."""
    if isinstance(value, bool | int):
        return ["i", int(value)]
    if isinstance(value, float):
        return ["f", value]
    if isinstance(value, datetime):
        return ["m", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    return ["n", str(value)] if isinstance(value, Decimal) else ["t", str(value)]


def unpack(packed: Packed) -> object:
    """The inverse of `pack`; other types than those named there come back as text."""
    kind, value = packed
    match kind:
        case "m":
            return datetime.fromisoformat(str(value))
        case "d":
            return date.fromisoformat(str(value))
        case "n":
            return Decimal(str(value))
        case _:
            return value


def told(value: object, zone: tzinfo, column: str) -> datetime:
    """The moment that a value of the column means.

    Raises:
        Permanent: it means none; such a column cannot order changes.
    """
    try:
        found = moment(value, zone)
    except BadInput as error:
        raise Permanent(f"column {column}: {error}; declare another column as `changed`, or none") from None
    if found is None:
        raise Permanent(f"column {column}: a blank stands where a moment is needed; set it, or declare another column")
    return found


def like(sample: object, at: datetime, zone: tzinfo) -> object:
    """The moment `at` written the way `sample` is, so that the two compare as they should."""
    if isinstance(sample, datetime):
        return at if sample.tzinfo else at.astimezone(zone).replace(tzinfo=None)
    if isinstance(sample, date):
        return at.astimezone(zone).date()
    if isinstance(sample, Decimal):
        return Decimal(str(like(int(sample), at, zone)))
    if isinstance(sample, int | float):
        seconds = (at - EPOCH).total_seconds()
        counted = seconds * 1000 if abs(sample) >= _MILLISECONDS_FROM else seconds
        return counted if isinstance(sample, float) else int(counted)
    return _as_text(str(sample), at, zone)


def _as_text(sample: str, at: datetime, zone: tzinfo) -> str:
    found = _PARTS.fullmatch(sample.strip())
    if found is None or found[1] is None:
        local = at.astimezone(zone)
        return local.date().isoformat() if found else f"{local:%Y-%m-%d %H:%M:%S.%f}"
    between, fraction, rest = found[1], found[2] or "", found[3] or ""
    local = at.astimezone(UTC if rest.strip() else zone)
    text = f"{local:%Y-%m-%d}{between}{local:%H:%M:%S}"
    if fraction:
        text += f".{local:%f}".ljust(len(fraction) + 1, "0")[: len(fraction) + 1]
    # An offset other than UTC's is written in UTC: texts with mixed offsets do not sort by time anyway.
    return text + (rest if rest.strip().upper() in ("", "Z", "UTC", "+00:00", "+00") else "+00:00")


def moved_back(at: datetime, by: timedelta) -> datetime:
    """Earlier by `by`, never before the year 1."""
    try:
        return at - by
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
