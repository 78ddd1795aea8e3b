"""What a room works out from a process once and uses for every message after that."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from closeloop.process.nouns import Process

Made = TypeVar("Made")

_KEPT = 4
"""More than one, since a replay and a new version of the file may be at work beside each other."""


def once_per_process(make: Callable[[Process], Made]) -> Callable[[Process], Made]:
    """`make`, run once for each process object; told apart by identity, since a process is never changed in place."""
    kept: tuple[tuple[Process, Made], ...] = ()

    def find(process: Process) -> Made:
        nonlocal kept
        for known, made in kept:
            if known is process:
                return made
        made = make(process)
        kept = ((process, made), *kept[: _KEPT - 1])
        return made

    return find
