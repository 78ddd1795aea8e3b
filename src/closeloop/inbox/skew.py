"""When something happened, when all we have is the sender's clock."""

from __future__ import annotations

from datetime import UTC, datetime

SKEWED = "clock_skew"
"""Flag of a message whose own time could not be right, so that the time of its receipt stands."""
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def corrected(said: datetime, sent_at: datetime | None, received_at: datetime) -> tuple[datetime, tuple[str, ...]]:
    """The moment by our clock of what the sender's clock calls `said`, and the flag if it cannot be right.

    A sender's clock is wrong by as much as its sending time is, the way of the message taken as nothing:
    received_at - (sent_at - said). Never later than the receipt, nor before the year 2000.

    Source: Segment, "Common fields: Timestamps".
    """
    at = said
    if sent_at is not None:
        try:
            at = received_at - (sent_at - said)
        except OverflowError:
            return received_at, (SKEWED,)
    if at > received_at or at < _EARLIEST:
        return received_at, (SKEWED,)
    return at, ()
