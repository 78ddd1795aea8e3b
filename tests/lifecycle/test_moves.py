"""Sent back, retired, revived, returned; and what a lead is in the CRM: never a second record of the person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from closeloop.lifecycle import gate
from closeloop.lifecycle.nouns import Assign, Close, Enrol, Retire, Revive, Show, ShownAs, Tell
from closeloop.lifecycle.scopes import LeadScope
from support.pursuits import Pursuits, at_field, at_inside_sales, at_telemarketing, b2b_with, intents


def test_sending_back_has_a_reason_stops_the_clocks_and_tells_marketing():
    joe = at_telemarketing()
    draft = joe.click("wrong_number")
    assert (joe.lead.status, joe.lead.reason, joe.lead.closed_at) == ("sent_back", "bad_data", joe.now)
    assert (joe.clocks, joe.lead.respond_by) == ({}, None)
    assert (joe.events[-1].kind, joe.events[-1].choice) == ("sent_back", "bad_data")
    (tell,) = intents(draft, Tell)
    assert (tell.outcome, tell.lead.reason, tell.lead.campaign) == ("wrong_number", "bad_data", "spring-webinar")


def test_the_last_lead_that_goes_back_takes_the_person_along_and_retires_the_records_once():
    joe = at_telemarketing()
    assert joe.tier is not None
    assert (joe.tier.tier, joe.tier.custody) == ("lead", "sales")
    draft = joe.click("wrong_number")
    assert (joe.tier.tier, joe.tier.custody, joe.tier.since) == ("name", "marketing", joe.now)
    assert [retire.lead.reason for retire in intents(draft, Retire)] == ["bad_data"]
    assert intents(joe.decide(), Retire) == []


def test_while_another_lead_is_open_the_person_stays_with_sales():
    joe = at_telemarketing()
    joe.interest["sensor"] = 45.0
    joe.decide()
    joe.leads[joe.of("sensor").id] = replace(joe.of("sensor"), status="sent_back", reason="bad_data", closed_at=joe.now)
    draft = joe.decide()
    assert (joe.tier.tier, joe.tier.custody) == ("lead", "sales")
    assert intents(draft, Retire) == []


def test_while_a_deal_is_open_the_person_stays_with_sales_and_goes_when_it_closes():
    joe = at_inside_sales()
    joe.deals = [replace(at_field().deals[0], product="sensor")]
    draft = joe.click("not_now")
    assert (joe.tier.tier, joe.tier.custody) == ("name", "sales")
    assert intents(draft, Retire) == []
    joe.deals = [replace(joe.deals[0], open=False)]
    draft = joe.decide()
    assert (joe.tier.tier, joe.tier.custody) == ("name", "marketing")
    assert [retire.lead.id for retire in intents(draft, Retire)] == [joe.lead.id]


def test_somebody_whom_the_crm_does_not_know_is_not_retired_there():
    joe = Pursuits()
    joe.decide()
    assert intents(joe.click("wrong_number"), Retire) == []


def test_a_person_whose_leads_went_to_somebody_else_with_an_undone_merge_is_a_name_again():
    joe = at_telemarketing()
    joe.leads = {}
    joe.interest = {}
    draft = joe.decide()
    assert (joe.tier.tier, joe.tier.custody) == ("name", "marketing")
    assert draft.settled_intents() == []


def test_a_lost_lead_returns_on_new_interest_not_before_its_time_on_the_same_records():
    joe = at_field()
    joe.deals = [replace(joe.deals[0], open=False)]
    joe.click("lost")
    lead_id, events = joe.lead.id, joe.lead.n_events
    joe.interest["robot"] = 65.0
    joe.wait(days=29)
    joe.decide(touches=[joe.touch(campaign="autumn")])
    assert joe.lead.status == "sent_back"
    joe.wait(days=2)
    joe.interest["robot"] = 59.0
    joe.decide()
    assert joe.lead.status == "sent_back"
    joe.interest["robot"] = 60.0
    draft = joe.decide(touches=[joe.touch(campaign="autumn")])
    assert (joe.lead.id, joe.lead.cycle, joe.lead.status, joe.lead.stage) == (lead_id, 2, "open", "telemarketing")
    assert (joe.lead.campaign, joe.lead.reason, joe.lead.amount) == ("autumn", None, None)
    assert joe.lead.n_events > events
    assert [packet.cycle for packet in draft.packets] == [2]
    assert [type(intent) for intent in intents(draft, Revive, Show)] == [Revive, Show]
    (revive,) = intents(draft, Revive)
    assert revive.lead.owner == joe.lead.owner
    assert joe.tier.custody == "sales"


def test_a_reason_that_asks_for_a_form_returns_on_a_form_after_it_and_not_on_the_one_before():
    joe = at_telemarketing()
    joe.click("wrong_number")
    joe.decide()
    assert joe.lead.status == "sent_back"
    joe.wait(hours=1)
    joe.decide(touches=[joe.touch("form.submitted")])
    assert joe.lead.cycle == 2


def test_an_outcome_that_sends_back_does_not_bring_back_in_the_same_decision(tmp_path):
    at_once = ('{return_when: "verified(phone) or form.submitted"}', '{return_when: "fit >= 20"}')
    joe = at_telemarketing(b2b_with(tmp_path, at_once))
    joe.click("wrong_number")
    assert joe.lead.status == "sent_back"
    joe.decide()
    assert joe.lead.cycle == 2


def test_a_number_that_was_verified_before_it_proved_wrong_brings_nobody_back_and_one_verified_after_it_does():
    joe = at_inside_sales()  # qualified: the phone is verified
    joe.leads[joe.lead.id] = replace(joe.lead, stage="telemarketing")
    joe.wait(hours=1)
    joe.click("wrong_number")
    joe.wait(minutes=1)
    joe.decide()
    assert (joe.lead.status, joe.lead.cycle) == ("sent_back", 1)
    joe.confirmed["phone"] = joe.now
    joe.decide()
    assert (joe.lead.status, joe.lead.cycle) == ("open", 2)
    assert joe.events[-2].why.startswith("b2b@7 send_back.bad_data: return_when verified(phone)")


def test_without_the_moment_of_the_closing_the_same_verification_would_bring_it_back(monkeypatch):
    monkeypatch.setattr(gate, "LeadScope", lambda person, lead, last_acts, _: LeadScope(person, lead, last_acts))
    joe = at_inside_sales()
    joe.leads[joe.lead.id] = replace(joe.lead, stage="telemarketing")
    joe.wait(hours=1)
    joe.click("wrong_number")
    joe.wait(minutes=1)
    joe.decide()
    assert joe.lead.cycle == 2


def test_for_the_gate_a_verification_counts_whenever_it_was(tmp_path):
    verified_only = ('"usable and fit >= 20 and interest >= 40"', '"verified(phone)"')
    joe = Pursuits(b2b_with(tmp_path, verified_only))
    joe.decide()
    assert joe.leads == {}
    joe.confirmed["phone"] = joe.now
    joe.wait(days=400)
    joe.decide()
    assert joe.lead.status == "open"


def test_spam_never_returns_and_who_has_opted_out_does_not_either():
    spam, out = at_telemarketing(), at_telemarketing()
    for joe in (spam, out):
        joe.click("wrong_number")
        joe.wait(days=400)
    spam.leads[spam.lead.id] = replace(spam.lead, reason="spam")
    out.names["opted_out"] = True
    for joe in (spam, out):
        joe.decide(touches=[joe.touch("form.submitted")])
        assert joe.lead.status == "sent_back"


def test_a_second_product_of_a_retired_person_revives_their_records():
    joe = at_telemarketing()
    joe.click("wrong_number")
    joe.interest = {"sensor": 60.0}
    joe.wait(days=1)
    draft = joe.decide(touches=[joe.touch("page.viewed", product="sensor")])
    assert joe.of("sensor").cycle == 1
    assert [type(intent) for intent in intents(draft, Revive, Show)] == [Revive, Show]


def test_a_return_beside_an_open_lead_does_not_touch_the_records_that_sales_works_on():
    joe = at_telemarketing()
    joe.interest["sensor"] = 45.0
    joe.decide()
    sensor = joe.of("sensor")
    joe.leads[sensor.id] = replace(sensor, status="sent_back", reason="no_need", closed_at=joe.now)
    joe.wait(days=1)
    draft = joe.decide(touches=[joe.touch("form.submitted", product="sensor")])
    assert joe.of("sensor").cycle == 2
    assert intents(draft, Revive) == []


def test_a_new_person_is_shown_as_a_lead_under_the_persons_key():
    joe = Pursuits()
    assert [(show.object, show.our_key) for show in intents(joe.decide(), Show)] == [("Lead", "joe")]


@pytest.mark.parametrize("known_as", ["Contact", "Lead"])
def test_somebody_whom_the_crm_knows_already_is_shown_as_a_task(known_as):
    joe = Pursuits()
    joe.in_crm = {known_as: ["0031"]}
    draft = joe.decide()
    assert [(show.object, show.our_key) for show in intents(draft, Show)] == [("Task", joe.lead.id)]


def test_a_record_that_is_still_being_made_counts_as_known():
    joe = Pursuits()
    joe.interest["sensor"] = 45.0
    draft = joe.decide()
    assert sorted(show.object for show in intents(draft, Show)) == ["Lead", "Task"]
    one_product = Pursuits()  # the control: alone, each would be a lead
    one_product.interest = {"sensor": 45.0}
    assert [show.object for show in intents(one_product.decide(), Show)] == ["Lead"]


def test_a_known_contact_at_field_is_shown_as_an_opportunity_and_a_new_person_as_a_lead():
    for in_crm, shown_as in (({"Contact": ["003"]}, "Opportunity"), ({}, "Lead")):
        joe = Pursuits()
        joe.in_crm = in_crm
        joe.names["fit"], joe.interest["robot"] = 35.0, 80.0
        assert [show.object for show in intents(joe.decide(), Show)] == [shown_as]


def test_the_next_stage_goes_on_with_the_record_that_is_there():
    joe = at_telemarketing()
    draft = joe.click("qualified")
    assert intents(draft, Show) == []
    assert [assign.lead.owner for assign in intents(draft, Assign)] == [joe.lead.owner]


def test_a_converted_lead_goes_on_with_its_deal_although_the_deal_itself_was_not_read_yet():
    joe = at_inside_sales()
    joe.in_crm["Contact"] = ["003"]
    joe.shown[joe.lead.id].append(ShownAs(joe.lead.id, "Opportunity", joe.lead.id, "006"))
    draft = joe.click("converted")
    assert intents(draft, Show) == []
    assert joe.lead.stage == "field"


def test_a_task_is_closed_with_its_lead_and_the_next_cycle_has_a_task_of_its_own():
    joe = Pursuits()
    joe.in_crm = {"Contact": ["003"]}
    joe.decide()
    joe.answers()
    assert [type(intent) for intent in intents(joe.click("wrong_number"), Close)] == [Close]
    joe.wait(days=1)
    draft = joe.decide(touches=[joe.touch("form.submitted")])
    assert [show.our_key for show in intents(draft, Show)] == [f"{joe.lead.id}/2"]


def test_sending_back_from_nurture_leaves_the_programme():
    joe = at_telemarketing()
    joe.click("voicemail")
    draft = joe.click("wrong_number")
    assert [enrol.leave for enrol in intents(draft, Enrol)] == [True]
    assert joe.lead.programme is None
