"""What follows, on the whole road: owners, clocks that run out once, what marketing is told, alerts told once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from closeloop.inbox.nouns import Click
from closeloop.measure.why_lead import lead_story
from closeloop.ports import Record, Ref
from closeloop.process.nouns import RouteLine
from closeloop.process.vocabulary import FORM_KINDS, vocabularies
from closeloop.rules import parse
from closeloop.words.moment import to_us
from support.road import INTERESTED, START, b2b, road_on
from support.vendor_words import CONTACT, JOE, clicked, commands, joe_is_a_lead, told


def test_a_lead_is_opened_once_with_its_packet_its_owner_and_its_clocks(road):
    lead_id = joe_is_a_lead(road)
    assert road.rows("SELECT stage, owner, campaign, cycle FROM leads") == [
        ("telemarketing", "abel", "spring-webinar", 1)
    ]
    assert road.rows("SELECT no, kind FROM lead_events ORDER BY no") == [(1, "created"), (2, "assigned")]
    assert road.rows("SELECT clock FROM clocks ORDER BY clock") == [("remind",), ("respond",)]
    packet = json.loads(str(road.one("SELECT content FROM packets WHERE lead_id = :l", l=lead_id)))
    assert sorted(packet) == ["profile", "score", "summary"]
    assert packet["profile"]["company"] == "Acme Corp"


def test_the_packet_does_not_change_with_what_becomes_known_later(road):
    joe_is_a_lead(road)
    before = road.one("SELECT content FROM packets")
    road.clock.advance(timedelta(days=1))
    road.act("form.submitted", "f9", email=JOE, title="Plant manager", product="robot")
    road.decide()
    assert road.one("SELECT value FROM winners WHERE field = 'title'") == '"Plant manager"'
    assert road.one("SELECT content FROM packets") == before


def test_a_clock_that_runs_out_is_taken_in_once_however_often_somebody_looks(road):
    joe_is_a_lead(road)
    assert road.hub.tick() == 0
    road.clock.advance(timedelta(hours=4))
    assert [road.hub.tick() for _ in range(3)] == [2, 0, 0]
    assert road.one("SELECT COUNT(*) FROM waiting") == 1
    road.hub._rung = frozenset()  # the control: somebody who does not remember takes them in again, to no effect
    assert road.hub.tick() == 2
    road.decide()
    assert [kind for (kind,) in road.rows("SELECT kind FROM lead_events ORDER BY no")][2:] == [
        "reminded", "late", "moved", "assigned",
    ]  # fmt: skip
    assert road.rows("SELECT owner FROM leads") == [("brandt",)]
    assert road.hub.tick() == 0


def test_a_clock_that_was_stopped_while_its_message_waited_does_nothing(road):
    lead_id = joe_is_a_lead(road)
    road.clock.advance(timedelta(hours=4))
    road.hub.tick()
    clicked(road, Click("outcome", lead_id, "qualified", "abel"))
    kinds = [kind for (kind,) in road.rows("SELECT kind FROM lead_events ORDER BY no")]
    assert "outcome" in kinds
    assert road.rows("SELECT stage FROM leads") == [("inside_sales",)]
    assert "late" not in kinds


def test_marketing_is_told_the_outcome_with_the_campaign_that_began_it(road):
    lead_id = joe_is_a_lead(road)
    clicked(road, Click("outcome", lead_id, "wrong_number", "abel"))
    told_last = json.loads(str(commands(road, "tell", "ma")[-1]["fields"]))
    assert told_last == {
        "outcome": "wrong_number", "stage": "telemarketing", "owner": "abel", "reason": "bad_data",
        "responded_at": road.clock.now().isoformat(), "campaign": "spring-webinar", "product": "robot",
        "region": "dach", "email": JOE,
    }  # fmt: skip


def test_a_voicemail_asks_marketing_to_enrol_the_person(road):
    lead_id = joe_is_a_lead(road)
    clicked(road, Click("outcome", lead_id, "voicemail", "abel"))
    (join,) = commands(road, "join", "ma")
    assert json.loads(str(join["fields"]))["list"] == "reheat_b2b"
    assert road.rows("SELECT clock FROM clocks") == [("wake",)]


def test_a_response_to_an_open_deal_is_told_to_the_deals_owner_once_and_opens_no_lead(road):
    owner = Ref("User", "0055g00000S0010AAB")
    contact = Record("Contact", CONTACT, "person", road.clock.now(), {"Email": JOE, "Country": "DE"})
    deal = Record(
        "Opportunity", "006", "opportunity", road.clock.now(),
        {"StageName": "Proposal", "IsClosed": False, "IsWon": False, "Product__c": "robot", "Region__c": "dach",
         "OwnerId": owner.id},
        {"person": Ref("Contact", CONTACT), "owner": owner},
    )  # fmt: skip
    told(road, contact, deal)
    road.clock.advance(timedelta(hours=1))
    for n in range(2):
        road.act("form.submitted", f"f{n}", email=JOE, **INTERESTED)
        road.decide()
    assert road.rows("SELECT * FROM leads") == []
    mails = [json.loads(str(each["fields"]))["to"] for each in commands(road, "mail")]
    assert mails == ["huber@ours.example"] * 2
    assert len(set(road.rows("SELECT touch_id FROM alerts"))) == 2


def test_a_deal_without_a_product_has_that_of_its_lead(road):
    lead_id = joe_is_a_lead(road)
    clicked(road, Click("outcome", lead_id, "qualified", "abel"))
    told(road, Record("Contact", CONTACT, "person", road.clock.now(), {"Email": JOE}))
    deal = Record(
        "Opportunity", "006", "opportunity", road.clock.now(),
        {"StageName": "Prospecting", "IsClosed": False, "IsWon": False}, {"person": Ref("Contact", CONTACT)},
    )  # fmt: skip
    told(road, deal)
    assert road.rows("SELECT record_id FROM shown WHERE object = 'Opportunity'") == [("006",)]
    road.act("form.submitted", "f9", email=JOE, product="robot")
    road.decide()
    verdict = json.loads(str(road.one("SELECT why FROM verdicts WHERE product = 'robot'")))
    assert {part["text"]: part["held"] for part in verdict}["not (opted_out or open_deal)"] is False


def test_a_condition_on_the_campaign_sees_the_latest_touch_that_spoke_of_the_product(database_url):
    rules = b2b().fields["person"].values()
    names = vocabularies({rule.name: FORM_KINDS[rule.form] for rule in rules}, {})
    by_campaign = RouteLine(parse("campaign == 'expo'", names.person), "field")
    with road_on(database_url, replace(b2b(), route=(by_campaign, *b2b().route))) as road:
        road.act("form.submitted", "f1", email=JOE, **INTERESTED, campaign="expo")
        road.decide()
        road.act("webinar.attended", "w1", email=JOE, campaign="spring-webinar")
        road.decide()
        assert road.rows("SELECT stage FROM leads") == [("field",)]


def two_leads_with_a_phone(road):
    """Joe is a lead for robots and one for sensors, and gave his number; returns both leads by product."""
    joe_is_a_lead(road, tel="+49 30 1234567")
    for key, act in (("f3", "form.submitted"), ("w3", "webinar.attended")):
        road.act(act, key, email=JOE, product="sensor")
    road.decide()
    return {str(product): str(lead_id) for product, lead_id in road.rows("SELECT product, id FROM leads")}


def choose_in_turn(road, *choices):
    """Each lead and its outcome, an hour after the one before; then Joe looks at a page."""
    for lead_id, choice in choices:
        clicked(road, Click("outcome", lead_id, choice, "abel"))
        road.clock.advance(timedelta(hours=1))
    road.act("page.viewed", "p9", email=JOE, url="/blog/news")
    road.decide()


def test_a_number_that_was_verified_after_it_had_proved_wrong_brings_the_lead_back(road):
    leads = two_leads_with_a_phone(road)
    choose_in_turn(road, (leads["robot"], "wrong_number"), (leads["sensor"], "qualified"))
    assert road.rows("SELECT status, cycle FROM leads WHERE product = 'robot'") == [("open", 2)]


def test_one_that_was_verified_before_does_not(road):
    leads = two_leads_with_a_phone(road)
    choose_in_turn(road, (leads["sensor"], "qualified"), (leads["robot"], "wrong_number"))
    assert road.rows("SELECT status, cycle FROM leads WHERE product = 'robot'") == [("sent_back", 1)]


def all_away(until):
    """B2B while no telemarketer is there."""
    people = (
        replace(member, away_from=START, away_to=until) if member.team == "telemarketing" else member
        for member in b2b().people
    )
    return replace(b2b(), people=tuple(people))


def test_a_lead_that_found_no_owner_gets_one_once_somebody_is_back_and_is_shown_with_its_packet(database_url):
    with road_on(database_url, all_away(START + timedelta(hours=1))) as road:
        lead_id = joe_is_a_lead(road)
        packet = road.one("SELECT content FROM packets")
        assert road.rows("SELECT owner FROM leads") == [(None,)]
        with road.database.read() as connection:
            waiting = lead_story(connection, lead_id)
        assert waiting.tried_again_at == road.clock.now() + timedelta(minutes=15)
        for _ in range(5):
            road.clock.advance(timedelta(minutes=15))
            road.hub.tick()
            road.decide()
        assert road.rows("SELECT owner, respond_by FROM leads") == [
            ("abel", to_us(road.clock.now() + timedelta(hours=4) - timedelta(minutes=15)))
        ]
        assert road.rows("SELECT kind FROM lead_events ORDER BY no") == [("created",), ("assigned",), ("assigned",)]
        assert road.rows("SELECT clock FROM clocks ORDER BY clock") == [("remind",), ("respond",)]
        (create,) = commands(road, "create", "crm")
        assert json.loads(json.loads(str(create["fields"]))["packet"]) == json.loads(str(packet))
        with road.database.read() as connection:
            assert lead_story(connection, lead_id).tried_again_at is None
