"""What somebody did, what it adds up to, and in words why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from closeloop.ports import Value


class Touch(NamedTuple):
    """One act of a person, or of a seller towards that person.

    Attributes:
        id: the id of the message that told of it.
        person_id: whose it is: their own entity, not the root. None while nobody is known.
        identified: whether the message itself named the person; otherwise the visitor's identifications decide.
        at: when it happened, UTC.
        product: one of the process file's; None counts for every product.
        depth: how much interest the page speaks of, by content.csv.
        url: of the page, as given.
        seller: for acts of sellers, the team member, or their id in the CRM where no member has it.
        props: what else was said of it.
    """

    id: str
    person_id: str | None
    visitor: str | None
    identified: bool
    kind: str
    at: datetime
    source: str
    campaign: str | None
    product: str | None
    topic: str | None
    depth: int | None
    url: str | None
    seller: str | None
    props: Mapping[str, Value]


class SumKey(NamedTuple):
    """What a sum is kept for: own entity of a person, product ("" counts for every product), scoring line."""

    person_id: str
    product: str
    line: str


class ScoreSum(NamedTuple):
    """Points of one scoring line for one person, uncapped, worth `points` at `at`: the time of its latest touch."""

    person_id: str
    product: str
    line: str
    points: float
    at: datetime
    n: int

    @property
    def key(self) -> SumKey:
        """What it is kept for."""
        return SumKey(self.person_id, self.product, self.line)


@dataclass(frozen=True, slots=True)
class Reason:
    """One scoring line that counted: its points as read now (faded and capped), how often, when last, in words."""

    line: str
    points: float
    n: int
    last_at: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class Score:
    """A score and every reason for it; `total` has six decimals, so that the order of addition makes no difference."""

    total: float
    reasons: tuple[Reason, ...]
