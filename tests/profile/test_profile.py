"""Touches know what they were about and whose they are, and the summary of them is the same every time."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.inbox.nouns import Act, Key, Message
from closeloop.profile.attribute import attribute, people_of, person_at
from closeloop.profile.nouns import Touch
from closeloop.profile.scope import person_scope
from closeloop.profile.summary import summarise
from closeloop.profile.touches import touch_of
from closeloop.record.nouns import Confirmation, Winner

AT = datetime(2026, 9, 1, 9, tzinfo=UTC)


def touched(process, kind="page.viewed", by=None, **props):
    message = Message(
        "form:1", "form", "r", 0, "event", AT, AT, keys=(Key("email", "joe@acme.example"),), act=Act(kind, props, by)
    )
    return touch_of(message, "joe", process)


def touch(id_="1", day=0, *, visitor="form/phone", identified=False, person=None, kind="page.viewed", **more):
    return Touch(
        id=id_, person_id=person, visitor=visitor, identified=identified, kind=kind, at=AT + timedelta(days=day),
        source="form", campaign=more.get("campaign"), product=None, topic=more.get("topic"), depth=None,
        url=more.get("url"), seller=more.get("seller"), props={},
    )  # fmt: skip


@pytest.mark.parametrize("page", ["/robot/pricing", "https://www.hub.example/robot/pricing?utm_campaign=spring#x"])
def test_the_page_says_what_the_act_was_about(process, page):
    seen = touched(process, url=page, title="Prices")
    assert (seen.product, seen.topic, seen.depth, seen.url) == ("robot", "pricing", 3, page)
    assert seen.props == {"title": "Prices"}
    assert seen.campaign == ("spring" if "utm" in page else None)


def test_what_the_act_states_itself_comes_before_what_the_page_says(process):
    seen = touched(process, page="/robot/pricing", product="sensor", topic="demo", depth=9, campaign="fair")
    assert (seen.product, seen.topic, seen.depth, seen.campaign) == ("sensor", "demo", 9, "fair")


def test_a_product_that_the_process_does_not_list_counts_for_every_product(process):
    seen = touched(process, product="submarine")
    assert (seen.product, seen.props) == (None, {"product": "submarine"})


def test_a_message_without_an_act_is_no_touch(process):
    assert touch_of(Message("form:1", "form", "r", 0, "event", AT, AT), "joe", process) is None


def test_an_act_of_a_seller_names_the_team_member(process):
    assert touched(process, "call.logged", by="005-sato").seller == "sato"
    assert touched(process, "call.logged", by="005-left-long-ago").seller == "005-left-long-ago"


@pytest.mark.parametrize("url", ["http://[broken", "", "   ", 7, None, "?utm_campaign=", "\x00\ud800"])
def test_odd_addresses_break_nothing(process, url):
    seen = touched(process, url=url, note="\ud800\x00", huge=2**80, nothing=float("nan"))
    assert (seen.campaign, seen.topic) == (None, None)
    assert seen.props == {"note": "", "huge": str(2**80), "nothing": "nan"}


def test_an_anonymous_touch_belongs_to_whom_was_last_identified_before_it_else_first_after():
    visits = [(AT + timedelta(days=5), "ann"), (AT + timedelta(days=2), "joe")]
    whose = [person_at(visits, AT + timedelta(days=day)) for day in (0, 2, 4, 5, 9)]
    assert whose == ["joe", "joe", "joe", "ann", "ann"]
    assert person_at([], AT) is None


VISITS = st.lists(
    st.tuples(st.integers(0, 4).map(lambda day: AT + timedelta(days=day)), st.sampled_from("ab")), max_size=5
)


@given(VISITS, st.integers(0, 5), st.randoms(use_true_random=False))
def test_the_order_of_identifications_does_not_matter(visits, day, random):
    at = AT + timedelta(days=day)
    assert person_at(visits, at) == person_at(random.sample(visits, len(visits)), at)


def test_touches_that_name_their_person_never_change_hands():
    mine = touch("1", identified=True, person="ann")
    moved = attribute(
        [mine, touch("2"), touch("3", visitor=None), touch("4", person="joe")], {"form/phone": [(AT, "joe")]}
    )
    assert [(each.id, each.person_id) for each in moved] == [("2", "joe")]
    assert people_of(moved) == {"joe"}
    assert attribute([touch("5", person="joe")], {})[0].person_id is None


def test_the_summary_is_the_same_in_any_order():
    acts = [
        touch("1", 0, kind="form.submitted", campaign="spring", topic="demo"),
        touch("2", 1, url="/robot/pricing", topic="pricing"),
        touch("3", 2, url="/robot/pricing", topic="pricing"),
        touch("4", 3, kind="call.logged", seller="sato"),
    ]
    summaries = {summarise(order).lines for order in itertools.permutations(acts)}
    assert summaries == {
        (
            "3 acts from 2026-09-01 to 2026-09-03: page.viewed ×2, form.submitted ×1.",
            "Topics: pricing ×2, demo ×1.",
            "Campaigns: spring.",
            "2026-09-03 09:00 UTC page.viewed /robot/pricing",
            "2026-09-02 09:00 UTC page.viewed /robot/pricing",
            "2026-09-01 09:00 UTC form.submitted demo (spring)",
        )
    }
    assert summarise(acts).n_by_sellers == 1
    assert summarise([]).lines == ("No act of this person is known.",)


def _winners(**values):
    return {name: Winner(name, said, said, True, "crm.X", AT, "m", "why") for name, said in values.items()}


def test_a_person_is_seen_with_account_deals_confirmations_and_what_happened(process):
    joe = person_scope(
        AT, process, _winners(title="CTO", phone="+4930123456"), _winners(employees=1200),
        related={"opportunity": [_winners(amount="48000.00 EUR", is_closed=False)]},
        verified={
            "phone": (Confirmation("+4930123456", AT), Confirmation("+4930123456", AT + timedelta(days=1))),
            "title": (Confirmation("Plant manager", AT),),
        },
        happened=["form.submitted"], product="robot",
    )  # fmt: skip
    assert (joe.get("title"), joe.get("employees"), joe.get("product"), joe.get("nothing")) == (
        "CTO",
        1200,
        "robot",
        None,
    )
    assert joe.get("form.submitted") is True
    assert joe.confirmed == {"phone": AT + timedelta(days=1)}
    assert (joe.verified("phone"), joe.verified("title"), joe.verified("email")) == (True, False, False)
    assert str(joe.related("opportunity")[0]["amount"]) == "48000.00 EUR"
    assert joe.related("opportunity")[0]["open"] is True
    assert joe.with_names(interest=40.0).get("interest") == 40.0
