"""What databases, files and JSON hold becomes a plain value or a moment, the same for each of them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from difflib import get_close_matches
from uuid import UUID

from closeloop.declared.nouns import PRESENT, Condition
from closeloop.ports import Value
from closeloop.words.errors import BadInput
from closeloop.words.moment import EPOCH

_SLOPPY = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ]+(\d{1,2})(:\d\d(?::\d\d(?:[.,]\d+)?)?)?)?"  # the day, the hour, the rest
    r"\s*(Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?)?",
    re.IGNORECASE,
)
_MILLISECONDS_FROM = 100_000_000_000
"""A number this big counts milliseconds: as seconds it would be the year 5138."""


def plain(value: object, zone: tzinfo = UTC) -> Value:
    """A value of ours: blank texts and NaN are None, exact numbers stay exact, moments are UTC in ISO form.

    Args:
        value: as the driver, the file or the JSON has it.
        zone: of moments without one.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return _exact(value)
    if isinstance(value, datetime):
        return _in_utc(value, zone).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value) if isinstance(value, UUID) else f"{value}"


def as_text(value: object) -> str | None:
    """An id, a key or a code as text: 12 and 12.0 are "12", True is "true"; None when it is blank."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    found = plain(value)
    if isinstance(found, bool):
        return "true" if found else "false"
    return None if found is None else str(found).strip()


def joined(values: Iterable[object]) -> str | None:
    """The id that these columns make together; None when one of them is blank."""
    texts = [as_text(value) for value in values]
    return None if not texts or None in texts else ":".join(text for text in texts if text is not None)


def moment(value: object, zone: tzinfo = UTC) -> datetime | None:
    """A moment in UTC; None when the value is blank.

    Args:
        value: a moment, a date, a number of seconds or milliseconds since 1970, or a text in ISO form.
        zone: of one without its own.

    Raises:
        BadInput: nothing of that kind.
    """
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return _in_utc(value, zone)
    if isinstance(value, date):
        return _in_utc(datetime(value.year, value.month, value.day), zone)  # noqa: DTZ001 - the zone is the next step
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _counted(float(value))
    if isinstance(value, str) and (found := _SLOPPY.fullmatch(value)):
        return _written(value, found, zone)
    raise BadInput(f"{value!r} is no moment; valid is a form such as 2026-09-01 09:00:00, 2026-09-01T09:00:00Z")


def holds(condition: Condition, row: Mapping[str, object]) -> bool:
    """Whether a row meets a condition; one without any column never holds."""
    return bool(condition) and all(
        any(_same(row.get(column), each) for each in wanted) for column, wanted in condition.items()
    )


def _same(found: object, wanted: Value) -> bool:
    text = as_text(found)
    if wanted == PRESENT:
        return text is not None
    other = as_text(wanted)
    if text is None or other is None:
        return text is other
    # A flag in a file is TRUE as often as true.
    return text == other or (text.lower() == other.lower() and other.lower() in ("true", "false"))


def _exact(value: Decimal) -> Value:
    if not value.is_finite():
        return None
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return int(text) if "." not in text else text


def _in_utc(value: datetime, zone: tzinfo) -> datetime:
    try:
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        # Databases write "for ever" as 9999-12-31 and "always" as 0001-01-01.
        return value.replace(tzinfo=UTC)


def _counted(number: float) -> datetime:
    try:
        return EPOCH + timedelta(seconds=number / 1000 if abs(number) >= _MILLISECONDS_FROM else number)
    except (OverflowError, ValueError):
        raise BadInput(f"{number:g} is no moment; valid are seconds or milliseconds since 1970") from None


def _written(value: str, found: re.Match[str], zone: tzinfo) -> datetime:
    day, hour, rest, offset = found.groups()
    text = day if hour is None else f"{day}T{int(hour):02}{(rest or ':00').replace(',', '.')}"
    if hour is not None and offset:
        text += "+00:00" if offset.upper() in ("Z", "UTC", "GMT") else offset
    try:
        return _in_utc(datetime.fromisoformat(text), zone)
    except ValueError:
        raise BadInput(f"{value!r} is no moment; there is no such day or time") from None


def lacking(columns: Sequence[str], there: Sequence[str], where: str) -> str:
    """That these columns are not there: "no column 'mial' (erp.yaml, line 3); did you mean 'mail'? it has …"."""
    close = [near[0] for column in columns if (near := get_close_matches(column, there, n=1))]
    hint = f"did you mean {', '.join(map(repr, close))}? " if close else ""
    named = ", ".join(map(repr, columns))
    return f"no column{'s' if len(columns) > 1 else ''} {named} ({where}); {hint}it has {', '.join(there)}"
