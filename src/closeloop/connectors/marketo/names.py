"""Field names on both sides: the process file's words and Marketo's REST names, there and back.

`name` is one field to the hub and two to Marketo; `meal_choice` is `mealChoice`, `employees` is `numberOfEmployees`.
Other names pass through as they are. What the hub tells about a sale goes into fields that begin with `sales`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from closeloop.ports import Value
from closeloop.words.person_name import split_name

KEY = "closeloopKey"
INACTIVE = "closeloopInactive"
INACTIVE_REASON = "closeloopInactiveReason"

READ = ("email", "name", "company", "phone", "title", "country", "unsubscribed", "meal_choice", "employees")
"""The fields that every lead is read with, under the process's names."""

_THEIRS = {"meal_choice": "mealChoice", "employees": "numberOfEmployees"}
_OURS = {theirs: ours for ours, theirs in _THEIRS.items()}
_FIRST, _LAST = "firstName", "lastName"
_TOLD = "sales"


def theirs(names: Iterable[str]) -> list[str]:
    """Marketo's names for the hub's, `name` as two."""
    return [part for name in names for part in ((_FIRST, _LAST) if name == "name" else (_THEIRS.get(name, name),))]


def ours(name: str) -> str:
    """The hub's name for one of Marketo's."""
    return "name" if name in (_FIRST, _LAST) else _OURS.get(name, name)


def to_lead(fields: Mapping[str, Value]) -> dict[str, Value]:
    """A lead's row from the hub's fields; a blank name blanks both of its parts."""
    row: dict[str, Value] = {}
    for name, value in fields.items():
        if name == "name":
            first, last = split_name("" if value is None else str(value))
            row[_FIRST], row[_LAST] = first or None, last or None
        else:
            row[_THEIRS.get(name, name)] = value
    return row


def from_lead(row: Mapping[str, Value]) -> dict[str, Value]:
    """The hub's fields from a lead's row; blank stays blank (None), absent stays absent."""
    fields: dict[str, Value] = {}
    for name, value in row.items():
        if name not in (_FIRST, _LAST):
            fields[_OURS.get(name, name)] = value
    if _FIRST in row or _LAST in row:
        fields["name"] = " ".join(str(part) for part in (row.get(_FIRST), row.get(_LAST)) if part) or None
    return fields


def to_told(fields: Mapping[str, Value]) -> dict[str, Value]:
    """The row that tells a sale's state: `responded_at` goes to `salesRespondedAt`. `email` is a key, not told."""
    return {
        _TOLD + "".join(part.capitalize() for part in name.split("_")): value
        for name, value in fields.items()
        if name != "email"
    }


def from_told(row: Mapping[str, Value]) -> dict[str, Value]:
    """What a lead was told, under the hub's names; blank fields left out."""
    return {
        re.sub(r"(?<!^)([A-Z])", r"_\1", name.removeprefix(_TOLD)).lower(): value
        for name, value in row.items()
        if re.match(_TOLD + "[A-Z]", name) and value is not None
    }
