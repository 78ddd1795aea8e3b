"""What matching speaks of: what a record says of a person, what two records weigh, and what is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

Traits = Mapping[str, str]
"""The comparable columns of one record; a column is absent when nothing is known."""

Raw = Mapping[str, str | None]
"""A record as it came, by field name; "" and None mean that nothing was said."""

Band = Literal["same", "ask", "different"]
"""Same: joined without asking. Ask: a person decides. Different: left alone."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a record says of a person, as it came; "" means nothing. `name` is split when first and last are missing."""

    first_name: str = ""
    last_name: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    title: str = ""
    company: str = ""
    city: str = ""
    country: str = ""


class Evidence(NamedTuple):
    """What one comparison says of a pair. `weight` in bits: the log2 of its Bayes factor, below 0 against."""

    comparison: str
    level: str
    weight: float
    left: str
    right: str


class Weight(NamedTuple):
    """The evidence about a pair. `total` in bits, with the prior: log2 of the odds that both are one person."""

    total: float
    evidence: tuple[Evidence, ...]


class Decision(NamedTuple):
    """The band of a pair; `why` names the guard that kept it from "same", and is empty otherwise."""

    band: Band
    why: str = ""
