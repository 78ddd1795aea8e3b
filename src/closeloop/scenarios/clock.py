"""A clock for a story: moves when told to, and runs on by itself once the story is told."""

from __future__ import annotations

from datetime import datetime

from closeloop.words.moment import ManualClock, SystemClock


class StoryClock(ManualClock):
    """Stands still between steps; after `run` it goes on at the pace of the machine's own clock."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self._system = SystemClock()
        self._since: datetime | None = None

    def now(self) -> datetime:
        told = super().now()
        return told if self._since is None else told + (self._system.now() - self._since)

    def run(self) -> None:
        """Let time pass."""
        self._since = self._system.now()
