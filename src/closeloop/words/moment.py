"""Moments: the only clock and the only chance in Closeloop live here, so that everything else can be replayed."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Protocol

from closeloop.words.errors import BadInput

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Tells the time in UTC. Rules never see one: they are handed `now`."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that moves only when told to: for scenarios, tests and the demo."""

    def __init__(self, at: datetime) -> None:
        self._now = at

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move on by `by`; never back."""
        self._now += max(by, timedelta(0))

    def set(self, at: datetime) -> None:
        """Move on to `at`; a moment in the past changes nothing."""
        self._now = max(self._now, at)


def to_us(at: datetime) -> int:
    """Microseconds since 1970 in UTC, as moments are stored."""
    return (at - EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The inverse of `to_us`."""
    return EPOCH + timedelta(microseconds=us)


def parse(text: str) -> datetime:
    """Read an RFC 3339 moment; one without a zone is refused, since guessing it would shift dates.

    Raises:
        BadInput: not a moment, or no zone.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is not a moment; valid is RFC 3339, such as 2026-09-01T09:00:00Z") from None
    if at.tzinfo is None:
        raise BadInput(f"{text!r} has no zone; valid is 2026-09-01T09:00:00Z or an offset such as +02:00")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise BadInput(f"{text!r} is no moment in UTC; valid are the years 1 to 9999") from None


def chance(n_bytes: int) -> bytes:
    """Random bytes, for ids of receipts and for jitter; nothing that is replayed may depend on them."""
    return secrets.token_bytes(n_bytes)
