"""When a backlog will be through: by the recent pace, by the calls that are left, and by the windows still to come."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from closeloop.outbox.budget import RESERVED, WINDOW, window_end
from closeloop.outbox.lanes import HOT, LANES
from closeloop.outbox.nouns import Sender

_USUAL_BATCH: Final = 100
"""Commands a call, and calls a second, as long as nothing was sent that would tell."""
_FARTHEST: Final = timedelta(days=3650)


def forecast(sender: Sender, backlog: Mapping[int, int], now: datetime) -> dict[int, datetime | None]:
    """Lane → when the last of its commands will have been sent, if nothing changes; None: not within ten years.

    The lanes go one after the other, as they are sent; `now` for one where nothing waits and nothing goes before.

    Args:
        backlog: lane → commands that wait.
    """
    writes = sender.n_calls - sender.n_reads
    calls_each = writes / sender.n_sent if sender.n_sent and writes > 0 else 1 / _USUAL_BATCH
    start = max(now, sender.closed_until or now)
    pace = sender.pace or float(_USUAL_BATCH)
    found: dict[int, datetime | None] = {}
    before = 0
    for lane in LANES:
        before += backlog.get(lane, 0)
        found[lane] = _through(sender, lane, before, calls_each, pace, start) if before else now
    return found


def _through(sender: Sender, lane: int, n: int, calls_each: float, pace: float, start: datetime) -> datetime | None:
    n_windows, last = _windows(sender, lane, n * calls_each)
    if n / pace > _FARTHEST.total_seconds() or n_windows > _FARTHEST / WINDOW:
        return None
    through = start + timedelta(seconds=n / pace)
    if not n_windows:
        return through
    begins = window_end(sender) + (n_windows - 1) * WINDOW
    return max(through, begins + timedelta(seconds=last / calls_each / pace))


def _windows(sender: Sender, lane: int, calls: float) -> tuple[float, float]:
    """How many windows have to begin anew before these calls are made, and how many of them the last one makes."""
    if sender.calls_allowed is None:
        return 0, calls
    each = sender.calls_allowed * (1 if lane == HOT else 1 - RESERVED)
    left = max(0.0, each - sender.n_calls)
    if calls <= left:
        return 0, calls
    if each < 1:
        return math.inf, 0
    n = math.ceil((calls - left) / each)
    return n, calls - left - (n - 1) * each
