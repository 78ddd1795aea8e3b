"""Who it is: browsers that turn out to be somebody's, merges and their undoing, and what follows for sums and leads."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closeloop.inbox.nouns import Click
from closeloop.ports import Ref
from support.road import INTERESTED
from support.vendor_words import JOE, LEAD, answered, clicked, commands, joe_is_a_lead, lead_record, told


def points(road, person):
    rows = road.rows(
        "SELECT s.line, s.n FROM sums s JOIN entities e ON e.id = s.person_id WHERE e.root_id = :p ORDER BY 1", p=person
    )
    return dict(rows)


def test_page_views_of_an_unknown_browser_join_the_person_who_identifies_later_and_the_sums_follow(road):
    for n in range(2):
        road.act("page.viewed", f"p{n}", visitor="phone", url="/robot/pricing")
    road.decide()
    assert road.rows("SELECT person_id FROM touches") == [(None,), (None,)]
    assert road.rows("SELECT * FROM entities") == []
    road.act("form.submitted", "f", visitor="phone", email=JOE, product="robot")
    road.decide()
    person = road.one("SELECT id FROM entities WHERE kind = 'person'")
    assert set(road.rows("SELECT person_id FROM touches")) == {(person,)}
    assert points(road, person) == {"interest[0]": 1, "interest[1]": 2}


def test_page_views_on_the_browser_of_somebody_known_are_theirs_and_can_open_the_gate(road):
    road.act("form.submitted", "f", visitor="phone", email=JOE, **INTERESTED)
    road.decide()
    assert road.rows("SELECT * FROM leads") == []
    road.act("page.viewed", "p1", visitor="phone", url="/robot/pricing")
    road.act("page.viewed", "p2", visitor="phone", url="/robot/pricing?utm_campaign=ads")
    road.decide()
    assert road.rows("SELECT campaign FROM leads") == [("ads",)]


@pytest.fixture
def merged(road):
    """Somebody whom only the CRM knew, and Joe of a form on his phone, turned out to be one."""
    told(road, lead_record(road, LastName="Miller", Status="Open"))
    road.clock.advance(timedelta(hours=1))
    road.act("form.submitted", "f", visitor="phone", email=JOE, **INTERESTED)
    road.act("webinar.attended", "w", email=JOE)
    road.decide()
    survivor, loser = (row[0] for row in road.rows("SELECT id FROM entities WHERE kind = 'person' ORDER BY id"))
    assert road.one("SELECT person_id FROM leads") == loser
    road.clock.advance(timedelta(hours=1))
    told(road, lead_record(road, LastName="Miller", Status="Open", Email=JOE))
    assert road.rows("SELECT survivor_id, loser_id FROM merges") == [(survivor, loser)]
    return survivor, loser


def winners(road, person):
    return dict(road.rows("SELECT field, value FROM winners WHERE entity_id = :p", p=person))


def tiers(road):
    return dict(road.rows("SELECT person_id, tier FROM v_people"))


def test_a_merge_settles_the_winners_anew_and_the_leads_stay_visible(road, merged):
    survivor, loser = merged
    assert winners(road, loser) == {}
    assert winners(road, survivor)["title"] == '"CTO"'
    assert road.rows("SELECT person_id, entity_id, status FROM v_leads") == [(survivor, loser, "open")]
    assert tiers(road) == {survivor: "lead"}
    assert points(road, survivor) == {"interest[0]": 1, "interest[3]": 1}


def test_a_page_view_on_the_browser_of_a_merged_person_adds_to_their_sums_and_opens_no_second_lead(road, merged):
    survivor, _ = merged
    for n in range(3):
        road.clock.advance(timedelta(minutes=1))
        road.act("page.viewed", f"p{n}", visitor="phone", url="/robot/pricing")
        road.decide()
    assert points(road, survivor) == {"interest[0]": 1, "interest[1]": 3, "interest[3]": 1}
    assert len(road.rows("SELECT id FROM leads")) == 1


def test_without_looking_up_whose_browser_it_is_their_earlier_points_would_be_lost(road, merged, monkeypatch):
    monkeypatch.setattr("closeloop.steps.profile._meet", lambda *_: None)  # the control
    for n in range(2):
        road.clock.advance(timedelta(minutes=1))
        road.act("page.viewed", f"p{n}", visitor="phone", url="/robot/pricing")
        road.decide()
    assert points(road, merged[0])["interest[1]"] == 1


def test_undoing_a_merge_gives_each_their_own_again_and_decides_anew_about_both(road, merged):
    survivor, loser = merged
    merge = str(road.one("SELECT id FROM merges"))
    assert clicked(road, Click("unlink", merge, "", "head of sales"))[0] == "decided"
    assert winners(road, loser)["title"] == '"CTO"'
    assert "title" not in winners(road, survivor)
    assert road.rows("SELECT person_id FROM v_leads") == [(loser,)]
    assert tiers(road) == {survivor: "name", loser: "lead"}
    state, reason = clicked(road, Click("unlink", merge, "", "head of sales"))
    assert state == "set_aside"
    assert reason == f"merge {merge} was undone already, by head of sales"


def test_a_click_on_a_lead_or_a_merge_that_is_not_there_is_set_aside_with_its_reason(road):
    assert clicked(road, Click("outcome", "gone", "qualified", "abel"))[0] == "set_aside"
    state, reason = clicked(road, Click("unlink", "gone", "", "abel"))
    assert (state, str(reason).startswith("there is no merge 'gone'")) == ("set_aside", True)


def test_what_an_outcome_verified_is_kept_with_the_message_that_says_so(road):
    lead_id = joe_is_a_lead(road, tel="+49 30 1234567")
    clicked(road, Click("outcome", lead_id, "qualified", "abel"))
    found = road.rows("SELECT field, value, by, evidence FROM verifications ORDER BY field")
    message = road.one("SELECT id FROM messages WHERE kind = 'click'")
    assert found == [
        ("email", '"joe@acme.example"', "abel", message), ("phone", '"+49301234567"', "abel", message),
    ]  # fmt: skip


def test_two_products_of_one_person_are_two_leads_of_whom_the_second_is_a_task(road):
    joe_is_a_lead(road)
    road.act("form.submitted", "f2", email=JOE, product="sensor")
    road.decide()
    assert road.rows("SELECT product, region, status FROM leads ORDER BY product") == [
        ("robot", "dach", "open"), ("sensor", "dach", "open"),
    ]  # fmt: skip
    assert [each["object"] for each in commands(road, "create", "crm")] == ["Lead", "Task"]
    assert road.one("SELECT COUNT(DISTINCT owner) FROM leads") == 2


def test_a_retired_record_of_the_crm_is_made_active_again_when_its_person_returns(road):
    lead_id = joe_is_a_lead(road)
    (create,) = commands(road, "create", "crm")
    answered(road, create["key"], Ref("Lead", LEAD), created=True)
    clicked(road, Click("outcome", lead_id, "wrong_number", "abel"))
    assert [each["fields"] for each in commands(road, "deactivate")] == ['{"reason": "bad_data"}']
    road.clock.advance(timedelta(days=1))
    road.act("form.submitted", "f2", email=JOE, product="robot")
    road.decide()
    assert road.rows("SELECT id, cycle, status FROM leads") == [(lead_id, 2, "open")]
    assert len(commands(road, "reactivate")) == 1
    assert [each["object"] for each in commands(road, "create", "crm")] == ["Lead"]
