"""What is known of people, accounts, opportunities and campaigns: every value reported, and the one that wins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

Stored = str | int | float | bool
"""A value in its normal form; "nothing was said" is never stored. Money is text ("48000.00 EUR"), a moment RFC 3339."""

CLEARED: Final = ""
"""Stored where a source that may took the value out on purpose: no normal form ever gives it."""


class FieldValue(NamedTuple):
    """One value of one field, as one source reported it at one time.

    Attributes:
        entity_id: the entity it was reported for, which stays its own when that entity is merged into another.
        path: where the source keeps it, as in the process file: "crm.Account.Name".
        at: when the source says it was so, UTC.
        value: in the normal form of the field; what does not have the form is kept as text with `valid` False.
        given: as it came.
        message_id: the message that stated it.
    """

    entity_id: str
    field: str
    path: str
    at: datetime
    value: Stored
    given: Stored
    valid: bool
    message_id: str


class Winner(NamedTuple):
    """The value of a field that is believed now; `why` names the rule (process@version) and what else was reported."""

    field: str
    value: Stored
    given: Stored
    valid: bool
    path: str
    at: datetime
    message_id: str
    why: str

    @property
    def is_cleared(self) -> bool:
        """Whether what is believed is that the field is empty: whoever reads winners is not shown this one."""
        return self.value == CLEARED

    def same_value(self, other: Winner | None) -> bool:
        """Whether the other holds the same value, whatever its source: then nobody outside needs to be told."""
        return other is not None and type(self.value) is type(other.value) and self.value == other.value


Winners = Mapping[str, Winner]
"""Field → winner, of one entity."""


class Verification(NamedTuple):
    """Somebody confirmed a value (a call reached the phone number); it holds for this value only.

    Attributes:
        value: the winner's value that was confirmed.
        by: the rule or the person.
        evidence: the id of the message that says so.
    """

    entity_id: str
    field: str
    value: Stored
    at: datetime
    by: str
    evidence: str


class Confirmation(NamedTuple):
    """A value that somebody confirmed, and when they last did."""

    value: Stored
    at: datetime


class Settled(NamedTuple):
    """What one entity's winners became: `changed` are new or differ in any part, `vanished` have no value left."""

    changed: list[Winner]
    vanished: list[str]

    def onto(self, old: Winners) -> dict[str, Winner]:
        """The winners after the change."""
        kept = {field: winner for field, winner in old.items() if field not in self.vanished}
        return kept | {winner.field: winner for winner in self.changed}
