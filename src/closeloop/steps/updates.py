"""Which updates of fields go out: those right now that do not wait, were not refused and are not set back each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from closeloop.outbox.again import not_blocked
from closeloop.outbox.loops import HeldBack, hold_back
from closeloop.outbox.nouns import Known, Planned, Posted
from closeloop.outbox.stale import supersede
from closeloop.steps.batch import Batch
from closeloop.steps.holding import settle_held_back
from closeloop.steps.passing import drop


@dataclass(slots=True)
class Updates:
    """What becomes of the updates of everybody that a batch is about.

    Attributes:
        held: fields that are held back.
        over: key → why, of what was held back before and need not be any more.
        superseded: key → why, of what waits and is not sent any more.
    """

    held: list[HeldBack] = field(default_factory=list)
    over: dict[str, str] = field(default_factory=dict)
    superseded: dict[str, str] = field(default_factory=dict)

    def fresh(self, batch: Batch, decided: Sequence[Planned], known: Known, undone: Sequence[Posted]) -> list[Planned]:
        """Those of these updates of one person or company that are to go out and do not wait already.

        Args:
            undone: what waits for them, is on its way or was refused.
        """
        parted = hold_back(decided, known, undone, batch.process, batch.now)
        self.held += parted.back
        self.over |= parted.over
        asked = [each for each in not_blocked(undone, batch.retried) if not each.is_held_back]
        fresh, superseded = supersede(asked, parted.going)
        self.superseded |= superseded
        return fresh

    def settle(self, batch: Batch) -> None:
        """Keep what became of them."""
        settle_held_back(batch, self.held, self.over)
        drop(batch, self.superseded)
