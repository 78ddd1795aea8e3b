"""What Salesforce's error codes mean: try again, the record moved, or a plain reason why never."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeloop.connectors.salesforce.client import Body
from closeloop.connectors.salesforce.judging import AGAIN, VendorError
from closeloop.ports import Command, Outcome, ShapeField, Verb

_MOVED = {"CANNOT_UPDATE_CONVERTED_LEAD", "ENTITY_IS_DELETED"}


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
    object_name, name = command.object, error.fields[0] if error.fields else ""
    value, field = sent.get(name), fields.get(name)
    where = f"{object_name}.{name}"
    match error.code:
        case "REQUIRED_FIELD_MISSING":
            return f"{object_name} needs {', '.join(error.fields)}"
        case "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST":
            return f"{where} cannot be {value!r}" + (f": valid is {', '.join(field.allowed)}" if field else "")
        case "STRING_TOO_LONG":
            most = f", at most {field.max_length}" if field else ""
            return f"{where} has {len(str(value))} characters{most}: {str(value)[:40]!r}…"
        case "INVALID_EMAIL_ADDRESS":
            return f"{where} is not an e-mail address: {value!r}"
        case "INVALID_TYPE_ON_FIELD_IN_RECORD":
            return f"{where} cannot hold {value!r}" + (f": it is of type {field.type}" if field else "")
        case "INSUFFICIENT_ACCESS_OR_READONLY" if command.verb is Verb.MERGE:
            return f"the integration user may not merge these two: it must be able to delete a {object_name}"
        case "INACTIVE_OWNER_OR_USER":
            return f"{where}: user {value} may no longer own records; choose an active user of Salesforce"
        case "INVALID_FIELD" if name and name not in fields:
            return f"{object_name} has no field {name}: add it in Salesforce, or take it out of what is written there"
        case _:
            return f"{where}: {error.message}" if name else error.message
