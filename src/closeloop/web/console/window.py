"""What the console needs of a hub: to look in from the side, and to send a click down the road."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from closeloop.inbox.nouns import Click
from closeloop.measure.window import Window as SideWindow

State = Literal["decided", "set_aside", "failed", "waiting"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a click: decided, refused with a reason, or still waiting when we stopped to wait."""

    state: State
    reason: str = ""


class Window(SideWindow, Protocol):
    """A hub as the console sees it. Its members may be used from several threads."""

    def send(self, click: Click) -> Verdict:
        """Send a click down the road like any message, and wait a while for what comes of it."""
        ...
