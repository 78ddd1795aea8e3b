"""What is planned fits what was read before it, in however many steps that came, and what is planned beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from closeloop.inbox.nouns import Click
from closeloop.outbox.store import post
from closeloop.ports import Record, Ref
from closeloop.steps import plan as plan_step
from support.ends import Ends, merging
from support.road import INTERESTED, Road, page_of, road_on
from support.vendor_words import clicked

JOE = "joe@acme.example"


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url, merging(writes="crm, ma")) as found:
        yield found


def commands(road: Road, verb: str) -> list[tuple[object, ...]]:
    return road.rows("SELECT source, state, attempts, after FROM commands WHERE verb = :verb ORDER BY no", verb=verb)


def test_feedback_waits_for_the_record_that_the_same_step_asks_for(road: Road):
    for n in range(2):
        road.act("form.submitted", f"f{n}", email=JOE, **INTERESTED)
    road.decide()
    create = road.one("SELECT key FROM commands WHERE verb = 'create' AND source = 'ma'")
    assert commands(road, "tell") == [("ma", "waiting", 0, create)]


def test_an_address_goes_out_without_the_blanks_around_it(road: Road, ends: Ends):
    for n in range(2):
        road.act("form.submitted", f"f{n}", email="\t Joe@ACME.example\n", **INTERESTED)
    road.decide()
    assert road.hub.deliver("crm", ends.connectors["crm"], "w") == 1
    assert [lead["Email"] for lead in ends.crm.records("Lead")] == ["Joe@ACME.example"]


def read_in_two_steps(road: Road) -> None:
    """The CRM's Joe is decided before anybody knows that marketing has him too."""
    road.hub.take_in(
        [page_of([Record("Contact", "0031", "person", road.clock.now(), {"Email": JOE})], road.clock.now())]
    )
    road.decide()
    assert [each[:3] for each in commands(road, "create")] == [("ma", "waiting", 0)]
    road.clock.advance(timedelta(seconds=1))
    told = Record("Lead", "1000001", "person", road.clock.now(), {"email": JOE, "title": "CTO"})
    road.hub.take_in([page_of([told], road.clock.now(), source="ma")])
    road.decide()


def test_nobody_is_made_where_they_were_found_meanwhile(road: Road):
    read_in_two_steps(road)
    assert [each[:3] for each in commands(road, "create")] == [("ma", "done", 0)]
    assert road.one("SELECT reason FROM commands WHERE verb = 'create'") == "no longer needed: ma has a record of them"


def test_control_without_a_second_look_they_would_be(road: Road, monkeypatch):
    monkeypatch.setattr(plan_step, "needless", lambda *_: {})
    read_in_two_steps(road)
    assert [each[:3] for each in commands(road, "create")] == [("ma", "waiting", 0)]


def test_large_pages_are_decided_few_at_a_time_so_that_doors_do_not_wait_for_long(road: Road):
    now = road.clock.now()
    pages = [
        page_of([Record("Contact", f"003{n}", "person", now, {"Email": f"ann{n}@a{n}.example"})], now) for n in range(5)
    ]
    road.hub.take_in(pages)
    at_once = 2 * len(pages[0].body) + 5
    assert [road.hub.decide("live", most_bytes=at_once) for _ in range(4)] == [2, 2, 1, 0]
    assert road.one("SELECT COUNT(*) FROM keys WHERE kind = 'email'") == 5


def linked_after_both_were_planned(road: Road) -> None:
    """Two contacts, each of whom marketing is to get, are one for the CRM a moment later."""
    now = road.clock.now()
    road.hub.take_in(
        [page_of([Record("Contact", n, "person", now, {"Email": f"{n}@acme.example"}) for n in ("0031", "0032")], now)]
    )
    road.decide()
    assert [each[1] for each in commands(road, "create")] == ["waiting", "waiting"]
    road.clock.advance(timedelta(seconds=1))
    gone = Record("Contact", "0032", "person", road.clock.now(), {}, became=(Ref("Contact", "0031"),), deleted=True)
    road.hub.take_in([page_of([gone], road.clock.now())])
    road.decide()


def test_two_who_are_linked_before_either_is_made_are_made_once(road: Road):
    linked_after_both_were_planned(road)
    assert sorted(each[1] for each in commands(road, "create")) == ["done", "waiting"]
    said = road.rows("SELECT reason FROM commands WHERE verb = 'create' AND state = 'done'")
    assert said == [("no longer needed: another create of them waits",)]


def test_parted_again_before_anything_was_sent_both_are_made(road: Road):
    linked_after_both_were_planned(road)
    assert clicked(road, Click("unlink", str(road.one("SELECT id FROM merges")), "", "kim"))[0] == "decided"
    assert [each[1] for each in commands(road, "create")] == ["waiting", "waiting"]


def test_control_where_a_dropped_create_is_not_called_for_again_one_of_them_is_lost(road: Road, monkeypatch):
    monkeypatch.setattr(post, "_call_for_again", lambda *_: None)
    linked_after_both_were_planned(road)
    clicked(road, Click("unlink", str(road.one("SELECT id FROM merges")), "", "kim"))
    assert sorted(each[1] for each in commands(road, "create")) == ["done", "waiting"]
