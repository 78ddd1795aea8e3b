"""Requests in flight share a commit, each has its own answer, and none is answered before."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
import structlog

from closeloop.inbox.nouns import Receipt
from closeloop.web.doors import GroupCommit
from closeloop.words.errors import Unready

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)


def receipt(name: str) -> Receipt:
    return Receipt(name, "form", "segment", "live", NOW, {}, b"{}")


def test_what_comes_in_during_a_commit_shares_the_next_one():
    groups: list[list[str]] = []
    begun, go_on = threading.Event(), threading.Event()

    def take_in(receipts: Sequence[Receipt]) -> None:
        groups.append([receipt.id for receipt in receipts])
        begun.set()
        go_on.wait(10)

    async def scene() -> None:
        committer = GroupCommit(take_in)
        first = asyncio.create_task(committer.submit(receipt("a")))
        await asyncio.to_thread(begun.wait, 10)
        others = [asyncio.create_task(committer.submit(receipt(name))) for name in "bcd"]
        await asyncio.sleep(0.05)
        assert committer.n_waiting == 3
        assert not first.done()
        go_on.set()
        await asyncio.gather(first, *others)
        committer.close()

    asyncio.run(scene())
    assert groups == [["a"], ["b", "c", "d"]]


def test_one_receipt_that_cannot_be_kept_costs_the_others_nothing():
    kept: list[str] = []

    def take_in(receipts: Sequence[Receipt]) -> None:
        if any(receipt.id == "bad" for receipt in receipts):
            raise ValueError("no room for this one")
        kept.extend(receipt.id for receipt in receipts)

    async def scene() -> list[BaseException | None]:
        committer = GroupCommit(take_in)
        answers = await asyncio.gather(
            *(committer.submit(receipt(name)) for name in ("a", "bad", "b")), return_exceptions=True
        )
        committer.close()
        return answers

    answers = asyncio.run(scene())
    assert isinstance(answers[1], ValueError)
    assert answers[0] is answers[2] is None
    assert kept == ["a", "b"]


def test_a_log_that_cannot_be_written_holds_nobody_up():
    closed = io.StringIO()
    closed.close()

    def take_in(receipts: Sequence[Receipt]) -> None:
        if receipts[0].id == "bad":
            raise ValueError("no room for this one")

    async def scene() -> list[BaseException | None]:
        committer = GroupCommit(take_in)
        one = await asyncio.gather(committer.submit(receipt("bad")), return_exceptions=True)
        async with asyncio.timeout(10):
            await committer.submit(receipt("a"))
        committer.close()
        return one

    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(closed))
    try:
        [answer] = asyncio.run(scene())
    finally:
        structlog.configure(**before)
    assert isinstance(answer, ValueError)


def test_closing_keeps_what_waits_and_takes_nothing_more():
    kept: list[str] = []

    async def scene() -> None:
        committer = GroupCommit(lambda receipts: kept.extend(receipt.id for receipt in receipts))
        waiting = asyncio.create_task(committer.submit(receipt("a")))
        await asyncio.sleep(0)
        await asyncio.to_thread(committer.close)
        await waiting
        with pytest.raises(Unready, match="stopping"):
            await committer.submit(receipt("b"))

    asyncio.run(scene())
    assert kept == ["a"]
