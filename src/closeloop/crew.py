"""Those who keep the road moving: a loop for each job, and `pump`, which runs them in turn until nothing moves."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import structlog

from closeloop.comparing import compare_when_due
from closeloop.comparing import listen as listen_to
from closeloop.flow import Hub
from closeloop.planning import finish_plans
from closeloop.ports import Connector
from closeloop.words import ids
from closeloop.words.errors import CloseloopError, EndError, Transient, Unready

log = structlog.get_logger()
PAUSE = timedelta(milliseconds=200)
"""How long a loop rests when there was nothing to do."""
BULK = 4
"""Receipts of the bulk queue decided together, each of up to 500 rows: a click must not wait behind more."""
LISTEN_EVERY = timedelta(seconds=5)
COMPARE_EVERY = timedelta(days=1)
"""How long a system may go without a full compare."""
AFTER_FAULT = timedelta(seconds=2)
LONGEST_REST = timedelta(minutes=1)
"""While an end does not answer, its loop rests twice as long each time, up to this."""


def pump(hub: Hub, ends: Mapping[str, Connector], *, listen: bool = True, at_most: int = 1000) -> int:
    """Decide, deliver, listen and tick in turn until nothing moves any more; returns how many rounds it took.

    Used where time stands still between steps: scenarios, imports, tests.

    Raises:
        RuntimeError: still moving after `at_most` rounds: something answers itself.
    """
    for n in range(at_most):
        moved = hub.tick() + hub.decide("live") + hub.decide("bulk")
        for source, connector in ends.items():
            moved += hub.deliver(source, connector, "pump")
        if not moved and listen:
            moved = sum(_heard(hub, source, connector) for source, connector in ends.items())
        if not moved:
            return n
    raise RuntimeError(f"the road did not come to rest in {at_most} rounds")


def _heard(hub: Hub, source: str, connector: Connector) -> int:
    """How many receipts a reading brought that were not there before."""
    listen_to(hub, source, connector)
    return hub.decide("live")


@dataclass(slots=True)
class Crew:
    """Threads that work one hub: the live road, the bulk road, the clocks, and a sender and a listener for each end."""

    hub: Hub
    ends: Mapping[str, Connector]
    n_workers: int = 1
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin work; returns at once."""
        # What is loaded by now stays; the collector would walk through all of it again and again while batches pass.
        gc.collect()
        gc.freeze()
        for _ in range(self.n_workers):
            self._run("live", lambda: self.hub.decide("live"), PAUSE / 4)
        self._run("bulk", lambda: self.hub.decide("bulk", BULK), PAUSE)
        self._run("clock", self.hub.tick, PAUSE)
        for source, connector in self.ends.items():
            worker = ids.new(self.hub.now())
            self._run(f"send {source}", partial(self.hub.deliver, source, connector, worker), PAUSE)
            if connector.bulk_from:  # what is hot does not wait until a bulk job is done
                hot = partial(self.hub.deliver, source, connector, ids.new(self.hub.now()), "hot")
                self._run(f"send hot {source}", hot, PAUSE)
            self._run(f"listen {source}", partial(self._listen, source, connector), LISTEN_EVERY)
            compared = partial(compare_when_due, self.hub, source, connector, COMPARE_EVERY)
            self._run(f"compare {source}", compared, COMPARE_EVERY / 100)
        self._run("plans", partial(finish_plans, self.hub), LISTEN_EVERY)

    def stop(self) -> None:
        """End work after what is under way."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def _listen(self, source: str, connector: Connector) -> int:
        """Reads all that is new, so there is no need to come again at once."""
        if self.hub.may_listen(source):
            listen_to(self.hub, source, connector)
        return 0

    def _run(self, name: str, job: Callable[[], int], pause: timedelta) -> None:
        thread = threading.Thread(target=self._loop, args=(name, job, pause), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _loop(self, name: str, job: Callable[[], int], pause: timedelta) -> None:
        n_away = 0
        while not self._stop.is_set():
            try:
                rest = timedelta(0) if job() else pause
                n_away = 0
            except Transient as error:
                rest = error.retry_after or min(AFTER_FAULT * 2**n_away, LONGEST_REST)
                rest, n_away = min(rest, LONGEST_REST), min(n_away + 1, 10)
                log.warning("an end does not answer", job=name, error=str(error))
            except (EndError, Unready) as error:
                rest = AFTER_FAULT * 5
                log.warning("work waits", job=name, error=str(error))
            except CloseloopError as error:
                rest = AFTER_FAULT
                log.warning("work failed", job=name, error=str(error))
            except Exception:
                rest = AFTER_FAULT
                log.exception("work failed", job=name)
            self._stop.wait(rest.total_seconds())
