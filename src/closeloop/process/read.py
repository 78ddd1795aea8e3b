"""Plain values against the closed schema: what does not fit is named with its place and what would be valid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from closeloop.process.document import At, Document, Plain
from closeloop.process.faults import Faults, unknown
from closeloop.process.not_yet import not_yet
from closeloop.process.schema.places import KINDS
from closeloop.process.schema.whole import ProcessFile

_NOWHERE: Plain = {}
"""Told apart by identity: no value of a file is this very map."""
_SORTS = {"dict_type": "a map", "model_type": "a map", "list_type": "a list", "string_type": "a text"}


def read_schema(document: Document, faults: Faults) -> ProcessFile | None:
    """The file in the shape of the schema, or None when something else than a surplus key is wrong with it.

    Keys that are unknown or not yet possible are faults, and are left out so that the rest can be checked too.
    """
    later = dict(not_yet(document.plain))
    for at, what in later.items():
        faults.add(at, what)
    plain = document.plain
    for _ in range(2):
        try:
            return ProcessFile.model_validate(plain)
        except ValidationError as error:
            surplus, wrong = _sort(error, plain)
        for at in surplus:
            if at not in later:
                faults.add(at, unknown("key", at[-1], _valid_keys(at[:-1])))
        wrong = [(at, found) for at, found in wrong if not _follows(at, found, later)]
        for at, found in wrong:
            faults.add(at, _what(found))
        if wrong or not surplus:
            return None
        plain = _without(plain, frozenset(surplus))
    return None


def _follows(at: At, found: ErrorDetails, later: Iterable[At]) -> bool:
    # What lies below something not yet possible is not looked at, nor what is missing beside it.
    return any(at[: len(place)] == place or (found["type"] == "missing" and at[:-1] == place[:-1]) for place in later)


def _sort(error: ValidationError, plain: Plain) -> tuple[list[At], list[tuple[At, ErrorDetails]]]:
    surplus: list[At] = []
    wrong: list[tuple[At, ErrorDetails]] = []
    for found in error.errors(include_url=False):
        at = _place(found["loc"], plain, missing=found["type"] == "missing")
        if found["type"] == "union_tag_invalid":
            at = (*at, "kind")
        if found["type"] == "extra_forbidden":
            surplus.append(at)
        else:
            wrong.append((at, found))
    return surplus, wrong


def _place(loc: tuple[str | int, ...], plain: Plain, *, missing: bool) -> At:
    # pydantic names the branch of a union and the key of a map as steps of their own; the file knows neither.
    if not loc:
        return ()
    at: At = ()
    *inner, last = loc
    for step in inner:
        below = _below(plain, step)
        if below is not _NOWHERE:
            plain, at = below, (*at, step)
    return (*at, last) if missing or _below(plain, last) is not _NOWHERE else at


def _below(plain: Plain, step: str | int) -> Plain:
    if isinstance(plain, dict) and isinstance(step, str):
        return plain.get(step, _NOWHERE)
    if isinstance(plain, list) and isinstance(step, int) and step < len(plain):
        return plain[step]
    return _NOWHERE


def _what(found: ErrorDetails) -> str:
    given = found.get("input")
    context: dict[str, Any] = found.get("ctx") or {}
    match found["type"]:
        case "missing":
            return "missing; it must be there"
        case "literal_error":
            return unknown("word", given, str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", "))
        case "value_error":
            return str(context["error"])
        case "string_pattern_mismatch" if str(context["pattern"]).startswith("^[a-z]"):
            return f"{given!r} is no name; valid are small letters, digits and _, beginning with a letter"
        case "string_pattern_mismatch":
            return f"{given!r} does not have the form {context['pattern']}"
        case "union_tag_invalid":
            return unknown("kind", context["tag"], KINDS)
        case sort if sort in _SORTS:
            return f"{_shown(given)} stands where {_SORTS[sort]} is needed"
        case _:
            return f"{_shown(given)}: {found['msg'][:1].lower()}{found['msg'][1:]}"


def _shown(value: object) -> str:
    text = "nothing" if value is None else "a map" if isinstance(value, dict) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _valid_keys(at: At) -> list[str]:
    schema = ProcessFile.model_json_schema()
    return sorted({key for found in _walk(schema, schema, at) for key in found.get("properties", {})})


def _walk(whole: dict[str, Any], schema: dict[str, Any], at: At) -> Iterator[dict[str, Any]]:
    if "$ref" in schema:
        yield from _walk(whole, whole["$defs"][schema["$ref"].rpartition("/")[2]], at)
    elif branches := schema.get("anyOf") or schema.get("oneOf"):
        for branch in branches:
            yield from _walk(whole, branch, at)
    elif not at:
        yield schema
    elif isinstance(at[0], int):
        if isinstance(schema.get("items"), dict):
            yield from _walk(whole, schema["items"], at[1:])
    elif at[0] in schema.get("properties", {}):
        yield from _walk(whole, schema["properties"][at[0]], at[1:])
    else:
        values = [schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]
        for value in values:
            if isinstance(value, dict):
                yield from _walk(whole, value, at[1:])


def _without(plain: Plain, surplus: frozenset[At], at: At = ()) -> Plain:
    if isinstance(plain, dict):
        return {key: _without(value, surplus, (*at, key)) for key, value in plain.items() if (*at, key) not in surplus}
    if isinstance(plain, list):
        return [_without(item, surplus, (*at, index)) for index, item in enumerate(plain)]
    return plain
