"""What the console needs of a hub: to look in from the side, and to send a click down the road."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from closeloop.db import Database
from closeloop.inbox.nouns import Click
from closeloop.process.nouns import Process


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a click: decided, refused with a reason, or still waiting when we stopped to wait."""

    state: Literal["decided", "set_aside", "failed", "waiting"]
    reason: str = ""


class Window(Protocol):
    """A hub as the console sees it. Its members may be used from several threads."""

    @property
    def database(self) -> Database: ...

    @property
    def process(self) -> Process: ...

    def now(self) -> datetime:
        """The hub's moment, UTC."""
        ...

    def send(self, click: Click) -> Verdict:
        """Send a click down the road like any message, and wait a while for what comes of it."""
        ...
