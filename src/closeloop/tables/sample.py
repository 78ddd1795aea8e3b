"""Some rows of a whole file, evenly spaced, in one pass: what stands only in its second half is seen too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from closeloop.tables.nouns import Part, Refused, Row

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows in the order of the file, and the counts of the whole.

    Attributes:
        rows: evenly spaced.
        refused: the first of them.
    """

    rows: tuple[Row, ...]
    n_rows: int
    n_refused: int
    n_blank: int
    refused: tuple[Refused, ...]


def spread(parts: Iterable[Part], n: int = 2000) -> Sample:
    """Read all parts, and keep between `n` and twice as many rows, or all if there are fewer."""
    kept: list[Row] = []
    refused: list[Refused] = []
    n_rows, n_refused, n_blank, step = 0, 0, 0, 1
    for part in parts:
        if isinstance(part, Row):
            if n_rows % step == 0:
                kept.append(part)
                if len(kept) == 2 * n:
                    kept, step = kept[::2], step * 2
            n_rows += 1
        elif isinstance(part, Refused):
            n_refused += 1
            if n_refused <= _SHOWN:
                refused.append(part)
        else:
            n_blank += 1
    return Sample(tuple(kept), n_rows, n_refused, n_blank, tuple(refused))
