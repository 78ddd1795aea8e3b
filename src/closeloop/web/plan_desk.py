"""Plans from the console: made in a thread of their own, approved at a click; the crew then sends what was approved."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace

import structlog

from closeloop.flow import Hub
from closeloop.outbox.plans import Plan
from closeloop.planning import approve_plan, make_plan, read_all
from closeloop.ports import Connector
from closeloop.web.console.window import Making
from closeloop.words.errors import CloseloopError

log = structlog.get_logger()
_LONGEST_END = 30.0


class PlanDesk:
    """Makes one plan at a time, and approves. May be used from several threads."""

    def __init__(self, hub: Hub, ends: Mapping[str, Connector]) -> None:
        """Args:
        ends: the connected systems; without any, plans can be approved and none can be made.
        """
        self._hub = hub
        self._ends = {name: end for name, end in ends.items() if name in hub.process.sources}
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        self._making = Making()

    @property
    def sources(self) -> tuple[str, ...]:
        """The systems that a plan would be made for."""
        return tuple(self._ends)

    def making(self) -> Making:
        """How far the plan is that is being made, or why the last one failed."""
        return self._making

    def make(self) -> None:
        """Begin to make a plan for every connected system; nothing happens while one is being made."""
        with self._lock:
            if self._making.is_running or not self._ends or self._stop.is_set():
                return
            self._making = Making(is_running=True)
            self._thread = threading.Thread(target=self._make, name="make plan", daemon=True)
            self._thread.start()

    def approve(self, plan: Plan, by: str) -> str:
        """Read what changed, then let the plan's commands go. Returns why they may not, "" when they may."""
        try:
            read_all(self._hub, self._ends, lambda *_: None)
            approve_plan(self._hub, plan, by)
        except CloseloopError as error:
            return str(error)
        return ""

    def close(self) -> None:
        """End the making of a plan after the page that is being read."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_LONGEST_END)

    def _make(self) -> None:
        error = ""
        try:
            make_plan(self._hub, self._ends, self.sources, self._progress)
        except _Ended:
            error = "the hub was stopped; make it again"
        except CloseloopError as failed:
            error = str(failed)
        except Exception:
            log.exception("no plan was made")
            error = "something went wrong that nobody foresaw; the hub's log says what"
        self._making = Making(error=error)

    def _progress(self, what: str, n: int) -> None:
        if self._stop.is_set():
            raise _Ended
        before = self._making
        self._making = replace(before, what=what, n=n + (before.n if before.what == what else 0))


class _Ended(Exception):
    """The hub is being stopped."""
