"""Reads what views give back: JSON text, moments in microseconds, ids that are too long for people."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Row

from closeloop.record.nouns import Winner
from closeloop.words.moment import from_us

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
"""What JSON can hold."""


def value_of(text: str | None) -> Plain:
    """The value that a column holds as JSON; text that is not JSON stands for itself."""
    if text is None:
        return None
    try:
        found: Plain = json.loads(text)
    except ValueError:
        return text
    return found


def mapping_of(text: str | None) -> dict[str, Plain]:
    """The object that a column holds as JSON; anything else is an empty one."""
    found = value_of(text)
    return found if isinstance(found, dict) else {}


def winner_of(line: Row[Any]) -> Winner | None:
    """The winner that a row of `v_winners` or `v_believed` tells of; None for what is no value of a field."""
    value, given = value_of(line.value), value_of(line.given)
    if not isinstance(value, str | int | float | bool) or not isinstance(given, str | int | float | bool):
        return None
    return Winner(
        line.field, value, given, bool(line.valid), line.path, from_us(line.at), line.message_id, line.why
    )  # fmt: skip


def text_of(text: str | None) -> str:
    """The value that a column holds as JSON, as people read it; "" when there is none."""
    return in_words(value_of(text))


def in_words(value: Plain) -> str:
    """A plain value as people read it: yes and no, numbers without a needless ".0"."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case list():
            return ", ".join(in_words(part) for part in value)
        case dict():
            return ", ".join(f"{name} {'unknown' if part is None else in_words(part)}" for name, part in value.items())
        case _:
            return str(value)


def called(name: str, email: str, entity_id: str, kind: str = "person") -> str:
    """What to call a person on a page: name, else address, else the end of the id (its beginning is a time)."""
    return name or email or f"{kind} …{entity_id[-8:]}"


def like_part(part: str) -> str:
    """A part of a text as LIKE finds it among values, with "!" as the escape: they are stored as JSON."""
    plain = json.dumps(part.strip().lower(), ensure_ascii=False)[1:-1]
    return plain.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def moment(us: int | None) -> datetime | None:
    """A stored moment, UTC."""
    return None if us is None else from_us(us)


def as_plain(value: object) -> Plain:
    """A frozen value of this room as JSON can hold it: names in order, moments in RFC 3339."""
    if is_dataclass(value):
        return {field.name: as_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return {str(name): as_plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(part) for part in value]
    return value if isinstance(value, str | int | float | bool) else None if value is None else str(value)
