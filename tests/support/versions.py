"""Other versions of the project's own process file."""

from __future__ import annotations

from closeloop.process.nouns import Process
from support.road import b2b_changed


def version(number: int, *changes: tuple[str, str], more: str = "") -> Process:
    """b2b in another version; the rest as `b2b_changed` takes it."""
    return b2b_changed(("version: 7 ", f"version: {number} "), *changes, more=more)
