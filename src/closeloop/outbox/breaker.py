"""A connection whose calls keep failing is left alone for a growing time, then tried with one batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Literal

from closeloop.outbox.nouns import Sender
from closeloop.ports import Answer, Outcome

FAILURES: Final = 3
"""Calls in a row that may fail before the connection is left alone."""
SHORTEST: Final = timedelta(seconds=5)
LONGEST: Final = timedelta(minutes=2)
"""Longer, and nobody would notice for long that the vendor is back."""
PROBE: Final = timedelta(seconds=60)
"""How long one may take that tries; if it dies, another one may try then."""
_LONGEST_REASON: Final = 500

State = Literal["working", "waiting", "trying"]


def state(sender: Sender, now: datetime) -> State:
    """Whether the connection works, is left alone, or may be tried with one batch."""
    if sender.closed_until is not None and sender.closed_until > now:
        return "waiting"
    return "trying" if sender.failures >= FAILURES else "working"


def failed(answers: Sequence[Answer]) -> Answer | None:
    """The answer that speaks for a call which failed as a whole; None when something came through.

    Every command was put off: of several answers the one counts that asks for the longest patience.
    """
    if not answers or any(answer.outcome is not Outcome.TRANSIENT for answer in answers):
        return None
    return max(answers, key=lambda answer: answer.retry_after_seconds or 0)


def trying(sender: Sender, now: datetime) -> Sender:
    """One batch is sent to see whether the vendor is back; nobody else sends meanwhile."""
    return replace(sender, closed_until=now + PROBE)


def after_failure(sender: Sender, answer: Answer, now: datetime) -> Sender:
    """What the vendor asks for is kept to at once; without that, the pause doubles from the third failure on."""
    n = sender.failures + 1
    pause = min(SHORTEST * 2 ** min(n - FAILURES, 10), LONGEST) if n >= FAILURES else timedelta(0)
    if answer.retry_after_seconds is not None:
        pause = max(pause, timedelta(seconds=answer.retry_after_seconds))
    until = now + pause if pause else None
    if sender.closed_until is not None and sender.failures < FAILURES:  # another call was asked for patience
        until = max(until or now, sender.closed_until)
    return replace(sender, failures=n, closed_until=until, why=answer.reason[:_LONGEST_REASON])


def after_success(sender: Sender) -> Sender:
    """The vendor answers again."""
    if not sender.failures and sender.closed_until is None:
        return sender
    return replace(sender, failures=0, closed_until=None, why=None)
