"""A database decided again from its receipts, and what came out otherwise."""

from __future__ import annotations

from pathlib import Path

from closeloop.replay import compare, replay
from support.prepared import opened
from support.road import Road


def differences_of_a_replay(road: Road, folder: Path) -> list[str]:
    """What a replay into an empty SQLite database has otherwise, a line each."""
    target = opened(f"sqlite:///{folder}/again.db")
    try:
        replay(road.database, target)
        return list(map(str, compare(road.database, target)))
    finally:
        target.close()
