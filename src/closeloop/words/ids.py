"""Ids: UUIDv7 (RFC 9562), so that they sort by time and stay short in unique indexes.

What the road mints is derived from what caused it, so a replay mints the same ids again.
"""

from __future__ import annotations

import threading
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from closeloop.words.moment import chance, to_us

_lock = threading.Lock()
_last = (0, 0)


def new(at: datetime) -> str:
    """A fresh id, for what comes in from outside (receipts); within a process those of one millisecond sort as made.

    Source: RFC 9562, section 6.2, method 1 (a counter in the twelve bits after the time).
    """
    global _last  # noqa: PLW0603 - the counter is the one state that the method asks for
    with _lock:
        millisecond = to_us(at) // 1000
        _last = (millisecond, _last[1] + 1 if millisecond == _last[0] else 0)
        return _uuid7(at, (_last[1] & 0xFFF).to_bytes(2, "big") + chance(8))


def derive(at: datetime, *cause: str) -> str:
    """The id of what `cause` brought about at `at`: the same cause gives the same id, always."""
    return _uuid7(at, blake2b("\x1f".join(cause).encode(), digest_size=10).digest())


def _uuid7(at: datetime, tail: bytes) -> str:
    value = (to_us(at) // 1000) << 80 | int.from_bytes(tail, "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=value))
