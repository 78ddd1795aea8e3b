"""Dates, moments and decimals as Tryton writes them in JSON: objects that carry their class."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from closeloop.ports import Value

Json = Any  # what a vendor sends has any shape; nothing past `records` keeps it
Row = Mapping[str, Json]
Values = dict[str, object]


def written(value: object) -> object:
    """A value for a parameter of a call."""
    if isinstance(value, datetime):
        at = value.astimezone(UTC)
        clock = {"hour": at.hour, "minute": at.minute, "second": at.second, "microsecond": at.microsecond}
        return {"__class__": "datetime", "year": at.year, "month": at.month, "day": at.day, **clock}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": format(value, "f")}
    return value


def read(text: str) -> Json:
    """A body, its tagged objects as moments (UTC), dates and decimals."""
    return json.loads(text, object_hook=_untagged)


def plain(value: object) -> Value:
    """A field's value for the hub: money and dates as text, so that nothing is rounded or shifted."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) else None


def _untagged(found: dict[str, Json]) -> Json:
    match found.get("__class__"):
        case "datetime":
            day = (found["year"], found["month"], found["day"])
            clock = (found["hour"], found["minute"], found["second"], found["microsecond"])
            return datetime(*day, *clock, tzinfo=UTC)
        case "date":
            return date(found["year"], found["month"], found["day"])
        case "Decimal":
            return Decimal(found["decimal"])
        case _:
            return found
