"""What the side window shows of one person: values, keys, links, the gate's answers, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from closeloop.measure.merges import Merged
from closeloop.measure.own_records import OwnRecord
from closeloop.measure.review import Pair
from closeloop.measure.scores import ScoreStory
from closeloop.measure.stored import Plain, called


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value that was reported for a field."""

    value: str
    given: str
    path: str
    at: datetime
    valid: bool
    wins: bool
    message_id: str


@dataclass(frozen=True, slots=True)
class FieldStory:
    """One field: the value that is believed, the rule that chose it, and everything that was reported."""

    of: str
    field: str
    value: str
    valid: bool
    path: str
    at: datetime
    message_id: str
    why: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class KeyHeld:
    """A strong key of the person, and what brought it; `own` is the record that it came with, linked or not."""

    kind: str
    value: str
    own_id: str
    at: datetime
    message_id: str

    @property
    def system(self) -> str:
        """The outside system whose record the key is; "" of an address and of keys of our own."""
        system, _, name = self.kind.partition(".")
        return system if name else ""


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser on which the person was identified."""

    visitor: str
    at: datetime
    message_id: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the gate's condition: whether it held, and the values it looked at."""

    text: str
    holds: bool
    values: dict[str, Plain]


@dataclass(frozen=True, slots=True)
class GateStory:
    """The gate's latest answer for one product."""

    product: str
    at: datetime
    passed: bool
    process: str
    message_id: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class PersonStory:
    """One resolved person."""

    id: str
    name: str
    email: str
    company: str
    title: str
    country: str
    tier: str
    custody: str
    since: datetime
    fields: tuple[FieldStory, ...]
    keys: tuple[KeyHeld, ...]
    links: tuple[Merged, ...]
    questions: tuple[Pair, ...]
    visits: tuple[Visit, ...]
    gate: tuple[GateStory, ...]
    scores: tuple[ScoreStory, ...]
    records: tuple[OwnRecord, ...] = ()

    @property
    def called(self) -> str:
        """Name, else address, else the end of the id."""
        return called(self.name, self.email, self.id)
