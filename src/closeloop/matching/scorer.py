"""The weight of a pair, by Fellegi and Sunter: prior + Σ log2(m/u) over comparisons, moved by the rarity of values.

The sum runs in the order in which Splink's SQL adds, so that both give one number.
Source: Fellegi & Sunter 1969; Splink's `predict` and its term frequency adjustment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log2

from closeloop.matching.conditions import Test, read_condition
from closeloop.matching.nouns import Evidence, Traits, Weight
from closeloop.matching.spec import Comparison, Frequencies, Level, Rarity, Spec
from closeloop.words.errors import BadInput

Scorer = Callable[[Traits, Traits], Weight]


@dataclass(frozen=True, slots=True)
class _Step:
    """A level made ready: its test, its weight in bits, and the rarity that moves it."""

    name: str
    test: Test
    weight: float
    silent: bool
    moved_by: Callable[[Traits, Traits], float] | None


def make_scorer(spec: Spec) -> Scorer:
    """A scorer of pairs.

    Raises:
        BadInput: a level has no m or u, or they are no probabilities; names it.
    """
    prior = log2(spec.prior / (1 - spec.prior))
    parts = tuple(
        (comparison.name, comparison.shows[0], comparison.shows[1:], _steps(spec, comparison))
        for comparison in spec.comparisons
    )

    def weigh(left: Traits, right: Traits) -> Weight:
        total = prior
        evidence = []
        for comparison, show, more, steps in parts:
            for step in steps:
                if step.test(left, right):
                    if step.silent:
                        break
                    moved = step.moved_by(left, right) if step.moved_by else 0.0
                    total = total + step.weight + moved
                    sides = left.get(show, ""), right.get(show, "")
                    if more:
                        sides = _text(left, (show, *more)), _text(right, (show, *more))
                    evidence.append(Evidence(comparison, step.name, step.weight + moved, *sides))
                    break
        return Weight(total, tuple(evidence))

    return weigh


def exact_u(comparison: Comparison, level: Level, rarity: Rarity) -> float | None:
    """The u against which a level's rarity counts: that of plain equality of the column, else the level's own."""
    for other in comparison.levels:
        if list(other.when) == ["equal", rarity.column]:
            return other.u
    return level.u


def has_exact_level(comparison: Comparison, column: str) -> bool:
    """True when one level of the comparison is plain equality of that column."""
    return any(list(level.when) == ["equal", column] for level in comparison.levels)


def _steps(spec: Spec, comparison: Comparison) -> tuple[_Step, ...]:
    return tuple(
        _Step(
            level.name,
            read_condition(level.when).test,
            level_weight(comparison, level),
            level.silent,
            _mover(spec.frequencies, comparison, level, level.rarity) if level.rarity else None,
        )
        for level in comparison.levels
    )


def level_weight(comparison: Comparison, level: Level) -> float:
    """log2(m/u) of a level, in bits; 0 for a silent one.

    Raises:
        BadInput: m or u is missing or no probability above 0.
    """
    if level.silent:
        return 0.0
    where = f"level {level.name!r} of comparison {comparison.name!r}"
    if level.m is None or level.u is None:
        raise BadInput(f"{where} has no {'m' if level.m is None else 'u'}; train the bundle, or state it")
    if not (0 < level.m <= 1 and 0 < level.u <= 1):
        raise BadInput(f"{where} has m {level.m} and u {level.u}; valid are probabilities above 0, at most 1")
    return log2(level.m / level.u)


def _mover(
    frequencies: Mapping[str, Frequencies], comparison: Comparison, level: Level, rarity: Rarity
) -> Callable[[Traits, Traits], float]:
    column, share, least = rarity.column, rarity.share, rarity.least
    if column not in frequencies:
        raise BadInput(
            f"comparison {comparison.name!r} needs frequencies of {column!r}, which the bundle does not hold"
        )
    rare, known = frequencies[column].rare, frequencies[column].values
    base = log2(exact_u(comparison, level, rarity) or 1.0)

    def moved(left: Traits, right: Traits) -> float:
        one, other = left.get(column), right.get(column)
        if one is None and other is None:
            return 0.0
        seen = 0.0 if one is None else known.get(one, rare)
        if other != one and other is not None:
            seen = max(seen, known.get(other, rare))
        return share * (base - log2(max(seen, least)))

    return moved


def _text(traits: Traits, columns: tuple[str, ...]) -> str:
    return " ".join(traits[column] for column in columns if column in traits)
