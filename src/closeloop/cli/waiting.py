"""A command that works until somebody ends it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def asked_to_end() -> Iterator[threading.Event]:
    """An event that is set once somebody asks this process to end: SIGINT or SIGTERM; asked again, it ends at once.

    Enter it before the command says that it is at work.
    """
    end = threading.Event()

    def ask(*_: object) -> None:
        end.set()
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield end
    finally:
        restore()
