"""A command that works until somebody ends it."""

from __future__ import annotations

import signal
import threading


def wait_for_end() -> None:
    """Return when somebody asks this process to end: SIGINT or SIGTERM."""
    end = threading.Event()
    before = {number: signal.signal(number, lambda *_: end.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        end.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
