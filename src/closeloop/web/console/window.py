"""What the console needs of a hub: to look in from the side, to send a click down the road, and to have plans made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from closeloop.inbox.nouns import Click
from closeloop.measure.window import Window as SideWindow
from closeloop.outbox.plans import Plan

State = Literal["decided", "set_aside", "failed", "waiting"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a click: decided, refused with a reason, or still waiting when we stopped to wait."""

    state: State
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Making:
    """How far a plan is that is being made: `n` more of `what`; or why none was made."""

    is_running: bool = False
    what: str = ""
    n: int = 0
    error: str = ""


class Desk(Protocol):
    """Where plans are made and approved."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The systems that a plan would be made for; none where plans cannot be made here."""
        ...

    def making(self) -> Making:
        """How far the plan is that is being made."""
        ...

    def make(self) -> None:
        """Begin to make a plan."""
        ...

    def approve(self, plan: Plan, by: str) -> str:
        """Let the plan's commands go. Returns why they may not, "" when they may."""
        ...


class Window(SideWindow, Protocol):
    """A hub as the console sees it. Its members may be used from several threads."""

    @property
    def plans(self) -> Desk: ...

    def send(self, click: Click) -> Verdict:
        """Send a click down the road like any message, and wait a while for what comes of it."""
        ...
