"""Dates in files: read in the declared order only, since 03/04/2026 is March in one country and April in another."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from closeloop.words.errors import BadInput

Order = Literal["iso", "dmy", "mdy", "ymd"]

_PARTS = re.compile(
    r"(?P<a>\d{1,4})(?P<sign>[-/. ])(?P<b>\d{1,2})(?P=sign)(?P<c>\d{1,4})"
    r"(?:[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,6})\d*)?)?)?"
)
_EXAMPLES = {"iso": "2026-04-03", "dmy": "03.04.2026", "mdy": "04/03/2026", "ymd": "2026/04/03"}


def moment_in_order(text: str, order: Order, zone: str) -> datetime:
    """Read a date, or a date with a time.

    Args:
        text: such as 2026-04-03T10:00:00Z (order "iso"), 03.04.2026 10:00 (order "dmy").
        order: as the process file declares it; nothing else is tried.
        zone: IANA name, for what has no zone of its own.

    Returns:
        The moment in UTC; a date alone is its midnight in `zone`.

    Raises:
        BadInput: not in this order, no such day, or in another order: says what to declare instead.
    """
    text = text.strip()
    at = _iso(text) if order == "iso" else _ordered(text, order)
    if at is None:
        valid = f"such as {_EXAMPLES[order]}"
        raise BadInput(f"{text[:40]!r} is no date in the order {order!r} ({valid}){_hint(text, order)}")
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _ordered(text: str, order: Order) -> datetime | None:
    found = _PARTS.fullmatch(text)
    if found is None:
        return None
    parts = dict(zip(order, (found["a"], found["b"], found["c"]), strict=True))
    if len(parts["y"]) != 4:
        return None  # of a year with two digits the century would be guessed
    fraction = (found["fraction"] or "").ljust(6, "0")
    hour, minute, second, microsecond = (
        int(part or 0) for part in (found["hour"], found["minute"], found["second"], fraction)
    )
    try:
        day = datetime(int(parts["y"]), int(parts["m"]), int(parts["d"]))  # noqa: DTZ001 — the caller adds the zone
        return day.replace(hour=hour, minute=minute, second=second, microsecond=microsecond)
    except ValueError:
        return None


def _hint(text: str, order: Order) -> str:
    fits = [other for other in _EXAMPLES if other != order and _reads(text, other)]
    if not fits:
        return "; valid is a day of the calendar with a year of four digits"
    return f"; if the file means {' or '.join(fits)}, declare `time_order: {fits[0]}` for the source"


def _reads(text: str, order: str) -> bool:
    match order:
        case "iso":
            return _iso(text) is not None
        case "dmy" | "mdy" | "ymd":
            return _ordered(text, order) is not None
    return False
