"""Many rows in one call, although one bad row spoils it for all: a refused call is halved down to the bad rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from closeloop.connectors.tryton.judging import Refused, Stale
from closeloop.words.errors import EndError

Item = TypeVar("Item")
Result = TypeVar("Result")


def halved(items: Sequence[Item], send: Callable[[Sequence[Item]], Sequence[Result]]) -> list[Result | EndError]:
    """What became of each item, in order: the result of the call that took it, or why none did.

    Only a call that Tryton refused is halved: it was rolled back as a whole. After any other failure nobody knows
    what was done, so it is the answer to all of its items.
    """
    if not items:
        return []
    try:
        return list(send(items))
    except (Refused, Stale) as error:
        if len(items) == 1:
            return [error]
        half = len(items) // 2
        return [*halved(items[:half], send), *halved(items[half:], send)]
    except EndError as error:
        return [error] * len(items)
