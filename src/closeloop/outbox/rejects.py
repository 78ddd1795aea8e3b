"""Why a command was refused or held back, as a cause that many share: in plain words, with what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

SET_ASIDE: Final = " (tried again when it was not needed)"
"""What follows the reason of a create that somebody tried again when nothing called for it."""

HELD_BACK: Final = " held back: "
"""What follows the field in the reason of a command that the hub itself did not send, as it is set back each time."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What many refused commands have in common.

    Attributes:
        key: the same for the same cause, whatever ids and values are concerned.
        what: in plain words; names the object and field where the reason does.
        remedy: what a person can do, before it is tried again.
    """

    key: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    signs: re.Pattern[str]
    what: str
    remedy: str


def _kind(name: str, signs: str, what: str, remedy: str) -> _Kind:
    return _Kind(name, re.compile(signs, re.IGNORECASE), what, remedy)


_KINDS: Final = (
    _kind(
        "loop", rf"^\S.*?{HELD_BACK}.* overrule each other: ",
        "{where} is held back: what is written there is set back each time, so the two would write for ever",
        "stop the automation there that sets it back, or let that system win (first in `trust`, outside `newest`), or "
        "take it out of the field's `write`, then try again",
    ),
    _kind(
        "gave_up", r"^gave up after \d+ attempts",
        "it did not go through however often it was tried",
        "see what the last answer says, mend that at the system, then try again",
    ),
    _kind(
        "required", r"REQUIRED_FIELD_MISSING|code 1002\b|\bneeds \w+|is required|must not be (null|empty)",
        "a field that the system demands is empty: {where}",
        "give the field a value in the process file (`write` or a default), or do not demand it there, then try again",
    ),
    _kind(
        "not_on_list", r"RESTRICTED_PICKLIST|is not on its list|cannot be '[^']*': valid is",
        "{where} has a value that is not on its list",
        "add the value to the list in the system, or map it onto one that is there in the process file, then try again",
    ),
    _kind(
        "too_long", r"STRING_TOO_LONG|code 1077\b|\d+ characters[;,] .*at most|too long",
        "{where} is longer than the system allows",
        "make the field longer in the system, or shorten the value at its source, then try again",
    ),
    _kind(
        "bad_address", r"INVALID_EMAIL_ADDRESS|is not an e-mail address|not an e-mail address",
        "{where} is not an e-mail address",
        "correct the address at its source; the next change of the person is sent with it",
    ),
    _kind(
        "wrong_type",
        r"INVALID_TYPE_ON_FIELD|NUMBER_OUTSIDE_VALID_RANGE|cannot hold|not of (the )?required type|code 1003\b",
        "{where} has a value of another type than the system keeps there",
        "map it onto another field, or change the field's type in the system, then try again",
    ),
    _kind(
        "inactive_owner", r"INACTIVE_OWNER|may no longer own|inactive (user|owner)",
        "the owner is no active user of the system any more",
        "make the user active again, or give the territory to somebody who is, then try again",
    ),
    _kind(
        "no_field",
        r"INVALID_FIELD_FOR_INSERT_UPDATE|INVALID_FIELD\b|has no field|code 1006\b|field .*(not found|deleted)",
        "{where} does not exist in the system, or may not be written",
        "make the field there and let the integration user write it, or take it out of the process file's `write`",
    ),
    _kind(
        "forbidden", r"INSUFFICIENT_ACCESS|forbids|may not |code (603|1008|1014)\b|HTTP 40[13]\b",
        "the integration user may not do this",
        "give the integration user the right that the reason names, then try again",
    ),
    _kind(
        "duplicate", r"DUPLICATES?_(DETECTED|VALUE)|code (1005|1007)\b|duplicate value|already exists",
        "the system has such a record already",
        "merge the two there, or relax its duplicate rule for the integration user, then try again",
    ),
    _kind(
        "gone", r"ENTITY_IS_DELETED|CANNOT_UPDATE_CONVERTED|code (1004|1013)\b|was deleted|no longer exists",
        "the record is gone in the system",
        "undelete it there and try again, or leave it: what is decided next is written where the person lives on",
    ),
    _kind(
        "own_rule", r"FIELD_CUSTOM_VALIDATION|CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY|validation rule|FIELD_INTEGRITY",
        "a rule of the system's own says no: {said}",
        "change the rule or what it asks for in the system, then try again",
    ),
    _kind(
        "reference", r"INVALID_CROSS_REFERENCE|MALFORMED_ID|cross reference id",
        "{where} points to a record that is not there",
        "make sure that the record it points to exists in the system, then try again",
    ),
    _kind(
        "cannot", r"\bcannot \w+ an? \w+|only mails|belongs to another system|convert it first",
        "the system has no such operation: {said}",
        "do what the reason says by hand, or take it out of the process file",
    ),
)  # fmt: skip
_LOOP: Final = _KINDS[0]
_LEFT: Final = next(kind for kind in _KINDS if kind.name == "inactive_owner")
_ASK = "read the reason of one of them, mend it at the system or in the process file, then try again"
_FIELD: Final = (
    re.compile(r"^(?P<where>[A-Za-z_]\w*\.[A-Za-z_]\w*)\b"),
    re.compile(r"^(?P<where>[A-Za-z_]\w* needs [\w, ]+?)(?= \(|;|$)"),
    re.compile(r"^(?P<where>[A-Za-z_]\w*) = "),
    re.compile(r"^(?P<where>[A-Za-z_]\w*): "),
    re.compile(r"has no field (?P<where>\w+)"),
    re.compile(r"[Ff]ield '?(?P<where>[A-Za-z_]\w*)'?"),
)
_VALUES: Final = (
    re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”|‘[^’]*’"),
    re.compile(r"[^\s@(]+@[^\s@)]+"),
    re.compile(r"\b(?=\w*\d)\w{8,}\b"),
    re.compile(r"\b\d[\d.,:/-]*\b"),
)
_GAVE_UP: Final = r"^gave up after \d+ attempts: "
_LONGEST = 200


def cause_of(verb: str, object_name: str, reason: str) -> Cause:
    """The cause behind the reason that a system gave for refusing to `verb` an object.

    What two reasons have in common decides: the same kind of fault at the same field is one cause. A reason that is not
    understood is its own cause, with ids, addresses, numbers and quoted values left out.
    """
    reason = reason.removesuffix(SET_ASIDE)
    kind = next((kind for kind in _KINDS if kind.signs.search(reason)), None)
    said = _plain(reason)
    if kind is None:
        what = said or "the system gave no reason"
        return Cause(f"other:{verb}:{object_name}:{said.lower()}", what, _ASK)
    where = reason.partition(HELD_BACK)[0] if kind is _LOOP else _where(reason, object_name)
    about = {"own_rule": said, "gave_up": said, "cannot": said, "forbidden": f"{verb} {object_name}"}
    key = f"{kind.name}:{about.get(kind.name, where)}".lower()
    return Cause(key, kind.what.format(where=where, said=said), kind.remedy)


def fields_named(object_name: str, reason: str) -> tuple[str, ...]:
    """The fields that a reason is about, by the system's own names; none where it names none."""
    where = _where(re.sub(_GAVE_UP, "", reason), object_name)
    return tuple(name.rpartition(".")[2] for name in where.split(", ") if name)


def is_set_aside(reason: str) -> bool:
    """Whether somebody tried it again when nothing called for it."""
    return reason.endswith(SET_ASIDE)


def is_held_back(reason: str) -> bool:
    """Whether the hub held it back, and no system refused it."""
    return _LOOP.signs.search(reason) is not None


def is_of_an_owner_who_left(reason: str) -> bool:
    """Whether a reason says that the owner may not be given records any more."""
    return _LEFT.signs.search(reason) is not None


def _where(reason: str, object_name: str) -> str:
    found = next((match["where"] for field in _FIELD if (match := field.search(reason))), "")
    if found.partition(" ")[2]:  # "Lead needs Company, LastName"
        name, _, fields = found.partition(" needs ")
        return ", ".join(f"{name}.{field.strip()}" for field in fields.split(","))
    return found if "." in found or not found else f"{object_name}.{found}"


def _plain(reason: str) -> str:
    text = re.sub(_GAVE_UP, "", reason)
    for value in _VALUES:
        text = value.sub("…", text)
    return " ".join(text.split())[:_LONGEST]
