"""What the vendor checks before it writes a record, and the words in which it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from closeloop.connectors.salesforce.simulator.fields import Field, Refused, Row, Sobject, VendorError, refuse
from closeloop.connectors.salesforce.simulator.ids import full_id
from closeloop.connectors.salesforce.simulator.schema import Schema
from closeloop.ports import Value

_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]+")
_SHAPES: Mapping[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "int": (int,),
    "double": (int, float),
    "currency": (int, float),
    "string": (str,),
    "textarea": (str,),
    "email": (str,),
    "phone": (str,),
    "url": (str,),
    "picklist": (str,),
    "date": (str,),
    "datetime": (str,),
    "reference": (str,),
    "id": (str,),
}
Look = Callable[[str], Row | None]


def known_fields(sobject: Sobject, said: Mapping[str, Value]) -> None:
    """A call that names a field which the object has not is refused as a whole, before any record is looked at."""
    for name in said:
        if name not in sobject.fields:
            raise refuse("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}", name)


def checked(schema: Schema, sobject: Sobject, said: Mapping[str, Value], look: Look, *, new: bool) -> dict[str, Value]:
    """The values to be written, in their stored form.

    Args:
        schema: of the organisation.
        sobject: what kind of record.
        said: field names and values of the call.
        look: finds the row of an id, deleted ones included.
        new: the record is made now, so that required fields must be there and defaults are filled in.

    Raises:
        Refused: with every error found.
    """
    errors: list[VendorError] = []
    values: dict[str, Value] = {f.name: f.default for f in sobject.fields.values() if new}
    for name, value in said.items():
        field = sobject.fields[name]
        if error := _wrong(schema, sobject, field, value, look, new=new):
            errors.append(error)
        else:
            values[name] = _stored(field, value)
    wrong = {name for error in errors for name in error.fields}
    asked = [f.name for f in sobject.fields.values() if f.required and (new or f.name in said) and f.name not in wrong]
    if missing := [name for name in asked if values.get(name) is None]:
        what = f"Required fields are missing: [{', '.join(missing)}]"
        errors.append(VendorError("REQUIRED_FIELD_MISSING", what, tuple(missing)))
    if errors:
        raise Refused(*errors)
    return values


def rules_hold(schema: Schema, sobject: Sobject, row: Row, others: Iterable[Row], *, new: bool) -> None:
    """What the organisation's own rules say of a record as it would stand. Raises Refused."""
    for rule in schema.rules:
        if rule.object == sobject.name and rule.broken(row):
            raise refuse("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, *([rule.field] if rule.field else []))
    field = schema.unique.get(sobject.name)
    if new and field and row.get(field) and any(other.get(field) == row[field] for other in others):
        raise refuse("DUPLICATES_DETECTED", "Use one of these records?")


def _stored(field: Field, value: Value) -> Value:
    if value == "":
        return None
    return full_id(value) if field.type == "reference" and isinstance(value, str) else value


def _wrong(
    schema: Schema, sobject: Sobject, field: Field, value: Value, look: Look, *, new: bool
) -> VendorError | None:
    name = field.name
    if field.writable == "never" or (field.writable == "create" and not new):
        return VendorError(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {name}. Please check the security settings of this field and verify that "
            "it is read/write for your profile or permission set.",
            (name,),
        )
    if value is None or value == "":
        return None
    if not isinstance(value, _SHAPES[field.type]) or (field.type != "boolean" and isinstance(value, bool)):
        return VendorError("INVALID_TYPE_ON_FIELD_IN_RECORD", f"{name}: value not of required type: {value}", (name,))
    if not isinstance(value, str):
        return None
    target = schema.of_id(value)
    return (
        _wrong_reference(sobject, field, value, target, look)
        if field.type == "reference"
        else _wrong_text(field, value)
    )


def _wrong_text(field: Field, value: str) -> VendorError | None:
    name = field.name
    if field.length and len(value) > field.length:
        what = f"{name}: data value too large: {value[:60]} (max length={field.length})"
        return VendorError("STRING_TOO_LONG", what, (name,))
    if field.type == "email" and not _EMAIL.fullmatch(value):
        return VendorError("INVALID_EMAIL_ADDRESS", f"{name}: invalid email address: {value}", (name,))
    if field.allowed and value not in field.allowed:
        what = f"{name}: bad value for restricted picklist field: {value}"
        return VendorError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", what, (name,))
    return None


def _wrong_reference(
    sobject: Sobject, field: Field, value: str, target: Sobject | None, look: Look
) -> VendorError | None:
    name = field.name
    if len(value) not in (15, 18) or target is None or target.name not in field.refers:
        return VendorError("MALFORMED_ID", f"{name}: id value of incorrect type: {value}", (name,))
    row = look(full_id(value))
    if row is None:
        return VendorError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (name,))
    if row.get("IsDeleted"):
        return VendorError("ENTITY_IS_DELETED", "entity is deleted", (name,))
    if row.get("IsConverted"):
        return VendorError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", (name,))
    if name == "OwnerId" and target.name == "User" and not row.get("IsActive"):
        what = f"operation performed with inactive user [{value}] as owner of {sobject.name.lower()}"
        return VendorError("INACTIVE_OWNER_OR_USER", what, (name,))
    return None
