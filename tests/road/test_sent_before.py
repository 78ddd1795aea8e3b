"""What was sent before it could be dropped is kept with the decision, so that a replay of that moment decides alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from closeloop.inbox import store as inbox_store
from closeloop.inbox.nouns import Click
from closeloop.outbox import store as outbox_store
from closeloop.ports import Outcome, Record, Ref
from closeloop.replay import compare, replay
from support.prepared import opened
from support.road import Road, page_of, road_on
from support.vendor_words import JOE, LEAD, answered, clicked, commands, joe_is_a_lead


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    """Joe is known to both systems."""
    with road_on(database_url) as found:
        joe_is_a_lead(found)
        for source, id_ in (("crm", LEAD), ("ma", "7")):
            (create,) = commands(found, "create", source)
            answered(found, str(create["key"]), Ref("Lead", id_), source=source, created=True)
        while keys := send_all(found, "ma"):
            for key in keys:
                answered(found, key, Ref("Lead", "7"), source="ma")
        yield found


@pytest.fixture
def empty(tmp_path):
    database = opened(f"sqlite:///{tmp_path / 'empty.db'}")
    yield database
    database.close()


def send_all(road: Road, source: str) -> list[str]:
    """What waits is sent, and its answers are not there yet; the keys."""
    with road.database.write() as connection:
        found = outbox_store.claim(connection, source, road.clock.now(), 100, "w")
    return [each.planned.command.key for each in found]


def title(road: Road, said: str) -> str:
    """Joe says that he is something else; the key of the update for marketing's system that follows."""
    before = {row["key"] for row in commands(road, "update", "ma")}
    road.act("form.submitted", f"title {said}", email=JOE, title=said)
    road.decide()
    (key,) = {str(row["key"]) for row in commands(road, "update", "ma")} - before
    return key


def sent_too_early(road: Road) -> tuple[str, str]:
    """The update of a title was sent when the next one was decided, and was put off by the vendor."""
    first = title(road, "Chief")
    assert send_all(road, "ma") == [first]
    return first, title(road, "President")


def state(road: Road, key: str) -> object:
    return road.one("SELECT state FROM commands WHERE key = :key", key=key)


def differences(road: Road, empty) -> list[str]:
    replay(road.database, empty)
    return [str(each) for each in compare(road.database, empty)]


def test_a_command_that_was_sent_before_it_was_superseded_is_so_in_a_replay_too(road, empty):
    first, second = sent_too_early(road)
    assert (state(road, first), state(road, second)) == ("leased", "waiting")
    assert differences(road, empty) == []


def test_put_off_by_the_vendor_it_still_counts_as_sent(road, empty):
    first, second = sent_too_early(road)
    answered(road, first, source="ma", outcome=Outcome.TRANSIENT, reason="HTTP 503")
    third = title(road, "Chairman")
    assert [state(road, key) for key in (first, second, third)] == ["waiting", "done", "waiting"]
    answered(road, first, Ref("Lead", "7"), source="ma")
    assert differences(road, empty) == []


def test_what_should_go_elsewhere_and_was_sent_before_stays_as_it_is(road, empty):
    road.clock.advance(timedelta(days=1))
    road.hub.tick()
    road.decide()
    sent = send_all(road, "ma")
    assert sent, "marketing is told that nobody called"
    road.clock.advance(timedelta(minutes=1))
    record = Record("Lead", "7", "person", road.clock.now(), {"email": JOE}, became=(Ref("Lead", "8"),))
    road.hub.take_in([page_of([record], road.clock.now(), "ma")])
    road.decide()
    assert {str(road.one("SELECT ref_id FROM commands WHERE key = :key", key=key)) for key in sent} == {"7"}
    assert differences(road, empty) == []


def test_what_a_batch_found_sent_does_not_name_who_was_erased(road):
    first, _ = sent_too_early(road)
    assert road.rows("SELECT sent FROM batches WHERE sent IS NOT NULL") == [(f'["{first}"]',)]
    clicked(road, Click("erase", str(road.one("SELECT id FROM entities WHERE kind = 'person'")), "", "Ada"))
    assert road.rows("SELECT sent FROM batches WHERE sent IS NOT NULL") == []


def test_control_without_what_the_batch_found_sent_a_replay_differs(road, empty, monkeypatch):
    first, _ = sent_too_early(road)
    monkeypatch.setattr(inbox_store, "found_sent", lambda _: {})
    assert any(first in each and "no longer" not in each for each in differences(road, empty))


def test_pages_of_a_compare_say_what_was_under_way_as_those_that_are_read_do(road):
    first = title(road, "Chief")
    assert send_all(road, "ma") == [first]
    road.clock.advance(timedelta(minutes=1))
    record = Record("Lead", "7", "person", road.clock.now(), {"title": "Chief"})
    road.hub.heard("ma", [record])
    road.decide()
    ((headers,),) = road.rows("SELECT headers FROM receipts WHERE door = 'pull' AND source = 'ma'")
    assert first in str(headers)
    assert road.rows("SELECT value FROM field_values WHERE path = 'ma.title'") == [], (
        "what we wrote is no edit of theirs"
    )
