"""The hub's words for a lead and Eloqua's: `name` is two fields there, and what sales tells has its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from closeloop.ports import HANDOVER, Command, Record, Value, Verb
from closeloop.words.person_name import split_name

LEAD = "Lead"

_FIRST, _LAST, _NAME = "first_name", "last_name", "name"
_TOLD = "sales_"
_HIDDEN = ("reason",)
"""Why a lead was deactivated is ours: told back, it would look like a change."""


def hub_record(record: Record) -> Record:
    """A lead with its `name` put together, and without what the hub itself wrote about the sale."""
    if record.object != LEAD:
        return record
    fields: dict[str, Value] = {
        name: value for name, value in record.fields.items() if name not in _HIDDEN and not name.startswith(_TOLD)
    }
    if _FIRST in fields or _LAST in fields:
        fields[_NAME] = " ".join(str(fields[part]) for part in (_FIRST, _LAST) if fields.get(part)) or None
    return replace(record, fields=fields)


def vendor_command(command: Command, writable: frozenset[str]) -> Command:
    """A command about a lead under the names of the declaration; `writable` are the fields that it may write."""
    if command.object != LEAD:
        return command
    if command.verb is Verb.TELL:
        return replace(command, fields=_told(command.fields, writable))
    if _NAME not in command.fields:
        return command
    first, last = split_name(str(command.fields[_NAME] or ""))
    rest = {name: value for name, value in command.fields.items() if name != _NAME}
    return replace(command, fields={_FIRST: first or None, _LAST: last or None, **rest})


def _told(fields: Mapping[str, Value], writable: frozenset[str]) -> dict[str, Value]:
    # A product or region is told only where the declaration has a field for it.
    return {
        _TOLD + name: value
        for name, value in fields.items()
        if name != "email" and (name not in HANDOVER or _TOLD + name in writable)
    }
