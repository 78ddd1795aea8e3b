"""How many calls a connection may still make: one count for all processes, the last tenth for what is hot.

Calls are booked before they are made, by `Connector.cost`, and what was booked too much is given back afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from closeloop.outbox.lanes import BACKFILL, HOT
from closeloop.outbox.nouns import Sender
from closeloop.ports import Limits
from closeloop.words.moment import EPOCH

WINDOW: Final = timedelta(days=1)
"""Windows begin at midnight UTC. A vendor whose day begins at another hour also says what is left (`with_told`)."""
RESERVED: Final = 0.1
"""The share of the calls that is kept for the hot lane."""
READING: Final = 0.25
"""The share that reading may use, spread over the window; sending can use it all the same."""
READS_AT_ONCE: Final = 10
"""Reads that are allowed at any time of the window, before they have to be spread."""
IF_IT_FAILS: Final = 2
"""A call may have to be made again (a session that ended, a batch refused as a whole), so this much is booked."""
LOOKS: Final = 20
"""A bulk job is looked at until it is done, or has to be asked for again, which is after so many looks."""
ASK_EVERY: Final = timedelta(minutes=10)
"""How often the vendor is asked what it allows."""
ASKING: Final = 0.01
"""The share of the calls that may go there."""


def window_end(sender: Sender) -> datetime:
    """When the calls begin to be counted anew."""
    return _window_of(sender.window_from) + WINDOW


def in_window(sender: Sender, now: datetime, setting: int | None) -> Sender:
    """The sender in the window of `now`: counts begin anew in each.

    Args:
        setting: calls a window that the installation allows, if it says.
    """
    begins = _window_of(now)
    if begins > sender.window_from:
        sender = replace(
            sender, window_from=begins, n_calls=0, n_reads=0, n_sent=0, calls_allowed=setting, asked_at=None
        )
    allowed = sender.calls_allowed
    if sender.asked_at is None or (setting is not None and (allowed is None or allowed > setting)):
        sender = replace(sender, calls_allowed=setting)
    return sender


def with_told(sender: Sender, told: Limits | None, setting: int | None, now: datetime) -> Sender:
    """The sender after the vendor was asked what is left: others use it too, so its word may lower what is allowed."""
    if told is None:
        return replace(sender, asked_at=now)
    known = [setting] if setting is not None else []
    if told.calls_left is not None:
        known.append(sender.n_calls + told.calls_left)
    elif told.calls_allowed is not None:
        known.append(told.calls_allowed)
    return replace(sender, calls_allowed=min(known, default=None), asked_at=now)


def should_ask(sender: Sender, setting: int | None, now: datetime) -> bool:
    """Whether it is time to ask the vendor, which may cost a call: of a small budget only a hundredth goes there."""
    if sender.asked_at is None:
        return True
    every = ASK_EVERY if setting is None else max(ASK_EVERY, WINDOW / max(1.0, setting * ASKING))
    return now - sender.asked_at >= every


def vendor_decides(sender: Sender, setting: int | None) -> bool:
    """Whether the vendor's word is what keeps us from calling more, so that another answer would change something."""
    return sender.calls_allowed is not None and sender.calls_allowed != setting


def room(sender: Sender, lane: int) -> int | None:
    """How many calls commands of this lane may still make in the window; None: as many as they like."""
    if sender.calls_allowed is None:
        return None
    kept = 0 if lane == HOT else max(round(sender.calls_allowed * RESERVED), IF_IT_FAILS)
    return max(0, sender.calls_allowed - kept - sender.n_calls)


def has_room(sender: Sender, lane: int) -> bool:
    """Whether commands of this lane may make a call at all."""
    left = room(sender, lane)
    return left is None or left >= IF_IT_FAILS


def may_read(sender: Sender, now: datetime) -> bool:
    """Whether a page may be read now: reading spreads its share over the window and never takes what is reserved."""
    if sender.calls_allowed is None:
        return True
    passed = min(1.0, (now - sender.window_from) / WINDOW)
    most = max(READS_AT_ONCE, sender.calls_allowed * READING * passed)
    return sender.n_reads < most and has_room(sender, BACKFILL)


def fit(sender: Sender, lanes: Sequence[int], cost: Callable[[int], int]) -> tuple[int, int]:
    """How many of these commands may be sent now, from the first on, and how many calls to book for them.

    Args:
        lanes: of the commands, in the order in which they go, the hot ones first.
        cost: calls that the first n of them make when nothing fails; more for more.
    """

    def fits(n: int) -> bool:
        left = room(sender, lanes[n - 1])
        return left is None or cost(n) * IF_IT_FAILS <= left

    n_hot = sum(1 for lane in lanes if lane == HOT)
    n = _most(n_hot, len(lanes), fits) if len(lanes) > n_hot else n_hot
    if n == n_hot:
        n = _most(0, n_hot, fits)
    return n, cost(n) * IF_IT_FAILS if n else 0


def _most(least: int, most: int, fits: Callable[[int], bool]) -> int:
    """The greatest n of `least` to `most` that fits, by halving; `least` is taken to."""
    if most > least and fits(most):
        return most
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if fits(middle) else (least, middle)
    return least


def _window_of(at: datetime) -> datetime:
    return at - (at - EPOCH) % WINDOW
