"""Sellers hear of what concerns their deals and leads, by the rules of the process, and of their own acts never."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from closeloop.alerts.tell import tell
from closeloop.lifecycle.nouns import Deal
from closeloop.process.nouns import AlertRule
from closeloop.profile.nouns import Touch
from closeloop.profile.scope import PersonScope
from closeloop.rules import Vocabulary, parse
from support.outgoing import AT, b2b, lead

B2B = b2b()
SATO, HUBER = "0055g00000S0005AAB", next(member.user for member in B2B.people if member.name == "huber")
TOUCH = Touch(
    "form:9", "joe", "form/phone", True, "page.viewed", AT - timedelta(minutes=1), "form", None, "robot",
    "pricing", 3, "https://ours.example/robot/pricing", None, {},
)  # fmt: skip
DEAL = Deal("deal", True, False, "Proposal", None, "robot", "dach", HUBER, "O1")
OPEN_DEAL = {"opportunity": [{"open": True, "product": "robot", "region": "dach"}]}


def joe(records: Any = OPEN_DEAL) -> PersonScope:
    return PersonScope(AT, {"product": "robot", "region": "dach"}, records)


def told(touch: Touch = TOUCH, *, person=None, leads=(), deals=(DEAL,), process=B2B):
    return tell("joe", "Joe Miller", [touch], person or joe(), leads, deals, process, AT)


def only(who: str, **changes: Any):
    rule = AlertRule("alerts[0]", ("page.viewed",), None, who, timedelta(minutes=1))
    return replace(B2B, alerts=(replace(rule, **changes),))


def test_the_owner_of_an_open_deal_hears_of_a_look_at_the_prices():
    (alert,) = told()
    assert (alert.member.name, alert.rule, alert.touch_id, alert.person_id) == ("huber", "alerts[0]", "form:9", "joe")
    assert alert.id == "alerts[0]/form:9/huber"
    assert alert.at == AT
    assert alert.due_at == TOUCH.at + B2B.alerts[0].within
    assert alert.subject == "Joe Miller: page.viewed (robot, pricing)"
    assert alert.why == "b2b@7 alerts[0]: topic == 'pricing' and open_deal"
    assert alert.text == (
        "Joe Miller: page.viewed (robot, pricing) at 2026-09-01 08:59 UTC.\nhttps://ours.example/robot/pricing\n\n"
        "You hear of this by the rule b2b@7 alerts[0]: topic == 'pricing' and open_deal."
    )


@pytest.mark.parametrize(
    ("touch", "person"),
    [
        (TOUCH._replace(topic="news"), joe()),
        (TOUCH._replace(kind="email.clicked"), joe()),
        (TOUCH, joe({})),
        (TOUCH, joe({"opportunity": [{"open": False, "product": "robot", "region": "dach"}]})),
        (TOUCH, joe({"opportunity": [{"open": True, "product": "sensor", "region": "dach"}]})),
    ],
    ids=["another_topic", "another_kind", "no_deal", "a_closed_deal", "a_deal_for_another_product"],
)
def test_nobody_hears_of_what_no_rule_asks_for(touch, person):
    assert told(touch, person=person) == []


def test_a_sellers_own_act_alerts_nobody():
    assert told(TOUCH._replace(seller="huber")) == []


def test_history_that_is_imported_mails_nobody():
    assert told(TOUCH._replace(at=AT - timedelta(days=2))) == []
    assert len(told(TOUCH._replace(at=AT - timedelta(hours=23)))) == 1


def test_each_rule_that_holds_tells_of_the_touch():
    twice = replace(B2B, alerts=(B2B.alerts[0], replace(B2B.alerts[0], id="alerts[7]", on=("any",))))
    assert [alert.rule for alert in told(process=twice)] == ["alerts[0]", "alerts[7]"]


def test_of_several_deals_the_one_for_the_touched_product_decides_who_hears():
    others = replace(DEAL, id="other", product="sensor", owner=SATO)
    assert [alert.member.name for alert in told(deals=(others, DEAL))] == ["huber"]
    assert [alert.member.name for alert in told(deals=(DEAL, others))] == ["huber"]


def test_a_touch_of_no_product_is_told_to_the_owner_of_any_deal():
    assert [alert.member.name for alert in told(TOUCH._replace(product=None), process=only("deal_owner"))] == ["huber"]


@pytest.mark.parametrize(
    "deals",
    [(), (replace(DEAL, open=False),), (replace(DEAL, owner=None),), (replace(DEAL, owner="005-unknown"),)],
    ids=["no_deal", "a_closed_deal", "a_deal_of_nobody", "a_deal_of_somebody_not_on_the_team"],
)
def test_without_somebody_to_tell_nothing_is_told(deals):
    assert told(deals=deals) == []


def test_a_rule_may_tell_the_owner_of_the_lead():
    sensor = lead(id="lead-2", product="sensor", owner="caro")
    process = only("lead_owner")
    assert [alert.member.name for alert in told(leads=(sensor, lead()), process=process)] == ["abel"]
    assert [alert.member.name for alert in told(leads=(sensor,), process=process)] == ["caro"]
    assert told(leads=(lead(status="sent_back"), lead(owner=None)), process=process) == []


def test_a_condition_that_only_marketing_sees_is_not_quoted_to_a_seller():
    title = replace(B2B.fields["person"]["title"], seen_by="marketing")
    fields = {**B2B.fields, "person": {**B2B.fields["person"], "title": title}}
    rule = parse("title == 'CTO'", Vocabulary({"title": "text"}))
    process = replace(only("deal_owner", when=rule), fields=fields)
    person = PersonScope(AT, {"product": "robot", "region": "dach", "title": "CTO"}, OPEN_DEAL)
    (alert,) = told(process=process, person=person)
    assert alert.why == "b2b@7 alerts[0]: a condition that only marketing sees"
    assert "CTO" not in alert.text
    (quoted,) = told(process=only("deal_owner", when=rule), person=person)
    assert "title == 'CTO'" in quoted.text, "the control: both sides see it"
