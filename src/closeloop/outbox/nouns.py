"""A decision on its way out: the command for the vendor, and what the hub keeps about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from closeloop.inbox.nouns import Key
from closeloop.ports import Command, Value
from closeloop.record.nouns import Winners

MAIL = "mail"
"""The connection through which mails go out."""

CommandState = Literal["waiting", "leased", "done", "dead"]


@dataclass(frozen=True, slots=True)
class Planned:
    """A command for the connection `source`.

    Attributes:
        after: key of the command whose answer gives this one its record.
        why: the rule that brought it about, for people.
        message_id: the message that did.
    """

    source: str
    command: Command
    why: str
    message_id: str
    person_id: str | None = None
    lead_id: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """A planned command and how far it came. `n_answers` counts what the vendor said, not how often we sent."""

    planned: Planned
    state: CommandState
    n_answers: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an answer makes of a command."""

    key: str
    state: CommandState
    not_before: datetime
    answer_id: str | None
    reason: str | None
    answered_at: datetime
    verified: bool


ShadowKey = tuple[str, str, str]
"""Connection, object, record id."""
Shadow = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Known:
    """What the outbox needs to know of one person.

    Attributes:
        keys: every key they hold, the newest first.
        person, account: the winners.
        shadows: what each outside record is known to hold.
        pending: keys of creates on their way: (connection, object) → command key.
    """

    person_id: str
    keys: Sequence[Key]
    person: Winners
    account: Winners
    shadows: Mapping[ShadowKey, Shadow]
    pending: Mapping[tuple[str, str], str]

    def records(self, source: str) -> list[tuple[str, str]]:
        """Their records at `source`: (object, id), the newest first."""
        start = source + "."
        return [
            (key.kind[len(start) :], key.value)
            for key in self.keys
            if key.kind.startswith(start) and not key.kind.endswith(".user")
        ]
