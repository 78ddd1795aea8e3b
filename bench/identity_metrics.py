"""How well records were put together, against the truth: pairs, clusters, B-cubed. Labels decide nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares from 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean; 0 when nothing is right."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def pair_quality(pairs: Iterable[tuple[int, int]], truth: Sequence[Hashable]) -> Quality:
    """The pairs that were called the same, each once, against all pairs of one person."""
    made = right = 0
    for one, other in pairs:
        made += 1
        right += truth[one] == truth[other]
    return Quality(_share(right, made), _share(right, _pairs_within(Counter(truth).values())))


def cluster_quality(clusters: Sequence[Hashable], truth: Sequence[Hashable]) -> Quality:
    """All pairs that stand in one cluster, against all pairs of one person: a wrong link costs all that it ties."""
    right = _pairs_within(Counter(zip(clusters, truth, strict=True)).values())
    made, true = (_pairs_within(Counter(labels).values()) for labels in (clusters, truth))
    return Quality(_share(right, made), _share(right, true))


def b_cubed(clusters: Sequence[Hashable], truth: Sequence[Hashable]) -> Quality:
    """By record: the share of its cluster that is its person, the share of its person that is in its cluster.

    Source: Bagga & Baldwin 1998.
    """
    in_cluster, of_person = Counter(clusters), Counter(truth)
    precision = recall = 0.0
    for (cluster, person), n in Counter(zip(clusters, truth, strict=True)).items():
        precision += n * n / in_cluster[cluster]
        recall += n * n / of_person[person]
    return Quality(_share(precision, len(truth)), _share(recall, len(truth)))


def largest(clusters: Sequence[Hashable]) -> int:
    """How many records the largest cluster holds."""
    return max(Counter(clusters).values(), default=0)


def _pairs_within(sizes: Iterable[int]) -> int:
    return sum(n * (n - 1) // 2 for n in sizes)


def _share(part: float, whole: float) -> float:
    # Nothing claimed is nothing wrong.
    return part / whole if whole else 1.0
