"""What a batch engine does: score every candidate pair of prepared records, and hand out those that matter."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import pyarrow as pa

from closeloop.dedupe.prepared import Prepared
from closeloop.matching.spec import Spec

BIN = 1 / 16
"""Width of the bins in which weights are counted, in bits."""

Evidence = Sequence[tuple[float, int]]
"""(middle of a bin of weights, how many pairs lie in it), falling."""


class Scored(Protocol):
    """The scored pairs, as long as the engine holds them."""

    def histogram(self) -> Evidence:
        """How many pairs weigh how much, with the prior of the spec."""
        ...

    def pairs(self, shift: float, ask_at: float, same_at: float) -> pa.Table:
        """Pairs of at least `ask_at` once `shift` is added: left, right, weight, band, why; heaviest first."""
        ...


class Engine(Protocol):
    """Where the work is done."""

    @property
    def name(self) -> str: ...

    def scored(self, prepared: Prepared, spec: Spec, least: float | None) -> AbstractContextManager[Scored]:
        """Score all candidate pairs; those below `least` are dropped at once."""
        ...
