"""One message at fault among a thousand waits alone with its error; mended, it is decided, and a replay agrees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from closeloop import flow
from closeloop.inbox.nouns import Message
from closeloop.replay import compare, replay, try_again
from closeloop.steps.batch import Batch
from support.prepared import opened
from support.road import Road, batch_receipt, event, road_on

POISON = "form:poison"


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url) as road:
        yield road


def choke(batch: Batch) -> None:
    """A rule that nobody thought through."""
    if any(message.id == POISON for message in batch.messages):
        raise ZeroDivisionError("score of nothing")


def send_a_thousand(road: Road) -> None:
    now = road.clock.now()
    events = [event("page.viewed", f"m{n}", now, visitor=f"b{n % 100}", url="/robot") for n in range(999)]
    events.insert(612, event("form.submitted", "poison", now, email="eve@acme.example", product="robot"))
    road.hub.take_in([batch_receipt(events[start : start + 100], now) for start in range(0, 1000, 100)])


def test_a_message_at_fault_fails_alone_and_is_decided_once_mended(road: Road, monkeypatch, tmp_path):
    steps = flow.STEPS
    monkeypatch.setattr(flow, "STEPS", (*steps, choke))
    send_a_thousand(road)
    road.decide()

    assert road.rows("select state, count(*) from messages group by state order by state") == [
        ("decided", 999),
        ("failed", 1),
    ]
    assert road.rows("select id, reason from messages where state = 'failed'") == [
        (POISON, "ZeroDivisionError: score of nothing")
    ]
    assert road.rows("select * from keys") == []
    assert road.one("select count(*) from waiting") == 0

    monkeypatch.setattr(flow, "STEPS", steps)
    now = road.clock.now()
    assert try_again(road.database, only="crm") == try_again(road.database, since=now + timedelta(seconds=1)) == 0
    assert try_again(road.database, only="form", since=now) == 1
    road.decide()
    assert road.rows("select state, count(*) from messages group by state") == [("decided", 1000)]
    assert road.rows("select value from keys where kind = 'email'") == [("eve@acme.example",)]
    assert road.one("select count(*) from touches") == 1000
    assert try_again(road.database) == 0

    target = opened(f"sqlite:///{tmp_path / 'replayed.db'}")
    replay(road.database, target)
    assert [str(difference) for difference in compare(road.database, target)] == []
    target.close()


def test_a_failure_that_was_not_mended_is_the_same_failure_in_a_replay(road: Road, monkeypatch, tmp_path):
    steps = flow.STEPS
    monkeypatch.setattr(flow, "STEPS", (*steps, choke))
    road.act("page.viewed", "before", visitor="b")
    road.act("form.submitted", "poison", email="eve@acme.example", product="robot")
    road.act("page.viewed", "after", visitor="b")
    road.decide()
    monkeypatch.setattr(flow, "STEPS", steps)

    target = opened(f"sqlite:///{tmp_path / 'replayed.db'}")
    replay(road.database, target)
    assert [str(difference) for difference in compare(road.database, target)] == []
    target.close()


def test_a_receipt_that_cannot_even_be_read_fails_alone(road: Road, monkeypatch):
    read = flow.read

    def stumble(receipt, process):
        if b"poison" in receipt.body:
            raise RecursionError("deeper than anybody foresaw")
        return read(receipt, process)

    monkeypatch.setattr(flow, "read", stumble)
    road.act("page.viewed", "before", visitor="b")
    road.act("form.submitted", "poison", email="eve@acme.example", product="robot")
    road.act("page.viewed", "after", visitor="b")
    road.decide()

    found = road.rows("select state, reason from messages order by receipt_id")
    assert found == [("decided", None), ("failed", "RecursionError: deeper than anybody foresaw"), ("decided", None)]
    monkeypatch.setattr(flow, "read", read)
    assert try_again(road.database) == 1
    road.decide()
    assert road.rows("select value from keys where kind = 'email'") == [("eve@acme.example",)]


def test_a_text_that_a_database_refuses_fails_alone_even_as_an_id_and_in_the_error(road: Road, monkeypatch):
    read = flow.read

    def with_nul(receipt, process):
        return [
            replace(message, id="form:a\x00b") if isinstance(message, Message) and "poison" in message.id else message
            for message in read(receipt, process)
        ]

    def quote(batch: Batch) -> None:
        if any("\x00" in message.id for message in batch.messages):
            raise ValueError("cannot keep 'a\x00b' nor '\ud800'")

    monkeypatch.setattr(flow, "read", with_nul)
    monkeypatch.setattr(flow, "STEPS", (quote, *flow.STEPS))
    road.act("page.viewed", "before", visitor="b")
    road.act("form.submitted", "poison", email="eve@acme.example", product="robot")
    road.act("page.viewed", "after", visitor="b")
    road.decide()

    assert road.rows("select state, count(*) from messages group by state order by state") == [
        ("decided", 2),
        ("failed", 1),
    ]
    assert road.one("select count(*) from waiting") == 0


def test_without_taking_a_batch_apart_one_message_holds_up_all(road: Road, monkeypatch):
    """The control: the protection off, nothing is decided."""
    monkeypatch.setattr(flow, "STEPS", (*flow.STEPS, choke))
    monkeypatch.setattr(flow.Hub, "_decide_carefully", lambda *_: pytest.fail("taken apart"))
    send_a_thousand(road)
    with pytest.raises(pytest.fail.Exception, match="taken apart"):
        road.decide()

    assert road.rows("select * from messages") == []
