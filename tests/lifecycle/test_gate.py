"""The gate: who passes and why, who does not and why not, and how many leads one person may be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from closeloop.inbox.nouns import Click
from closeloop.lifecycle.nouns import Deal, Tell
from support.pursuits import Pursuits, at_field, at_telemarketing, b2b_with, intents


def parts(draft, product="robot"):
    (verdict,) = [each for each in draft.verdicts if each.product == product]
    return verdict, {finding.text: finding.held for finding in verdict.findings}


def test_the_verdict_on_joe_who_is_in_names_every_part_with_the_values_it_saw():
    verdict, found = parts(Pursuits().decide())
    assert verdict.passed
    assert (verdict.region, verdict.product) == ("dach", "robot")
    assert found == {
        "usable": True, "fit >= 20": True, "interest >= 40": True, "not (opted_out or open_deal)": True,
        "has email": True, "has country": True, "has product": True,
    }  # fmt: skip
    assert next(f.values for f in verdict.findings if f.text == "interest >= 40") == {"interest": 55.0}


@pytest.mark.parametrize(
    ("names", "lacking"),
    [
        ({"fit": 15.0}, {"fit >= 20"}),
        ({"email": "joe@mailinator.com"}, {"usable"}),
        ({"email": None}, {"usable", "has email"}),
        ({"opted_out": True}, {"not (opted_out or open_deal)"}),
    ],
)
def test_the_verdict_on_joe_who_is_out_names_the_parts_that_failed_and_no_others(names, lacking):
    joe = Pursuits()
    joe.names |= names
    verdict, found = parts(joe.decide())
    assert not verdict.passed
    assert {text for text, held in found.items() if not held} == lacking
    assert joe.leads == {}


def test_a_country_outside_all_regions_is_said_and_opens_no_lead():
    joe = Pursuits(country="JP")
    verdict, found = parts(joe.decide())
    assert not verdict.passed
    assert verdict.region is None
    assert found["country lies in a region of the process"] is False
    assert joe.leads == {}


def test_without_a_country_the_need_is_named():
    verdict, found = parts(Pursuits(country=None).decide())
    assert not verdict.passed
    assert found["has country"] is False


def test_an_open_deal_for_the_same_product_and_region_keeps_the_gate_shut_and_one_for_another_does_not():
    joe = Pursuits()
    joe.deals = [Deal("d", True, False, None, None, "robot", "dach", None, "006")]
    assert not parts(joe.decide())[0].passed
    joe.deals = [replace(joe.deals[0], product="sensor")]
    assert parts(joe.decide())[0].passed


def test_two_products_are_two_leads_with_owners_of_their_own_and_the_same_product_is_no_second():
    joe = at_telemarketing()
    joe.interest["sensor"] = 45.0
    joe.decide()
    joe.decide()
    assert sorted(lead.product for lead in joe.leads.values()) == ["robot", "sensor"]
    assert joe.of("robot").owner in ("abel", "brandt")
    assert joe.of("sensor").owner in ("caro", "dietz")


def test_a_nurtured_lead_is_still_the_pursuit_of_its_product():
    joe = at_telemarketing()
    joe.click("voicemail")
    joe.decide()
    assert joe.lead.status == "nurturing"


def test_a_won_lead_allows_a_new_pursuit_on_an_act_after_it_and_not_on_the_interest_that_led_to_it():
    joe = at_field()
    joe.deals = []
    joe.click("won")
    joe.decide()
    assert joe.lead.status == "won"
    joe.wait(days=1)
    joe.decide(touches=[joe.touch("email.sent")])
    assert joe.lead.status == "won"
    joe.decide(touches=[joe.touch("form.submitted")])
    first, second = joe.leads.values()
    assert (first.status, first.cycle) == ("won", 1)
    assert (second.status, second.cycle) == ("open", 2)


def test_the_first_true_line_of_the_route_names_the_stage():
    warm, hot = at_telemarketing(), Pursuits()
    hot.names["fit"], hot.interest["robot"] = 35.0, 80.0
    draft = hot.decide()
    assert warm.lead.stage == "telemarketing"
    assert hot.lead.stage == "field"
    assert draft.events[0].why == "b2b@7 gate: passed; b2b@7 route[0]: fit >= 35 and interest >= 80"


def test_the_lead_carries_the_campaign_of_the_touch_that_created_it():
    joe = Pursuits()
    old = joe.touch(campaign="price-mailing")
    joe.wait(hours=1)
    new = joe.touch(campaign="spring-webinar")
    other = joe.touch(campaign="sensor-days", product="sensor")
    draft = joe.decide(touches=[old, other, new])
    assert (joe.lead.campaign, joe.lead.touch_id) == ("spring-webinar", new.id)
    assert [tell.lead.campaign for tell in intents(draft, Tell)] == ["spring-webinar"]


def test_the_packet_stays_as_it_was_handed_over():
    joe = Pursuits()
    (packet,) = joe.decide().packets
    joe.names["title"] = "Plant manager"
    assert joe.decide().packets == []
    assert packet.content["title"] == "CTO"
    assert (packet.lead_id, packet.cycle, packet.at) == (joe.lead.id, 1, joe.now)


def test_a_process_of_one_region_without_the_field_country_needs_none(tmp_path):
    process = b2b_with(tmp_path)
    person = {name: rule for name, rule in process.fields["person"].items() if name != "country"}
    only = replace(
        process,
        fields={**process.fields, "person": person},
        regions={"dach": process.regions["dach"]},
        gate=replace(process.gate, needs=("email", "product")),
    )
    joe = Pursuits(only, country=None)
    joe.decide()
    assert joe.lead.region == "dach"
    two = Pursuits(replace(only, regions=process.regions), country=None)  # the control: which one would be a guess
    two.decide()
    assert two.leads == {}


def test_deciding_again_without_news_changes_nothing_but_the_verdict():
    joe = at_telemarketing()
    draft = joe.decide()
    assert (draft.events, draft.settled_intents(), draft.clocks, draft.tier) == ([], [], {}, None)
    assert [verdict.passed for verdict in draft.verdicts] == [True]


def test_a_click_on_a_lead_that_is_not_there_says_so():
    joe = at_telemarketing()
    draft = joe.decide(clicks=[Click("outcome", "another", "qualified", "sato")])
    assert list(draft.refused.values()) == ["the lead is not open any more: look at its history for what became of it"]
