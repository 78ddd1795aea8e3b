"""What the side window needs of a hub: its database, the agreed process and the time. It writes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from closeloop.db import Database
from closeloop.process.nouns import Process


class Window(Protocol):
    """A hub seen from the side."""

    @property
    def database(self) -> Database: ...

    @property
    def process(self) -> Process: ...

    def now(self) -> datetime:
        """The moment to measure at, UTC."""
        ...
