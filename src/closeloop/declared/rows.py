"""A row of a declared system becomes a record, and fields of ours become columns of a row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from closeloop.declared.nouns import PRESENT, DeclaredObject, Ending, Pointer, Touches
from closeloop.declared.values import as_text, holds, joined, moment, plain
from closeloop.ports import HANDOVER, Owner, Record, Ref, Value
from closeloop.words.errors import BadInput

_OURS_ALONE = HANDOVER | {"done"}
"""Names that a command may bring without being asked whether the system has a place for them."""


def to_record(declared: DeclaredObject, row: Mapping[str, object], seen_at: datetime) -> Record:
    """One row as a record.

    Args:
        declared: what the row is.
        row: column → value as the driver, file or JSON has it; a column that is not there is unknown.
        seen_at: the moment of a row that tells none that can be read.

    Raises:
        BadInput: a column of the id is blank.
    """
    id_ = joined(row.get(column) for column in declared.id)
    if id_ is None:
        raise BadInput(f"{declared.name}: a row without {' and '.join(declared.id)}; valid is an id in each row")
    became = tuple(ref for pointer in declared.became if (ref := _ref(pointer, row)) and ref != Ref(declared.name, id_))
    gone = not became and holds(declared.deleted, row)
    return Record(
        object=declared.name,
        id=id_,
        entity=declared.entity,
        changed_at=changed_at(declared, row) or seen_at,
        fields=_fields(declared, row),
        refs={name: ref for name, pointer in declared.refs.items() if (ref := _ref(pointer, row))},
        touch=None if gone else _touch(declared.touch, row),
        our_key=as_text(row.get(declared.key)) if declared.key else None,
        became=became,
        deleted=gone,
        active=not holds(declared.inactive, row),
    )


def to_owner(user: Record) -> Owner:
    """A row of the declaration's `owners` as who may own records."""
    email = user.fields.get("email")
    return Owner(user.id, str(user.fields.get("name") or user.id), user.active, email=str(email) if email else None)


def changed_at(declared: DeclaredObject, row: Mapping[str, object]) -> datetime | None:
    """When the row says that it changed, or the act happened; None where it says nothing that can be read."""
    happened = declared.touch.at if declared.touch else None
    for column in (happened, declared.changed):
        if column is not None:
            try:
                found = moment(row.get(column), declared.changed_zone)
            except BadInput:
                continue
            if found is not None:
                return found
    return None


def endings_in(
    declared: DeclaredObject, ending: Ending, row: Mapping[str, object], seen_at: datetime
) -> Iterator[Record]:
    """The records that a row of a merge or deletion table ends, each told by its id alone."""
    survivor = as_text(row.get(ending.survivor)) if ending.survivor else None
    if ending.survivor and survivor is None:
        return
    try:
        at = moment(row.get(ending.at), declared.changed_zone) if ending.at else None
    except BadInput:
        at = None
    became = () if survivor is None else (Ref(declared.name, survivor),)
    for id_ in _ids(ending, row):
        if id_ != survivor:
            yield Record(declared.name, id_, declared.entity, at or seen_at, became=became, deleted=survivor is None)


def to_row(
    declared: DeclaredObject, fields: Mapping[str, Value], refs: Mapping[str, Ref] | None = None
) -> dict[str, Value]:
    """Fields and relations of ours as columns of a row. Names that only the hub knows, and no field has, are left out.

    Raises:
        BadInput: a field or relation that may not be written; the text says which, and which may.
    """
    row: dict[str, Value] = {}
    for name, value in fields.items():
        if name not in declared.write:
            if name in _OURS_ALONE:
                continue
            raise BadInput(f"{declared.name}.{name} may not be written; {_writable(declared)}")
        row[declared.column_of(name)] = _theirs(declared, name, value)
    for name, ref in (refs or {}).items():
        if name not in declared.refs or name not in declared.write:
            continue
        pointer = declared.refs[name]
        if ref.object != pointer.to:
            raise BadInput(f"{declared.name}.{name} leads to a {ref.object}; valid is a {pointer.to}")
        row.update(_split(pointer, ref.id))
    return row


def recipe(declared: DeclaredObject, *, active: bool, present: Value) -> dict[str, Value]:
    """The columns that make a record inactive, or active again.

    Args:
        declared: its object.
        active: which of the two.
        present: what `*` is written as, the moment of writing.

    Raises:
        BadInput: the declaration has no such recipe.
    """
    condition = declared.active if active else declared.inactive
    if not condition:
        key = "active" if active else "inactive"
        raise BadInput(f"{declared.name} has no `{key}` in its declaration; add the columns and values that mean it")
    return {column: present if values[0] == PRESENT else values[0] for column, values in condition.items()}


def _fields(declared: DeclaredObject, row: Mapping[str, object]) -> Mapping[str, Value]:
    pairs = (
        ((name, name) for name in row if name != declared.key)
        if declared.fields is None
        else iter(declared.fields.items())
    )
    return {name: _ours(declared, name, row[column]) for name, column in pairs if column in row}


def _ours(declared: DeclaredObject, name: str, value: object) -> Value:
    if name in declared.values:
        text = as_text(value)
        if text is not None and text in declared.values[name]:
            return declared.values[name][text]
    return plain(value, declared.changed_zone)


def _theirs(declared: DeclaredObject, name: str, value: Value) -> Value:
    for theirs, ours in declared.values.get(name, {}).items():
        if as_text(ours) == as_text(value):
            return theirs
    return value


def _ref(pointer: Pointer, row: Mapping[str, object]) -> Ref | None:
    id_ = joined(row.get(column) for column in pointer.by)
    return None if id_ is None else Ref(pointer.to, id_)


def _split(pointer: Pointer, id_: str) -> dict[str, Value]:
    parts = id_.split(":", len(pointer.by) - 1)
    if len(parts) != len(pointer.by):
        raise BadInput(f"{id_!r} is no id of {pointer.to}; valid are {len(pointer.by)} parts joined by ':'")
    return dict(zip(pointer.by, parts, strict=True))


def _touch(touches: Touches | None, row: Mapping[str, object]) -> str | None:
    if touches is None or touches.column is None:
        return touches.always if touches else None
    return touches.names.get(as_text(row.get(touches.column)) or "")


def _ids(ending: Ending, row: Mapping[str, object]) -> list[str]:
    text = as_text(row.get(ending.ended))
    if text is None:
        return []
    return [text] if ending.each is None else re.findall(ending.each, text)


def _writable(declared: DeclaredObject) -> str:
    names = ", ".join(sorted(declared.write))
    return f"`write` in its declaration names {names}" if names else "its declaration names no fields under `write`"
