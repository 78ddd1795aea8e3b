"""What sellers write in their CRM, or click, becomes an outcome: when all of it holds and some of it is news."""

from __future__ import annotations

from dataclasses import replace

import pytest

from closeloop.lifecycle.nouns import Tell
from closeloop.ports import Record, Ref
from closeloop.words.money import Money
from support.pursuits import Pursuits, at_field, at_inside_sales, at_telemarketing, intents, seller
from support.road import b2b


def deal(joe: Pursuits, first: bool = False, news: tuple[str, ...] | None = None, **fields):
    record = Record("Opportunity", "006", "opportunity", joe.now, fields)
    return joe.told(record, first=first, news=news)


def test_lost_needs_both_of_its_conditions_and_one_of_them_must_be_news():
    joe = at_field()
    joe.decide(deal(joe, IsClosed=True, IsWon=True, news=("Description",)))
    assert joe.lead.status == "open"
    joe.decide(deal(joe, IsClosed=False, IsWon=False))
    assert joe.lead.status == "open"
    joe.decide(deal(joe, IsClosed=True, IsWon=False, news=("Description",)))
    assert joe.lead.status == "open"
    joe.decide(deal(joe, IsClosed=True, IsWon=False, news=("IsClosed",)))
    assert (joe.lead.status, joe.lead.reason) == ("sent_back", "lost_deal")


def test_a_condition_on_another_source_or_object_is_not_met_by_a_field_of_the_same_name():
    joe = at_telemarketing()
    joe.decide(joe.heard("Contact", Status="Qualified"))
    told = joe.heard("Lead", Status="Qualified")
    joe.decide(replace(told, message=replace(told.message, source="ma")))
    assert "outcome" not in joe.kinds()
    joe.decide(told)
    assert [event.choice for event in joe.events if event.kind == "outcome"] == ["qualified"]


def test_the_status_in_the_crm_moves_the_lead_tells_marketing_and_names_the_rule():
    joe = at_telemarketing()
    joe.wait(hours=1)
    draft = joe.decide(joe.heard("Lead", Status="Qualified"))
    assert joe.kinds()[-4:] == ["responded", "outcome", "moved", "assigned"]
    assert joe.lead.stage == "inside_sales"
    assert joe.events[-3].why == "b2b@7 stages.telemarketing.outcomes.qualified"
    (tell,) = intents(draft, Tell)
    assert (tell.outcome, tell.lead.stage, tell.lead.campaign) == ("qualified", "inside_sales", "spring-webinar")
    assert tell.lead.owner == joe.lead.owner


def test_only_when_lets_a_small_deal_be_won_at_inside_sales_and_not_a_large_one():
    for minor, stage in ((499_999, "customer"), (500_000, "inside_sales")):
        joe = at_inside_sales()
        joe.in_crm["Contact"] = ["003"]
        joe.deals = [replace(at_field().deals[0], amount=Money(minor, "EUR"))]
        joe.decide(deal(joe, IsWon=True, IsClosed=True))
        assert (joe.lead.stage, joe.lead.amount) == (stage, Money(minor, "EUR"))


def test_a_click_on_an_outcome_whose_condition_does_not_hold_says_which():
    joe = at_inside_sales()
    draft = joe.click("won")
    assert list(draft.refused.values()) == ["'won' needs amount < money('5000 EUR'), which does not hold"]
    assert joe.lead.stage == "inside_sales"


def test_an_unknown_outcome_on_the_console_is_refused_with_those_that_are_valid():
    joe = at_telemarketing()
    draft = joe.click("converted")
    assert list(draft.refused.values()) == [
        "'converted' is no outcome of stage telemarketing; valid: qualified, voicemail, wrong_number"
    ]
    assert draft.events == []


def test_a_closed_lead_takes_no_outcome():
    joe = at_telemarketing()
    joe.click("wrong_number")
    draft = joe.click("qualified")
    assert next(iter(draft.refused.values())).startswith("the lead is not open any more")
    joe.decide(joe.heard("Lead", Status="Qualified"))
    assert (joe.lead.status, joe.lead.stage, joe.clocks) == ("sent_back", "telemarketing", {})


