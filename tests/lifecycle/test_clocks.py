"""Agreed times: counted while people work, stopped by what sellers do, and with consequences when they run out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from closeloop.inbox.nouns import Due
from closeloop.lifecycle.late import run_out
from closeloop.lifecycle.nouns import Assign, Enrol, Prompt, Tell
from closeloop.words.moment import parse
from support.pursuits import Pursuits, at_field, at_inside_sales, at_telemarketing, b2b_with, intents, seller
from support.road import START, b2b


@pytest.mark.parametrize(
    ("given", "due"),
    [
        ("2026-09-01T09:00+02:00", "2026-09-01T13:00+02:00"),
        ("2026-09-04T16:00+02:00", "2026-09-07T11:00+02:00"),  # over a weekend
        ("2026-12-24T16:00+01:00", "2026-12-28T11:00+01:00"),  # over Christmas
        ("2026-10-23T16:00+02:00", "2026-10-26T11:00+01:00"),  # over the end of summer time
        ("2026-09-05T12:00+02:00", "2026-09-07T13:00+02:00"),  # on a Saturday
    ],
)
def test_four_working_hours_are_hours_at_work(given, due):
    joe = at_telemarketing(now=parse(given))
    assert joe.lead.respond_by == joe.clocks[joe.lead.id, "respond"] == parse(due)


def test_the_hours_and_holidays_are_those_of_the_leads_region():
    joe = Pursuits(country="NO", now=parse("2026-09-01T15:00+02:00"))
    joe.decide()
    assert joe.lead.owner == "nilsen"
    assert joe.lead.respond_by == parse("2026-09-02T11:00+02:00")  # Oslo closes at four and opens at eight


@pytest.mark.parametrize(
    ("given", "due"),
    [
        ("2026-09-01T11:30+02:00", "2026-09-03T11:30+02:00"),
        ("2026-09-03T11:30+02:00", "2026-09-07T11:30+02:00"),  # a weekend is no working day
        ("2026-10-01T11:30+02:00", "2026-10-05T11:30+02:00"),
    ],
)
def test_two_days_of_working_time_are_two_working_days_and_not_48_hours_at_work(given, due):
    assert at_field(now=parse(given)).lead.respond_by == parse(due)


def test_plain_time_runs_at_night_too():
    stage = b2b().stages["telemarketing"]
    assert stage.respond is not None
    plain = replace(stage, respond=replace(stage.respond, working=False, within=timedelta(hours=12)))
    joe = at_telemarketing(replace(b2b(), stages={**b2b().stages, "telemarketing": plain}))
    assert joe.lead.respond_by == START + timedelta(hours=12)
    assert joe.clocks[joe.lead.id, "remind"] == START + timedelta(hours=11)


def test_the_owner_is_reminded_when_one_working_hour_is_left():
    joe = at_telemarketing(now=parse("2026-09-04T16:00+02:00"))
    assert joe.clocks[joe.lead.id, "remind"] == parse("2026-09-07T10:00+02:00")
    draft = joe.run_out("remind")
    assert joe.kinds()[-1] == "reminded"
    assert [prompt.why for prompt in intents(draft, Prompt)] == [
        "b2b@7 stages.telemarketing.respond: respond within 4h working, soon over"
    ]
    assert set(joe.clocks) == {(joe.lead.id, "respond")}


def test_a_lead_that_nobody_touches_is_clawed_back_and_given_to_somebody_else_with_a_new_clock():
    joe = at_inside_sales()
    before = joe.lead
    draft = joe.run_out()
    assert joe.kinds()[-3:] == ["late", "moved", "assigned"]
    assert joe.events[-3].who == before.owner
    assert joe.events[-2].why == "b2b@7 stages.inside_sales.if_late: no response within 8h working"
    assert (joe.lead.stage, joe.lead.owner) == ("inside_sales", "sato" if before.owner == "keller" else "keller")
    assert joe.lead.respond_by is not None
    assert joe.lead.respond_by > before.respond_by
    assert [type(intent) for intent in intents(draft, Assign, Tell)] == [Assign, Tell]


def test_after_as_many_clawbacks_as_agreed_something_else_follows():
    joe = at_inside_sales()
    joe.run_out()
    joe.run_out()
    assert joe.lead.stage == "telemarketing"
    assert (
        joe.events[-2].why == "b2b@7 stages.inside_sales.if_late: no response within 8h working; moved 1 times already"
    )


def test_telemarketing_that_is_late_for_the_third_time_nurtures():
    joe = at_telemarketing()
    drafts = [joe.run_out() for _ in range(3)]
    assert (joe.lead.status, joe.lead.programme, joe.lead.owner) == ("nurturing", "reheat", None)
    assert set(joe.clocks) == {(joe.lead.id, "wake")}
    assert [(enrol.programme, enrol.leave) for enrol in intents(drafts[-1], Enrol)] == [("reheat", False)]


def test_a_clock_that_was_changed_in_the_same_decision_does_not_claw_back_from_the_next_stage():
    joe = at_telemarketing()
    due = Due(joe.lead.id, "respond", joe.clocks[joe.lead.id, "respond"])
    joe.now = due.due_at
    joe.decide(joe.heard("Lead", Status="Qualified"), dues=[due])
    assert joe.lead.stage == "inside_sales"
    assert "late" not in joe.kinds()


def test_without_asking_whether_it_was_changed_the_next_owner_would_lose_it():
    joe = at_telemarketing()
    due = Due(joe.lead.id, "respond", joe.clocks[joe.lead.id, "respond"])
    draft = joe.decide(joe.heard("Lead", Status="Qualified"))
    draft.clocks.clear()  # the control: as if nothing had been set in this decision
    run_out(draft, "m", due)
    assert [event.kind for event in draft.events][-2:] == ["late", "moved"]


def test_a_clock_of_a_closed_or_answered_lead_does_nothing():
    closed, answered = at_telemarketing(), at_telemarketing()
    due = Due(closed.lead.id, "respond", closed.clocks[closed.lead.id, "respond"])
    closed.click("wrong_number")
    assert closed.decide(dues=[due]).events == []
    answered.decide(answered.heard("Lead", Status="Working"))
    assert answered.decide(dues=[due]).events == []


@pytest.mark.parametrize(
    ("name", "seller_name", "fields"),
    [("Lead", None, {"Status": "Working"}), ("Task", "abel", {"CallDisposition": "No answer"})],
)
def test_a_sellers_call_or_change_of_status_is_the_response(name, seller_name, fields):
    joe = at_telemarketing()
    by = seller(joe.process, seller_name) if seller_name else None
    joe.wait(minutes=30)
    joe.decide(joe.heard(name, seller=by, **fields))
    assert joe.lead.responded_at == joe.now
    assert joe.clocks == {}
    assert joe.events[-1].kind == "responded"
    assert joe.events[-1].who == (seller_name or "b2b@7")


def test_an_outcome_on_the_console_is_a_response_by_the_one_who_clicked():
    joe = at_telemarketing()
    joe.click("voicemail", by="abel")
    assert [(event.kind, event.who) for event in joe.events[-3:]] == [
        ("responded", "abel"), ("outcome", "abel"), ("nurtured", "b2b@7"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "fields"),
    [("Lead", {"Status": "Open"}), ("Task", {"Status": "Not Started"}), ("Opportunity", {"StageName": "Prospecting"})],
)
def test_the_first_reading_of_what_the_hub_made_itself_is_no_response(name, fields):
    joe = at_field() if name == "Opportunity" else at_telemarketing()
    ours = joe.heard(name, first=True, **fields).message.record
    assert ours is not None
    joe.decide(joe.told(replace(ours, our_key=joe.lead.id if name != "Lead" else ours.our_key), first=True))
    assert joe.lead.responded_at is None
    assert "respond" in {clock for _, clock in joe.clocks}
    if name != "Lead":  # the control: the same change of a record that was read before
        joe.decide(joe.heard(name, **fields))
        assert joe.lead.responded_at == joe.now


def test_a_record_that_sellers_made_before_the_lead_was_there_says_nothing_of_it():
    joe = at_telemarketing()
    old = joe.heard("Task", seller=seller(joe.process, "abel"), CallDisposition="Left voicemail").message.record
    assert old is not None
    before = replace(old, changed_at=START - timedelta(days=100))
    joe.decide(joe.told(before, first=True))
    assert (joe.lead.responded_at, joe.lead.status) == (None, "open")
    joe.decide(joe.told(old, first=True))  # the control: the same call after the lead was there
    assert joe.lead.status == "nurturing"


def test_nurture_joins_the_programme_keeps_the_owner_and_wakes_at_the_next_opening():
    joe = at_telemarketing(now=parse("2026-09-02T10:00+02:00"))
    owner = joe.lead.owner
    draft = joe.click("voicemail")
    assert [(enrol.programme, enrol.leave) for enrol in intents(draft, Enrol)] == [("reheat", False)]
    assert (joe.lead.status, joe.lead.owner, joe.lead.programme) == ("nurturing", owner, "reheat")
    assert joe.clocks == {(joe.lead.id, "wake"): parse("2026-09-14T09:00+02:00")}  # ten days on is a Saturday


def test_waking_prompts_the_owner_starts_a_new_clock_and_leaves_the_programme():
    joe = at_telemarketing(now=parse("2026-09-02T10:00+02:00"))
    joe.click("voicemail")
    draft = joe.run_out("wake")
    assert (joe.lead.status, joe.lead.programme, joe.lead.responded_at) == ("open", None, None)
    assert joe.lead.respond_by == parse("2026-09-14T13:00+02:00")
    assert [prompt.lead.owner for prompt in intents(draft, Prompt)] == [joe.lead.owner]
    assert [(enrol.programme, enrol.leave) for enrol in intents(draft, Enrol)] == [("reheat", True)]
    joe.run_out()
    assert joe.kinds()[-3:] == ["late", "moved", "assigned"]


def test_enough_interest_wakes_before_the_time_when_the_person_does_something():
    joe = at_telemarketing()
    joe.click("voicemail")
    joe.wait(days=1)
    joe.interest["robot"] = 65.0
    joe.decide(touches=[joe.touch("page.viewed")])
    assert joe.lead.status == "open"
    assert joe.events[-1].why == "b2b@7 stages.telemarketing: nurture reheat wakes when interest >= 60"


def test_interest_that_was_there_before_does_not_end_nurture_as_it_begins():
    joe = at_telemarketing()
    joe.interest["robot"] = 75.0
    joe.decide(joe.heard("Lead", Status="Working"), touches=[joe.touch("page.viewed")])
    joe.click("voicemail")
    joe.decide(joe.heard("Lead", Status="Contacted"))
    joe.decide(touches=[joe.touch("email.sent"), joe.touch("page.viewed", product="sensor")])
    assert joe.lead.status == "nurturing"
    joe.interest["robot"] = 59.0
    joe.decide(touches=[joe.touch("page.viewed")])
    assert joe.lead.status == "nurturing"
    joe.interest["robot"] = 60.0
    joe.decide(touches=[joe.touch("page.viewed")])
    assert joe.lead.status == "open"


def test_a_lead_whose_owner_was_not_kept_wakes_with_a_new_one_who_is_prompted():
    joe = at_telemarketing()
    for _ in range(3):
        joe.run_out()
    assert joe.lead.owner is None
    draft = joe.run_out("wake")
    assert joe.lead.owner is not None
    assert [prompt.lead.owner for prompt in intents(draft, Prompt)] == [joe.lead.owner]
    assert joe.lead.respond_by == joe.clocks[joe.lead.id, "respond"]
    assert joe.kinds()[-2:] == ["woken", "assigned"]


def test_an_outcome_during_nurture_leaves_the_programme_and_its_clock():
    joe = at_telemarketing()
    joe.click("voicemail")
    draft = joe.click("qualified")
    assert joe.lead.stage == "inside_sales"
    assert [(enrol.programme, enrol.leave) for enrol in intents(draft, Enrol)] == [("reheat", True)]
    assert "wake" not in {clock for _, clock in joe.clocks}


def test_the_person_stays_in_a_programme_while_another_of_their_leads_is_in_it():
    joe = at_telemarketing()
    joe.interest["sensor"] = 45.0
    joe.decide()
    for product in ("robot", "sensor"):
        joe.leads[joe.of(product).id] = replace(joe.of(product), status="nurturing", programme="reheat")
    lead = joe.of("robot")
    first = joe.decide(dues=[Due(lead.id, "wake", joe.now)])
    second = joe.decide(dues=[Due(joe.of("sensor").id, "wake", joe.now)])
    assert [len(intents(draft, Enrol)) for draft in (first, second)] == [0, 1]


def test_nurture_without_a_time_has_no_clock(tmp_path):
    joe = at_telemarketing(b2b_with(tmp_path, ("wake_after: 10d, ", "")))
    joe.click("voicemail")
    assert joe.clocks == {}


def test_an_owner_is_not_told_a_condition_that_only_marketing_sees(tmp_path):
    wakes = ('wake_when: "interest >= 60", owner: keep', "wake_when: \"title == 'CTO'\", owner: keep")
    side = ("form.title]}], write: [crm, ma]}", "form.title]}], write: [ma], seen_by: marketing}")
    said = []
    for name, changes in (("open", [wakes]), ("kept", [wakes, side])):
        joe = at_telemarketing(b2b_with(tmp_path / name, *changes))
        joe.click("voicemail")
        joe.wait(days=1)
        (prompt,) = intents(joe.decide(touches=[joe.touch("page.viewed")]), Prompt)
        said.append(prompt.why.partition(" wakes when ")[2])
    assert said == ["title == 'CTO'", "a condition that only marketing sees"]
