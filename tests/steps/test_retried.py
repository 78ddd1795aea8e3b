"""A refused command that somebody tries again says what is right now, under the key that it had, or is not needed."""

from __future__ import annotations

import json
from datetime import timedelta
from threading import Thread
from time import sleep

from sqlalchemy import text

from closeloop.flow import Hub
from closeloop.inbox.nouns import Click
from closeloop.outbox.rejects import SET_ASIDE
from closeloop.ports import Outcome, Ref
from closeloop.replay import compare, replay
from support.prepared import opened
from support.road import INTERESTED, Road, b2b, page_of, road_on
from support.vendor_words import JOE, LEAD, answered, clicked, commands, joe_is_a_lead, lead_record
from support.versions import version

_NOT_NEEDED = "no longer needed: nothing differs any more, or something else that is sent brings it there"
AGAIN = ("decided", "sent again, as it is decided now")


def refused(road: Road, verb: str, source: str) -> str:
    """The command is refused; its key."""
    (command,) = commands(road, verb, source)
    answered(road, str(command["key"]), source=source, outcome=Outcome.PERMANENT, reason="Title: too long")
    return str(command["key"])


def stands(road: Road, key: str) -> tuple[object, ...]:
    ((state, fields, refs),) = road.rows("SELECT state, fields, refs FROM commands WHERE key = :k", k=key)
    return state, json.loads(str(fields)), json.loads(str(refs))


def owner_of(road: Road) -> dict[str, list[str]]:
    member = road.hub.process.member(str(road.one("SELECT owner FROM leads")))
    assert member is not None
    return {"owner": ["User", member.user]}


def retried(road: Road, key: str) -> tuple[str, str | None]:
    road.clock.advance(timedelta(minutes=1))
    return clicked(road, Click("retry", key, "", "Ada"))


def a_day_later(road: Road) -> None:
    road.clock.advance(timedelta(days=1))
    road.hub.tick()
    road.decide()


def test_what_shows_a_lead_keeps_its_key_and_says_what_is_known_now(road):
    joe_is_a_lead(road)
    key = refused(road, "create", "crm")
    road.act("form.submitted", "f2", email=JOE, title="Plant manager", country="AT")
    road.decide()
    _, before, refs = stands(road, key)
    assert retried(road, key) == AGAIN
    state, fields, now = stands(road, key)
    assert (state, fields["Title"], before["Title"]) == ("waiting", "Plant manager", "CTO")
    assert (fields["packet"], now) == (before["packet"], refs), "the packet was frozen when it was handed over"
    assert len(commands(road, "create", "crm")) == 1


def test_the_owner_of_a_record_to_be_made_is_the_one_of_now(road):
    joe_is_a_lead(road)
    key = refused(road, "create", "crm")
    _, _, before = stands(road, key)
    a_day_later(road)
    assert retried(road, key) == AGAIN
    _, _, now = stands(road, key)
    assert now == owner_of(road) != before


def test_a_lead_that_sales_has_not_now_is_not_shown_and_nothing_waits_until_it_comes_back(road):
    lead_id = joe_is_a_lead(road)
    key = refused(road, "create", "crm")
    a_day_later(road)
    assert road.one("SELECT COUNT(*) FROM commands WHERE after = :k AND state = 'waiting'", k=key) == 1
    clicked(road, Click("outcome", lead_id, "wrong_number", "Ada"))
    verdict, note = retried(road, key)
    assert (verdict, str(note).partition(";")[0]) == ("decided", "not needed now")
    assert retried(road, key) == (verdict, note)
    assert stands(road, key)[0] == "dead"
    assert road.one("SELECT reason FROM commands WHERE key = :k", k=key) == f"Title: too long{SET_ASIDE}"
    assert road.rows("SELECT state FROM commands WHERE after = :k", k=key) == [("done",)]
    for n in range(3):
        road.act("form.submitted", f"back{n}", email=JOE, campaign="spring-webinar", **INTERESTED)
        road.decide()
    assert road.rows("SELECT status, cycle FROM leads") == [("open", 2)]
    state, _, refs = stands(road, key)
    assert (state, refs) == ("waiting", owner_of(road))
    assert road.one("SELECT COUNT(*) FROM commands WHERE after = :k AND state = 'waiting'", k=key) == 1


def test_control_a_refused_create_that_nobody_tries_again_stays_refused_when_the_lead_comes_back(road):
    lead_id = joe_is_a_lead(road)
    key = refused(road, "create", "crm")
    clicked(road, Click("outcome", lead_id, "wrong_number", "Ada"))
    for n in range(3):
        road.act("form.submitted", f"back{n}", email=JOE, campaign="spring-webinar", **INTERESTED)
        road.decide()
    assert stands(road, key)[0] == "dead"


def test_a_name_of_marketing_is_made_with_the_fields_of_now_or_not_at_all(road):
    joe_is_a_lead(road)
    a_day_later(road)
    key = refused(road, "create", "ma")
    assert road.one("SELECT COUNT(*) FROM commands WHERE after = :k", k=key)
    road.act("form.submitted", "f2", email=JOE, title="Plant manager")
    road.decide()
    assert retried(road, key) == AGAIN
    assert stands(road, key)[:2] == ("waiting", {**stands(road, key)[1], "title": "Plant manager"})
    answered(road, key, source="ma", outcome=Outcome.PERMANENT, reason="Title: too long")
    road.clock.advance(timedelta(minutes=1))
    road.hub.take_in([page_of([lead_record(road, record_id="7", email=JOE)], road.clock.now(), "ma")])
    road.decide()
    assert stands(road, key)[0] == "dead"
    verdict, note = retried(road, key)
    assert (verdict, str(note).partition(":")[0]) == ("decided", "no longer needed")
    waited = road.rows("SELECT DISTINCT state, ref_object, ref_id FROM commands WHERE after = :k", k=key)
    assert waited == [("waiting", "Lead", "7")], "what waited for it goes to the record that is there"