def test_an_outcome_verifies_the_fields_that_it_says_and_a_rule_can_ask_for_it():
    joe = at_telemarketing()
    draft = joe.decide(joe.heard("Task", seller=seller(joe.process, "abel"), CallDisposition="Left voicemail"))
    assert draft.confirmed == []
    draft = joe.click("qualified", by="abel")
    assert [(each.field, each.by) for each in draft.confirmed] == [("email", "abel"), ("phone", "abel")]
    heard = at_telemarketing()
    draft = heard.decide(heard.heard("Lead", Status="Qualified"))
    assert {each.by for each in draft.confirmed} == {"b2b@7 stages.telemarketing.outcomes.qualified"}


def test_the_third_voicemail_sends_back_and_says_that_it_is_the_third():
    joe = at_telemarketing()
    states = []
    for _ in range(3):
        joe.click("voicemail")
        states.append(joe.lead.status)
    assert states == ["nurturing", "nurturing", "sent_back"]
    assert joe.lead.reason == "unresponsive"
    assert joe.events[-1].why == "b2b@7 stages.telemarketing.outcomes.voicemail: heard 3 times, at most 3"
    assert joe.lead.counts == {"voicemail": 3}


def test_what_is_counted_is_counted_anew_after_a_return():
    joe = at_telemarketing()
    for _ in range(3):
        joe.click("voicemail")
    joe.wait(days=31)
    joe.interest["robot"] = 60.0
    joe.decide(touches=[joe.touch()])
    joe.click("voicemail")
    assert (joe.lead.cycle, joe.lead.status, joe.lead.counts) == (2, "nurturing", {"voicemail": 1})


def test_a_conversion_is_followed_to_the_deal_and_makes_no_second_record():
    joe = at_field()
    assert [(each.object, each.record_id) for each in joe.shown[joe.lead.id]][1:] == [("Opportunity", "006")]
    assert (joe.lead.stage, joe.lead.owner) == ("field", "rep-field-robot")
    assert [event.choice for event in joe.events if event.kind == "outcome"] == ["qualified", "converted"]


def test_the_deals_amount_becomes_the_leads_and_is_noted_once():
    joe = at_field()
    joe.deals = [replace(joe.deals[0], amount=Money(4_800_000, "EUR"))]
    joe.decide(deal(joe, Amount=48000))
    joe.decide(deal(joe, Amount=48000))
    assert joe.lead.amount == Money(4_800_000, "EUR")
    assert [event.why for event in joe.events if event.kind == "amount"] == ["the deal is worth 48000.00 EUR"]


def test_a_milestone_is_noted_and_moves_nothing():
    joe = at_field()
    joe.decide(deal(joe, StageName="Proposal"))
    assert [(event.kind, event.choice) for event in joe.events[-1:]] == [("milestone", "proposal")]
    assert joe.lead.stage == "field"


def test_the_final_stage_wins_with_the_deals_amount_and_ends_all_clocks():
    joe = at_field()
    joe.deals = [replace(joe.deals[0], open=False, won=True, amount=Money(4_800_000, "EUR"))]
    draft = joe.decide(deal(joe, IsClosed=True, IsWon=True))
    assert (joe.lead.stage, joe.lead.status, joe.lead.closed_at) == ("customer", "won", joe.now)
    assert joe.clocks == {}
    (tell,) = intents(draft, Tell)
    assert (tell.outcome, tell.lead.amount) == ("won", Money(4_800_000, "EUR"))
    assert joe.tier is not None
    assert (joe.tier.tier, joe.tier.custody) == ("customer", "sales")


def test_a_deal_that_was_given_up_can_still_be_won():
    joe = at_field()
    joe.decide(deal(joe, IsClosed=True, IsWon=False))
    joe.decide(deal(joe, IsClosed=True, IsWon=True))
    assert (joe.lead.status, joe.lead.reason) == ("won", None)


def test_a_deal_without_a_product_goes_to_the_lead_that_has_no_deal_and_one_of_another_product_to_no_lead():
    joe = at_inside_sales()
    joe.in_crm["Contact"] = ["003"]
    ours = at_field().deals[0]
    joe.deals = [replace(ours, product="sensor")]
    joe.decide(deal(joe, first=True, StageName="Prospecting"))
    assert "Opportunity" not in {each.object for each in joe.shown[joe.lead.id]}
    joe.deals = [replace(ours, product=None)]
    joe.decide(deal(joe, first=True, StageName="Prospecting"))
    assert "Opportunity" in {each.object for each in joe.shown[joe.lead.id]}


