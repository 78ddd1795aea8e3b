"""How many records repeat another one, as an honest estimate: what is sure, and what the open questions may add."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import sqrt

from closeloop.audit.base import Base
from closeloop.audit.nouns import Rate, SizeCount
from closeloop.audit.ties import Roots, Tie

ALL = "all"
_LEAST_DOUBT = 0.05
"""No question is surer than this, or it would not be one."""


def rates(base: Base) -> tuple[Rate, ...]:
    """The rate of each system by itself, then of all records together when there are several systems.

    A question counts with its probability, and only where its answer would make a repetition: of several questions
    that tie the same people together, the likeliest ones.
    """
    scopes = [*base.systems, ALL] if len(base.systems) > 1 else list(base.systems)
    return tuple(_rate(base, scope) for scope in scopes)


def questions(base: Base, scope: str = ALL) -> list[Tie]:
    """The questions that a person has to answer: of those that tie the same people together, the likeliest ones."""
    cluster = base.matched.cluster
    held = {c for c, rows in base.people.items() if scope == ALL or any(base.entries[r].system == scope for r in rows)}
    return _forest(cluster, [t for t in base.matched.asked if cluster[t.left] in held and cluster[t.right] in held])


def sizes(base: Base) -> tuple[SizeCount, ...]:
    """How many people have one record, two, three …: by system."""
    counted = []
    for system in base.systems:
        per_person = Counter(base.matched.cluster[row] for row in base.of(system))
        n_of_size = Counter(per_person.values())
        counted += [SizeCount(system, size, n) for size, n in sorted(n_of_size.items())]
    return tuple(counted)


def _rate(base: Base, scope: str) -> Rate:
    rows = list(range(len(base.entries))) if scope == ALL else base.of(scope)
    n = len(rows)
    held = Counter(base.matched.cluster[row] for row in rows)
    sure = n - len(held)
    open_ = questions(base, scope)
    chances = [base.matched.probability(tie.weight, tie.why) for tie in open_]
    likely = sum(chances)
    # Of more than two records of a person one tie may be missed without the person being missed.
    missed = (sum(1 for size in held.values() if size == 2) + likely) * (1 / base.matched.seen - 1)
    expected = min(sure + likely + missed, float(n))
    # Two standard deviations of independent answers; and what is not seen may be nothing, or twice as much.
    unsure = [min(max(p, _LEAST_DOUBT), 1 - _LEAST_DOUBT) for p in chances]
    spread = 2 * sqrt(sum(p * (1 - p) for p in unsure)) + missed
    low, high = max(float(sure), expected - spread), min(float(n), expected + spread)
    return Rate(
        scope, n, sure, len(open_), likely, missed, n - expected, _share(expected, n), _share(low, n), _share(high, n),
    )  # fmt: skip


def _forest(cluster: Sequence[int], ties: Sequence[Tie]) -> list[Tie]:
    roots = Roots()
    return [tie for tie in ties if roots.join(cluster[tie.left], cluster[tie.right])]


def _share(n: float, of: int) -> float | None:
    return n / of if of else None
