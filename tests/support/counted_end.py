"""A vendor within the test that counts calls, so that thousands of commands take no time; it can be away or busy."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

from closeloop.ports import Answer, Command, Limits, Outcome, Owner, Pulled, Record, Ref, Shape
from closeloop.words.errors import EndError


class Vendor:
    """What several connectors share: the calls that came in, and what was done, in order.

    Attributes:
        fails: what the next calls raise, one each.
        away: what every call raises while it is set.
    """

    def __init__(self) -> None:
        self.n_calls = 0
        self.done: list[Command] = []
        self.fails: list[EndError] = []
        self.away: EndError | None = None
        self.left: int | None = None
        self.lock = threading.Lock()

    def call(self) -> None:
        """One call comes in."""
        with self.lock:
            self.n_calls += 1
            if self.away is not None:
                raise self.away
            if self.fails:
                raise self.fails.pop(0)

    @property
    def keys(self) -> list[str]:
        """Keys of what was done, in order."""
        return [command.key for command in self.done]


class CountedEnd:
    """A connector to a `Vendor`; `pause` is waited for in each call, so that two senders meet."""

    system = "counted"
    person_objects: tuple[str, ...] = ("Lead",)
    can_merge: frozenset[str] = frozenset()
    bulk_size = 0
    bulk_from = 0

    def __init__(self, vendor: Vendor, batch_size: int = 20, pause: threading.Barrier | None = None) -> None:
        self.vendor, self.batch_size, self.pause = vendor, batch_size, pause
        self.calls = 0

    def cost(self, commands: Sequence[Command]) -> int:
        return 1 if commands else 0

    def push(self, commands: Sequence[Command]) -> Sequence[Answer]:
        if self.pause is not None:
            with suppress(threading.BrokenBarrierError):
                self.pause.wait()
        self._call()
        with self.vendor.lock:
            self.vendor.done += commands
        return [Answer(command.key, Outcome.DONE, command.ref or Ref("Lead", command.key)) for command in commands]

    def pull(self, cursor: str | None) -> Pulled:
        self._call()
        return Pulled((), cursor or "0", more=False)

    def limits(self) -> Limits:
        return Limits(self.vendor.left, None)

    def mark(self) -> str:
        return "0"

    def discover(self) -> Sequence[Shape]:
        return ()

    def owners(self) -> Sequence[Owner]:
        return ()

    def objects(self) -> Sequence[str]:
        return ()

    def count(self, object_name: str) -> int | None:
        return None

    def scan(self, object_name: str, after: str | None) -> Pulled:
        return Pulled((), "", more=False)

    def read_back(self, object_name: str, our_keys: Sequence[str]) -> Mapping[str, Record]:
        return {}

    def fetch(self, refs: Sequence[Ref]) -> Mapping[Ref, Record]:
        return {}

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> bool:
        return False

    def close(self) -> None:
        pass

    def _call(self) -> None:
        self.calls += 1
        self.vendor.call()
