"""What Salesforce's error codes mean: try again, the record moved, or a plain reason why never."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeloop.connectors.salesforce.client import Body
from closeloop.connectors.salesforce.judging import AGAIN, VendorError
from closeloop.ports import Command, Outcome, ShapeField, Verb

_MOVED = {"CANNOT_UPDATE_CONVERTED_LEAD", "ENTITY_IS_DELETED"}


_OUTDATED = {"INVALID_FIELD", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "STRING_TOO_LONG"}


def outdated(errors: Sequence[VendorError]) -> bool:
    """Whether these speak of what may have been described otherwise when it was asked."""
    return any(error.code in _OUTDATED for error in errors)


def outcome_of(command: Command, errors: Sequence[VendorError]) -> Outcome:
    """How a refused command ended. The worst of several errors counts: nothing to retry where one is for ever."""
    outcomes = {_outcome(command, error) for error in errors}
    order = (Outcome.CHANGED, Outcome.PERMANENT, Outcome.TRANSIENT)
    return next(outcome for outcome in order if outcome in outcomes)


def reason_of(command: Command, errors: Sequence[VendorError], sent: Body, fields: Mapping[str, ShapeField]) -> str:
    """In plain words, with field, value and what would be valid, as far as Salesforce describes it.

    Args:
        command: the refused one.
        errors: what Salesforce said.
        sent: the body, in its field names.
        fields: of the object, as described; empty if that could not be asked.
    """
    return "; ".join(f"{_in_words(command, error, sent, fields)} ({error.code})" for error in errors)


def _outcome(command: Command, error: VendorError) -> Outcome:
    gone = error.code == "INVALID_CROSS_REFERENCE_KEY" and not error.fields and command.verb is not Verb.CREATE
    if error.code in _MOVED or gone:
        return Outcome.CHANGED
    # Two upserts of one key at once: the next attempt finds what the other one made.
    raced = error.code == "DUPLICATE_VALUE" and command.verb is Verb.CREATE
    return Outcome.TRANSIENT if error.code in AGAIN or raced else Outcome.PERMANENT


def _in_words(command: Command, error: VendorError, sent: Body, fields: Mapping[str, ShapeField]) -> str:
    name = error.fields[0] if error.fields else ""
    said = _of_value(command, error, sent.get(name), fields.get(name)) if name else None
    if said is None and error.code == "INVALID_FIELD" and name and name not in fields:
        return f"{command.object} has no field {name}: add it in Salesforce, or take it out of what is written there"
    where = f"{command.object}.{name}: " if name else ""
    return said or _of_record(command, error, sent.get(name)) or f"{where}{error.message}"


def _of_value(command: Command, error: VendorError, value: object, field: ShapeField | None) -> str | None:
    """What is wrong with the value of one field."""
    where = f"{command.object}.{error.fields[0]}"
    match error.code:
        case "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST":
            return f"{where} cannot be {value!r}" + (f": valid is {', '.join(field.allowed)}" if field else "")
        case "STRING_TOO_LONG":
            most = f", at most {field.max_length}" if field else ""
            return f"{where} has {len(str(value))} characters{most}: {str(value)[:40]!r}…"
        case "INVALID_EMAIL_ADDRESS":
            return f"{where} is not an e-mail address: {value!r}"
        case "INVALID_TYPE_ON_FIELD_IN_RECORD":
            return f"{where} cannot hold {value!r}" + (f": it is of type {field.type}" if field else "")
        case "INACTIVE_OWNER_OR_USER":
            return f"{where}: user {value} may no longer own records; choose an active user of Salesforce"
        case "INVALID_FIELD_FOR_INSERT_UPDATE":
            return f"{where} cannot be written by the integration user: give it the right, or take the field out"
        case _:
            return None


def _of_record(command: Command, error: VendorError, value: object) -> str | None:
    """What is wrong with the record as a whole."""
    name = command.object
    match error.code:
        case "REQUIRED_FIELD_MISSING":
            return f"{name} needs {', '.join(error.fields)}"
        case "FIELD_CUSTOM_VALIDATION_EXCEPTION" | "FIELD_FILTER_VALIDATION_EXCEPTION":
            of = f" about {', '.join(error.fields)} = {value!r}" if error.fields else ""
            return f"a validation rule of {name}{of} says: {error.message}; change the value, or the rule"
        case "DUPLICATES_DETECTED":
            remedy = "merge with the one that is there, or let the rule allow what the integration user saves"
            return f"a duplicate rule of {name} says: {error.message}; {remedy}"
        case "INSUFFICIENT_ACCESS_OR_READONLY" if command.verb is Verb.MERGE:
            return f"the integration user may not merge these two: it must be able to delete a {name}"
        case "INSUFFICIENT_ACCESS_OR_READONLY" | "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY":
            return f"the integration user may not {command.verb} this {name}: {error.message}; give it the right"
        case "DELETE_FAILED":
            return f"this {name} cannot be deleted: {error.message}; remove what holds it in Salesforce"
        case "NOT_FOUND" if command.verb is Verb.CREATE:
            return f"Salesforce has no object {name}, or the integration user may not see it: {error.message}"
        case "UNABLE_TO_LOCK_ROW":
            return f"somebody else writes to this {name} just now: {error.message}"
        case _:
            return None