def test_a_name_that_marketing_may_not_have_now_is_made_as_soon_as_it_may(database_url):
    with road_on(database_url, version(8, ("sales:     {write: [crm, ma]", "sales:     {write: [crm]"))) as road:
        road.act("form.submitted", "f0", email=JOE, name="Joe Miller")
        road.decide()
        key = refused(road, "create", "ma")
        lead_id = joe_is_a_lead(road)
        (create,) = commands(road, "create", "crm")
        answered(road, str(create["key"]), Ref("Lead", LEAD), created=True)
        assert str(retried(road, key)[1]).startswith("not needed now")
        clicked(road, Click("outcome", lead_id, "wrong_number", "Ada"))
        road.act("page.viewed", "p1", email=JOE, title="Robots")
        road.decide()
        state, fields, _ = stands(road, key)
        assert (state, fields["title"]) == ("waiting", "CTO"), "with what is known of them now"


def test_two_processes_that_decide_two_clicks_at_once_send_it_once_and_drop_nothing(postgres_url):
    with road_on(postgres_url, b2b()) as road:
        joe_is_a_lead(road)
        key = refused(road, "create", "ma")
        road.clock.advance(timedelta(minutes=1))
        other = Hub(opened(postgres_url), b2b(), road.clock)
        threads = []
        with road.database.write() as block:
            block.execute(text("SELECT 1 FROM entities FOR UPDATE")).all()
            for hub in (road.hub, other):
                hub.click(Click("retry", key, "", "Ada"))
                threads.append(Thread(target=hub.decide, args=("live",)))
                threads[-1].start()
                sleep(0.5)  # it has read the command, and waits for the person
        for thread in threads:
            thread.join()
        other.database.close()
        assert stands(road, key)[0] == "waiting"
        waited = road.rows("SELECT DISTINCT state FROM commands WHERE after = :k", k=key)
        assert waited == [("waiting",)], "what waits for it goes out after it"
        notes = road.rows("SELECT reason FROM messages WHERE kind = 'click' ORDER BY id")
        assert notes == [(AGAIN[1],), (None,)], "the second found it refused no more"


def test_fields_are_sent_as_they_are_now_and_once_for_each_record(road):
    joe_is_a_lead(road)
    (create,) = commands(road, "create", "ma")
    answered(road, str(create["key"]), Ref("Lead", "7"), source="ma", created=True)
    for n, title in enumerate(("Head of " * 40, "Chief of " * 40)):
        road.act("form.submitted", f"t{n}", email=JOE, title=title)
        road.decide()
        for (key,) in road.rows(
            "SELECT key FROM commands WHERE verb = 'update' AND source = 'ma' AND state = 'waiting'"
        ):
            answered(road, str(key), source="ma", outcome=Outcome.PERMANENT, reason="title: too long")
    dead = [str(key) for (key,) in road.rows("SELECT key FROM commands WHERE state = 'dead' ORDER BY created_at")]
    assert len(dead) == 2
    road.act("form.submitted", "t3", email=JOE, title="Chief")
    road.decide()
    (waiting,) = road.rows("SELECT key FROM commands WHERE verb = 'update' AND source = 'ma' AND state = 'waiting'")
    assert [retried(road, key)[1] for key in dead] == [_NOT_NEEDED] * 2
    answered(road, str(waiting[0]), source="ma", outcome=Outcome.PERMANENT, reason="title: too long")
    assert retried(road, str(waiting[0])) == AGAIN
    assert stands(road, str(waiting[0]))[:2] == ("waiting", {"title": "Chief"})


def test_an_owner_who_was_given_it_meanwhile_is_not_overruled(road):
    lead_id = joe_is_a_lead(road)
    (create,) = commands(road, "create", "crm")
    answered(road, str(create["key"]), Ref("Lead", LEAD), created=True)
    keys = []
    for _ in range(2):
        a_day_later(road)
        keys = [str(key) for (key,) in road.rows("SELECT key FROM commands WHERE verb = 'update' AND source = 'crm'")]
    first, second = sorted(keys, key=lambda key: int(key.split(":")[1]))[:2]
    answered(road, first, outcome=Outcome.PERMANENT, reason="INACTIVE_OWNER")
    answered(road, second, Ref("Lead", LEAD))
    assert road.one("SELECT status FROM leads WHERE id = :id", id=lead_id) == "open"
    assert retried(road, first) == ("decided", _NOT_NEEDED)


def test_a_replay_decides_it_alike(road, tmp_path):
    joe_is_a_lead(road)
    keys = [refused(road, "create", source) for source in ("crm", "ma")]
    road.act("form.submitted", "f2", email=JOE, title="Plant manager")
    road.decide()
    assert [retried(road, key) for key in keys] == [AGAIN, AGAIN]
    again = opened(f"sqlite:///{tmp_path / 'again.db'}")
    replay(road.database, again)
    assert [str(each) for each in compare(road.database, again)] == []
    again.close()
