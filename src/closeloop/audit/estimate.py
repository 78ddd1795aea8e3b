"""Without labels: how likely pairs that nobody judged are one person, and how many pairs are never seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import exp2

from closeloop.audit.base import Entry
from closeloop.audit.ties import Tie
from closeloop.dedupe.sweep import Swept
from closeloop.matching.bundle import Bundle
from closeloop.matching.nouns import Given, Traits

GUARD = 6.0
"""Bits that a guard counts against a pair."""
_AT_MOST = 0.5
"""Probability of a guarded pair at the most: a couple that shares all but the first name weighs like one person."""
_LEAST_PAIRS = 50


def probability(weight: float, why: str = "") -> float:
    """That two records are one person.

    Args:
        weight: in bits, by a bundle that was adapted to the base, so that its odds can be believed.
        why: the guard that spoke, if one did.
    """
    if why:
        return min(_AT_MOST, _chance(weight - GUARD))
    return _chance(weight)


def share_seen(entries: Sequence[Entry], ties: Sequence[Tie], swept: Swept) -> float:
    """The share of true pairs that the matcher can find on this base, by capture and recapture.

    One list of pairs has an address or number in common, the other would be found without either. If one finds the
    other's pairs no more often than chance would, all pairs are |first| · |second| ÷ |both| (Lincoln and Petersen).
    Records that fail on both lists for one reason make that too low, so the share is an upper bound then.

    Args:
        entries: the base.
        ties: all pairs that were found, each once.
        swept: the pass that found them.
    """
    bundle = swept.bundle

    @lru_cache(maxsize=65_536)
    def whole(row: int) -> Traits:
        return swept.traits(row)

    @lru_cache(maxsize=65_536)
    def without(row: int) -> tuple[Traits, frozenset[str]]:
        traits = bundle.prepare(replace(entries[row].given, email="", phone=""))
        return traits, frozenset(bundle.keys(traits))

    found = first = second = both = 0.0
    of_address = _columns_of(bundle)
    for tie in ties:
        likely = probability(tie.weight, tie.why)
        left, right = whole(tie.left), whole(tie.right)
        by_address = any(left.get(column) and left.get(column) == right.get(column) for column in of_address)
        (left, left_keys), (right, right_keys) = without(tie.left), without(tie.right)
        by_name = not left_keys.isdisjoint(right_keys) and bundle.weigh(left, right).total >= swept.ask_at
        found += likely
        first += likely * by_address
        second += likely * by_name
        both += likely * (by_address and by_name)
    if both < _LEAST_PAIRS:
        return 1.0
    return min(1.0, found / (first * second / both))


def _chance(weight: float) -> float:
    return 1 / (1 + exp2(-max(min(weight, 60.0), -60.0)))


def _columns_of(bundle: Bundle) -> Sequence[str]:
    # The columns that hold a whole address or number, and no part of one that others may have too.
    traits = bundle.prepare(Given(email="somebody.else@somewhere.example", phone="+49 30 1234567"))
    return [name for name, value in traits.items() if "@" in value or "1234567" in value]
