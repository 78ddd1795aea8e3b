"""Guarded clustering: links in falling weight; two clusters join only when most of what is between them agrees.

Plain connected components tie whole companies together over one wrong link, and the more records, the surer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable

Link = tuple[int, int, float]
"""(row, row, weight in bits), rows counted from 0."""


def cluster(
    links: Iterable[Link],
    n: int,
    *,
    apart: Collection[tuple[int, int]] = (),
    clash: Callable[[int, int], bool] | None = None,
    at_most: int = 10,
    least_linked: float = 0.5,
) -> list[int]:
    """Put n rows into clusters.

    Args:
        links: pairs that are worth joining, any order; equal weights are taken in the order of rows.
        n: how many rows there are.
        apart: pairs that must never come together, in any order of their two rows.
        clash: says of two rows without a link whether they speak against each other; asked only for rows whose
            clusters would come together otherwise.
        at_most: no cluster grows beyond; what would is left for a person.
        least_linked: share of the pairs between two clusters that must be links for them to join.

    Returns:
        For each row the smallest row of its cluster.
    """
    cluster_of = list(range(n))
    members: dict[int, list[int]] = {}
    ordered = sorted((-weight, min(left, right), max(left, right)) for left, right, weight in links)
    linked = {(left, right) for _, left, right in ordered}
    kept_apart = defaultdict(set)
    for left, right in apart:
        kept_apart[left].add(right)
        kept_apart[right].add(left)
    for _, left, right in ordered:
        one, other = sorted((cluster_of[left], cluster_of[right]))
        if one == other:
            continue
        ours, theirs = members.get(one, [one]), members.get(other, [other])
        if len(ours) + len(theirs) > at_most:
            continue
        if kept_apart and any(not kept_apart[row].isdisjoint(theirs) for row in ours if row in kept_apart):
            continue
        if len(ours) * len(theirs) > 1 and not _agree(ours, theirs, linked, clash, least_linked):
            continue
        members[one] = ours + theirs
        members.pop(other, None)
        for row in theirs:
            cluster_of[row] = one
    return cluster_of


def _agree(
    ours: list[int],
    theirs: list[int],
    linked: Collection[tuple[int, int]],
    clash: Callable[[int, int], bool] | None,
    least_linked: float,
) -> bool:
    between = [(min(one, other), max(one, other)) for one in ours for other in theirs]
    without = [pair for pair in between if pair not in linked]
    if len(between) - len(without) < least_linked * len(between):
        return False
    return clash is None or not any(clash(*pair) for pair in without)
