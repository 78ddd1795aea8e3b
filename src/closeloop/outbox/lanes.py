"""Which commands go before others: what a lead waits for first, what nobody waits for last."""

from __future__ import annotations

from typing import Final

from closeloop.outbox.nouns import MAIL, Planned
from closeloop.ports import Verb

HOT: Final = 0
"""Somebody waits for it: a decision about a lead, a mail, or an order to erase."""
ORDINARY: Final = 1
BACKFILL: Final = 2
"""It came of a file, of a first load, or of a plan that was approved."""
LANES: Final = {HOT: "hot", ORDINARY: "ordinary", BACKFILL: "backfill"}
"""What people call them, the first to go first."""


def lane_of(planned: Planned, *, bulk: bool) -> int:
    """The lane of a command; `bulk` says whether what brought it about came through the bulk queue."""
    if planned.lead_id is not None or planned.source == MAIL or planned.command.verb is Verb.ERASE:
        return HOT
    return BACKFILL if bulk else ORDINARY
