"""JSON as the vendor shapes it becomes flat columns, and columns become JSON again; templates are filled in."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from closeloop.declared.rest.nouns import Moment, Pairs, Params
from closeloop.words.errors import BadInput
from closeloop.words.moment import parse, to_us

Names = Mapping[str, Mapping[str, str]]
"""Column of a list of pairs → the vendor's id of a field → its name."""

_SLOT = re.compile(r"\{(\w+)\}")
_PARTS = ("year", "month", "day", "hour", "minute", "second", "microsecond")


def dig(body: object, path: str) -> object:
    """What stands at a dotted path; None where nothing does, the body itself for ""."""
    for step in path.split(".") if path else ():
        if isinstance(body, Mapping):
            body = body.get(step)
        elif isinstance(body, Sequence) and not isinstance(body, str) and step.isdigit() and int(step) < len(body):
            body = body[int(step)]
        else:
            return None
    return body


def fill(params: Params, values: Mapping[str, object]) -> dict[str, str | list[str]]:
    """Parameters with the slots of their templates filled in; inside base64 they stand as in a JSON text.

    Raises:
        BadInput: a slot without a value.
    """
    filled: dict[str, str | list[str]] = {}
    for name, param in params.items():
        texts = [_filled(template, values, inside=param.base64) for template in param.templates]
        filled[name] = texts[0] if len(texts) == 1 else texts
    return filled


def slots(params: Params) -> set[str]:
    """The names in all templates."""
    return {slot for param in params.values() for template in param.templates for slot in _SLOT.findall(template)}


def flat(
    item: Mapping[str, object], pairs: Sequence[Pairs], moments: Mapping[str, Moment], names: Names
) -> dict[str, object]:
    """One record as columns: maps inside become dotted names, lists of pairs are known by the vendor's names."""
    row: dict[str, object] = {}
    listed = {each.column: each for each in pairs}
    _flatten(item, "", row, listed, names)
    for column, form in moments.items():
        if form == "parts":
            row.update(_from_parts(column, row))
        elif column in row:
            row[column] = _read(row[column], form)
    return row


def shaped(
    row: Mapping[str, object], pairs: Sequence[Pairs], moments: Mapping[str, Moment], names: Names
) -> dict[str, object]:
    """The inverse: columns as the JSON that the vendor takes.

    Raises:
        BadInput: a name that the vendor's own catalogue of fields does not have.
    """
    body: dict[str, object] = {}
    listed = {each.column: each for each in pairs}
    for column, value in row.items():
        written = _written(value, moments[column]) if column in moments else value
        outer, dot, inner = column.partition(".")
        if dot and outer in listed:
            each = listed[outer]
            entries = body.setdefault(outer, [])
            if isinstance(entries, list):
                entries.append({each.key: _id_of(inner, outer, names), each.value: written})
        else:
            _put(body, column.split("."), written)
    return body


def written_moment(at: datetime, form: Moment) -> str:
    """A moment as the vendor writes it."""
    at = at.astimezone(UTC)
    match form:
        case "unix":
            return str(to_us(at) // 1_000_000)
        case "unix_ms":
            return str(to_us(at) // 1_000)
        case "naive" | "parts":
            return at.replace(tzinfo=None).isoformat(timespec="microseconds")
        case _:
            return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _filled(template: str, values: Mapping[str, object], *, inside: bool) -> str:
    def value(found: re.Match[str]) -> str:
        given = values.get(found[1])
        if given is None:
            raise BadInput(f"nothing is known for {found[0]}; valid are {', '.join(sorted(values))}")
        return json.dumps(str(given))[1:-1] if inside else str(given)

    text = _SLOT.sub(value, template)
    return urlsafe_b64encode(text.encode()).decode() if inside else text


def _flatten(
    value: Mapping[str, object], above: str, row: dict[str, object], listed: Mapping[str, Pairs], names: Names
) -> None:
    for key, inner in value.items():
        column = f"{above}{key}"
        if isinstance(inner, list) and column in listed:
            each, known = listed[column], names.get(column, {})
            for entry in inner:
                if isinstance(entry, Mapping) and entry.get(each.key) is not None:
                    id_ = str(entry[each.key])
                    row[f"{column}.{known.get(id_, id_)}"] = entry.get(each.value)
        elif isinstance(inner, Mapping):
            _flatten(inner, f"{column}.", row, listed, names)
        else:
            row[column] = inner


def _from_parts(column: str, row: dict[str, object]) -> dict[str, object]:
    # Taken out first: the parts are no columns of their own.
    found = {part: row.pop(f"{column}.{part}", None) for part in _PARTS}
    row.pop(f"{column}.__class__", None)
    if found["year"] is None:
        return {}
    year, month, day, hour, minute, second, microsecond = (int(str(found[part] or 0)) for part in _PARTS)
    return {column: datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)}


def _read(value: object, form: Moment) -> object:
    text = str(value).strip()
    if form in ("unix", "unix_ms") and text.lstrip("-").isdigit():
        return int(text)
    return value


def _written(value: object, form: Moment) -> object:
    if not isinstance(value, str) or not value:
        return value
    try:
        at = parse(value)
    except BadInput:
        return value
    if form == "parts":
        return {"__class__": "datetime", **{part: getattr(at, part) for part in _PARTS}}
    return written_moment(at, form)


def _id_of(name: str, column: str, names: Names) -> str:
    known = names.get(column)
    if not known:
        return name
    for id_, theirs in known.items():
        if theirs == name:
            return id_
    raise BadInput(
        f"the vendor has no field {name!r} in {column}; make it there, or name one that exists in the declaration"
    )


def _put(body: dict[str, object], path: list[str], value: object) -> None:
    for step in path[:-1]:
        below = body.setdefault(step, {})
        if not isinstance(below, dict):
            below = {}
            body[step] = below
        body = below
    body[path[-1]] = value
