"""What messages state of a person's name, address, phone, title, company and place: the newest of each is compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import IntEnum

from closeloop.identity.nouns import Held
from closeloop.inbox.nouns import Message
from closeloop.matching.nouns import Given
from closeloop.words.moment import to_us
from closeloop.words.text import one_line

LONGEST = 300
"""Characters of one value; no name, title or company is longer."""
FIELDS = frozenset(each.name for each in fields(Given))
NAMES = frozenset({"name", "first_name", "last_name"})


class Folded(IntEnum):
    """What a message did to what was stated before: nothing, the same said later, or something new."""

    NOTHING = 0
    CONFIRMED = 1
    CHANGED = 2


def stated(message: Message, paths: Mapping[str, str]) -> dict[str, str]:
    """What the message says of its person: name of a field → value as it came, the first one that is not blank."""
    found: dict[str, str] = {}
    for reported in message.values:
        field = paths.get(reported.path)
        if field is None or field in found or reported.value is None or isinstance(reported.value, bool):
            continue
        said = one_line(str(reported.value))[:LONGEST]
        if said:
            found[field] = said
    return found


def fold(held: Held, said: Mapping[str, str], message: Message) -> Folded:
    """Add to `held` what is newer there; in whatever order messages come, the same stays."""
    at, folded = to_us(message.occurred_at), Folded.NOTHING
    for field, value in said.items():
        before = held.get(field)
        if before is None or (at, value) > before:
            held[field] = (at, value)
            is_same = before is not None and before[1] == value
            folded = max(folded, Folded.CONFIRMED if is_same else Folded.CHANGED)
    return folded


def given(held: Mapping[str, tuple[int, str]]) -> Given:
    """As matching takes it."""
    return Given(**{field: value for field, (_, value) in held.items() if field in FIELDS})


def name_of(said: Mapping[str, str]) -> Given:
    """Only the name."""
    return Given(**{field: value for field, value in said.items() if field in NAMES})
