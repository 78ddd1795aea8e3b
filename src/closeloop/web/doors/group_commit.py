"""Group commit: requests in flight share one transaction, so that they share one sync to disk.

committer = GroupCommit(take_in)
await committer.submit(receipt)      # returns once it is on disk, raises what take_in raised
committer.close()
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

import structlog

from closeloop.inbox.nouns import Receipt
from closeloop.words.errors import Unready

TakeIn = Callable[[Sequence[Receipt]], None]
"""Keeps receipts for good: returns after the commit, or raises and has kept none of them."""

MOST_RECEIPTS, MOST_OCTETS = 1_000, 8 << 20
"""Of one transaction, so that nobody waits long for others."""

_log = structlog.get_logger(__name__)


class _Waiting(NamedTuple):
    receipt: Receipt
    answer: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop


class GroupCommit:
    """One thread that commits; everything that comes in while it does goes together into the next transaction."""

    def __init__(self, take_in: TakeIn) -> None:
        self._take_in = take_in
        self._waiting: list[_Waiting] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    @property
    def n_waiting(self) -> int:
        """Requests whose receipts are not yet handed to a transaction."""
        return len(self._waiting)

    async def submit(self, receipt: Receipt) -> None:
        """Wait until the receipt is kept.

        Raises:
            Unready: the database cannot keep it now, or this is closed.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[None] = loop.create_future()
        with self._changed:
            if self._closed:
                raise Unready("the hub is stopping; send it again")
            self._waiting.append(_Waiting(receipt, answer, loop))
            self._changed.notify()
        await answer

    def close(self) -> None:
        """Keep what waits, then stop."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while group := self._next_group():
            self._commit(group)

    def _next_group(self) -> list[_Waiting]:
        """All that waits, up to the bounds; empty when closed and done."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            n, octets = 0, 0
            while n < min(len(self._waiting), MOST_RECEIPTS) and octets < MOST_OCTETS:
                octets += len(self._waiting[n].receipt.body)
                n += 1
            group, self._waiting = self._waiting[:n], self._waiting[n:]
            return group

    def _commit(self, group: list[_Waiting]) -> None:
        try:
            self._take_in([waiting.receipt for waiting in group])
        except Unready as error:
            _answer(group, error)
        except Exception as error:  # noqa: BLE001 — whatever it was, each request must have its answer
            if len(group) > 1:
                # One receipt that cannot be kept must not cost the others their answer.
                for waiting in group:
                    self._commit([waiting])
                return
            _answer(group, error)
            with suppress(Exception):  # a log that cannot be written must not end the thread that all wait for
                _log.exception("receipt not kept", source=group[0].receipt.source, n_octets=len(group[0].receipt.body))
        else:
            _answer(group, None)


def _answer(group: list[_Waiting], error: Exception | None) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for waiting in group:
        by_loop.setdefault(waiting.loop, []).append(waiting.answer)
    for loop, answers in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_wake, answers, error)


def _wake(answers: list[asyncio.Future[None]], error: Exception | None) -> None:
    for answer in answers:
        if answer.done():  # the client went away
            continue
        if error is None:
            answer.set_result(None)
        else:
            answer.set_exception(error)
