"""Ties between records, and the fewest that hold the records of one person together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tie:
    """Two records (rows of the base) that the matcher holds to be one person, or asks about.

    `weight` in bits; `why` names the guard that keeps them from being merged without a person, "" if none.
    """

    left: int
    right: int
    weight: float
    why: str = ""


class Roots:
    """Which things are connected by the ties so far (union and find)."""

    def __init__(self) -> None:
        self._root: dict[int, int] = {}

    def join(self, left: int, right: int) -> bool:
        """Connect two; False when they were connected before."""
        left, right = self._top(left), self._top(right)
        self._root[left] = right
        return left != right

    def _top(self, of: int) -> int:
        while self._root.setdefault(of, of) != of:
            self._root[of] = self._root[self._root[of]]
            of = self._root[of]
        return of


def tree(kept: int, rows: Sequence[int], ties: Sequence[Tie], weigh: Callable[[int, int], float]) -> list[Tie]:
    """The heaviest ties that hold the rows together, told from the kept one outward: each repeats what came before.

    Args:
        kept: the row to begin with.
        rows: of one person; `kept` among them.
        ties: by falling weight; those to other rows are left. Rows that no tie reaches are tied to `kept`.
        weigh: the weight of such a pair.
    """
    roots, inside = Roots(), set(rows)
    near: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for tie in ties:
        if tie.left in inside and tie.right in inside and roots.join(tie.left, tie.right):
            near[tie.left].append((tie.right, tie.weight))
            near[tie.right].append((tie.left, tie.weight))
    told, seen = list(_outward(kept, near)), {kept}
    seen.update(tie.right for tie in told)
    for row in rows:
        if row not in seen:
            reached = [Tie(kept, row, weigh(kept, row)), *_outward(row, near)]
            seen.update(tie.right for tie in reached)
            told += reached
    return told


def _outward(start: int, near: Mapping[int, Sequence[tuple[int, float]]]) -> Iterator[Tie]:
    seen, todo = {start}, [start]
    while todo:
        at = todo.pop()
        for other, weight in near.get(at, ()):
            if other not in seen:
                seen.add(other)
                yield Tie(at, other, weight)
                todo.append(other)
