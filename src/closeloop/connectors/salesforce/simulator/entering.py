"""Records that an administrator enters from a file: all cells are texts, ids of another organisation may stay."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date

from closeloop.connectors.salesforce.simulator.fields import Refused, Sobject, number
from closeloop.connectors.salesforce.simulator.ids import full_id
from closeloop.connectors.salesforce.simulator.org import Org, vendor_moment
from closeloop.ports import Value
from closeloop.words.errors import BadInput
from closeloop.words.moment import parse

_SAYS = {"true": True, "1": True, "false": False, "0": False}


def may_be_entered(org: Org) -> dict[str, dict[str, bool]]:
    """Object → field → whether it can be said of a new record; the id can be, so that records point to each other."""
    return {
        sobject.name: {field.name: field.writable != "never" or field.type == "id" for field in sobject.fields.values()}
        for sobject in org.schema.objects.values()
    }


def enter(org: Org, object_name: str, record: Mapping[str, str], *, by: str) -> str:
    """Make a record of texts; what is empty is not said. Gives its id.

    Raises:
        BadInput: the vendor refuses it, in its words; a text is not in the form of its field; the id is taken.
    """
    sobject = org.schema.objects[object_name]
    said = {name: _typed(sobject, name, text) for name, text in record.items() if text and name != "Id"}
    try:
        return org.insert(object_name, said, by=by, record_id=_its_id(org, sobject, record.get("Id", "")))
    except Refused as refused:
        raise BadInput(str(refused)) from None


def _its_id(org: Org, sobject: Sobject, given: str) -> str | None:
    if not given:
        return None
    if len(given) not in (15, 18) or not given.startswith(sobject.prefix):
        raise BadInput(f"Id: {given!r} is no id of {sobject.name}; valid are 15 or 18 characters from {sobject.prefix}")
    if org.row(full_id(given)) is not None:
        raise BadInput(f"Id: there is a record with {given!r} already")
    return full_id(given)


def _typed(sobject: Sobject, name: str, text: str) -> Value:
    """The value that a text means; one that means none stays as it is, and the vendor says so."""
    match sobject.fields[name].type:
        case "int" | "double" | "currency":
            with suppress(ValueError):
                return number(text)
        case "boolean":
            return _SAYS.get(text.lower(), text)
        case "date":
            try:
                return date.fromisoformat(text).isoformat()
            except ValueError:
                raise BadInput(f"{name}: {text!r} is no day; valid is one such as 2026-09-01") from None
        case "datetime":
            return vendor_moment(parse(text))
    return text