def test_a_part_in_the_deal_that_shows_the_lead_tells_its_worth_and_one_in_another_deal_nothing():
    joe = at_field()
    ours, worth = joe.deals[0], Money(900_000, "EUR")
    joe.deals = [replace(ours, amount=worth), replace(ours, id="other", record_id="007", amount=Money(1, "EUR"))]

    def role(deal_id: str):
        refs = {"person": Ref("Contact", "003"), "opportunity": Ref("Opportunity", deal_id)}
        return joe.told(Record("OpportunityContactRole", f"00K{deal_id}", "role", joe.now, {"Role": "User"}, refs))

    before = joe.lead.amount
    joe.decide(role("007"))
    assert joe.lead.amount == before != worth
    joe.decide(role(str(ours.record_id)))
    assert (joe.lead.amount, joe.lead.status, joe.lead.stage) == (worth, "open", "field")


def test_a_call_is_about_the_sellers_own_lead_before_a_newer_one_of_somebody_else():
    joe = at_telemarketing()
    joe.wait(hours=1)
    joe.interest["sensor"] = 45.0
    joe.decide()

    def call(by: str):
        refs, said = {"owner": Ref("User", by)}, {"CallDisposition": "Left voicemail"}
        return joe.told(Record("Task", "00T", "task", joe.now, said, refs, "call.logged"), first=True)

    joe.decide(call(seller(joe.process, joe.of("robot").owner or "")))
    assert (joe.of("robot").status, joe.of("sensor").status) == ("nurturing", "open")
    joe.decide(call("005-somebody"))  # whose lead it may be is unknown: the newest
    assert joe.of("sensor").status == "nurturing"


def test_the_task_of_an_earlier_cycle_says_nothing_of_the_present_one():
    joe = Pursuits()
    joe.in_crm = {"Contact": ["003"]}
    joe.decide()
    joe.answers()
    (old,) = joe.shown[joe.lead.id]
    joe.click("wrong_number")
    joe.wait(days=1)
    joe.decide(touches=[joe.touch()])
    joe.answers()
    assert joe.lead.cycle == 2
    completed = {"CallDisposition": "Left voicemail"}
    joe.decide(joe.told(Record("Task", old.record_id or "", "task", joe.now, completed, our_key=old.our_key)))
    assert (joe.lead.status, joe.shown[joe.lead.id][0].our_key) == ("open", f"{joe.lead.id}/2")


def test_a_record_of_marketing_is_no_record_of_the_crm_although_it_bears_our_key():
    joe = at_telemarketing()
    told = joe.heard("Lead", Status="Working")
    joe.decide(replace(told, message=replace(told.message, source="ma")))
    assert joe.lead.responded_at is None


@pytest.mark.parametrize("stage", ["telemarketing", "inside_sales", "field"])
def test_every_outcome_of_every_stage_can_be_clicked_or_says_why_not(stage):
    at = {"telemarketing": at_telemarketing, "inside_sales": at_inside_sales, "field": at_field}[stage]
    for choice in b2b().stages[stage].outcomes:
        joe = at()
        draft = joe.click(choice)
        assert bool(draft.refused) == (choice == "won" and stage == "inside_sales")
        assert joe.lead.stage != stage or joe.lead.status != "open" or draft.refused


def test_two_things_heard_at_once_are_taken_in_order_and_marketing_is_told_once():
    joe = at_telemarketing()
    became = (Ref("Contact", "003"),)
    converted = replace(joe.heard("Lead", IsConverted=True).message.record, became=became)
    draft = joe.decide(joe.heard("Lead", Status="Qualified"), joe.told(converted, news=["IsConverted"]))
    assert [event.choice for event in joe.events if event.kind == "outcome"] == ["qualified", "converted"]
    assert joe.lead.stage == "field"
    assert [(tell.outcome, tell.lead.stage) for tell in intents(draft, Tell)] == [("converted", "field")]
