"""What a lead of the CRM goes into: the contact, the account and the deal that are there, or nothing by a guess."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from closeloop.outbox.convert import Deal, key_of, plan_conversions, plan_into_accounts
from closeloop.outbox.nouns import Held, Posted
from closeloop.outbox.plans import Plan, lines_of, moved, named
from closeloop.outbox.readiness import Told
from closeloop.outbox.stale import overtaken
from closeloop.ports import Ref
from closeloop.process.nouns import Matching
from support.outgoing import AT, b2b, known

B2B = replace(b2b(), matching=Matching(("crm",), convert_in=("crm",), into_accounts=("crm",)))
LEAD, CONTACT = (Held("crm", name, id_, "joe", "joe") for name, id_ in (("Lead", "L1"), ("Contact", "C1")))
ACCOUNTS = [("crm", "Account", "A1"), ("crm", "Account", "A2")]
OWNER = Ref("User", "005")
WORKED_ON = Deal("Acme – robot", OWNER, "lead-1")


def of(account):
    """What is known of a record of this account."""
    return {"_state": "active", "_refs": json.dumps({"account": ["Account", account]})}


def planned(deal, records=(LEAD,), **there):
    """The conversion as refs and fields, or why there is none; `there`: what deals, accounts and contacts hold."""
    kinds = {"L": "Lead", "C": "Contact", "A": "Account", "D": "Opportunity"}
    holds = {"L1": {"_state": "active"}, "C1": of("A1"), "A1": {"_state": "active"}, "A2": {"_state": "active"}}
    shadows = {("crm", kinds[id_[0]], id_): held for id_, held in {**holds, **there}.items()}
    found, left = plan_into_accounts(records, shadows, B2B, "m1", ACCOUNTS, {LEAD.key: deal} if deal else {})
    return [(found[0].command.refs, found[0].command.fields)] if found else [each.why for each in left]


NEW = {"opportunity": "Acme – robot"}
ACCOUNT, PERSON = Ref("Account", "A1"), Ref("Contact", "C1")


def deal(id_):
    return Ref("Opportunity", id_)


@pytest.mark.parametrize(
    ("likely", "there", "refs", "fields"),
    [
        ((), {}, {"account": ACCOUNT}, NEW),
        ((("D1",),), {"D1": of("A1")}, {"account": ACCOUNT, "opportunity": deal("D1")}, {}),
        ((("D1",),), {"D1": of("A2")}, {"account": Ref("Account", "A2"), "opportunity": deal("D1")}, {}),
        ((("D1",), ("D2", "D3")), {"D1": of("A1"), "D2": of("A1"), "D3": of("A1")},
         {"account": ACCOUNT, "opportunity": deal("D1")}, {}),
        ((("D1",), ("D2",)), {"D1": of("A9"), "D2": of("A1")}, {"account": ACCOUNT, "opportunity": deal("D2")}, {}),
        ((("D1",),), {"D1": of("A1") | {"_state": "deleted"}}, {"account": ACCOUNT}, NEW),
        ((("D1",),), {"D1": {"_state": "active"}}, {"account": ACCOUNT}, NEW),
    ],
    ids=["none", "one", "another account of theirs", "the person's before others", "elsewhere", "deleted", "of nobody"],
)  # fmt: skip
def test_somebody_without_a_contact_becomes_one_of_the_account_that_has_the_deal(likely, there, refs, fields):
    assert planned(WORKED_ON._replace(likely=likely), **there) == [({**refs, "owner": OWNER}, fields)]


def test_of_several_that_may_be_it_none_is_taken_and_none_is_made():
    likely = WORKED_ON._replace(likely=((), ("D1", "D2")))
    assert planned(likely, D1=of("A1"), D2=of("A1")) == ["several open deals may be its own (D1, D2)"]
    assert planned(likely, D1=of("A1"), D2=of("A9"))[0][0]["opportunity"] == deal("D1")


def test_who_has_a_contact_keeps_it_and_only_a_deal_of_its_account_is_taken():
    both = (LEAD, CONTACT)
    likely = WORKED_ON._replace(likely=(("D1",),))
    refs = {"person": PERSON, "owner": OWNER}
    assert planned(likely, both, D1=of("A1")) == [({**refs, "account": ACCOUNT, "opportunity": deal("D1")}, {})]
    assert planned(likely, both, D1=of("A2")) == [(refs, NEW)]
    assert planned(likely, both, C1={"_state": "active"}) == [], "a contact without an account takes no conversion"
    assert planned(None, both) == [], "left to the other rule"


def test_the_deal_that_shows_the_lead_already_is_its_own_and_no_other():
    own = WORKED_ON._replace(own="D1", likely=(("D2",),))
    into = {"account": ACCOUNT, "opportunity": deal("D1"), "owner": OWNER}
    assert planned(own, D1=of("A1"), D2=of("A1")) == [(into, {})]
    assert planned(own, D1={"Name": "made by us, not read yet"}) == [(into, {})]
    assert planned(own, D1=of("A9")) == ["its deal Opportunity D1 is of Account A9, and the person of A1"]
    assert planned(own, D1=of("A1") | {"_state": "deleted"}, D2=of("A1")) == [None]
    assert planned(WORKED_ON._replace(being_made=True), D2=of("A1")) == [None], "its deal is being made"


def test_a_lead_that_nobody_works_on_brings_no_deal_and_one_that_somebody_works_on_waits_for_it():
    assert planned(None) == [({"account": ACCOUNT}, {})]
    shadows = {LEAD.key: {"_state": "active"}, CONTACT.key: of("A1")}
    [one] = plan_conversions([LEAD, CONTACT], shadows, B2B, "m1", ())
    assert (one.command.key, one.command.refs) == (key_of(LEAD), {"person": PERSON})
    assert plan_conversions([LEAD, CONTACT], shadows, B2B, "m1", {LEAD.key}) == []
    assert plan_into_accounts([LEAD], shadows, B2B, "m1", [], {LEAD.key: WORKED_ON}) == ([], [])


def test_a_plan_says_what_is_there_and_what_is_new_and_a_contact_that_appears_takes_its_place():
    def command(records=(LEAD,), **there):
        shadows = {
            LEAD.key: {"_state": "active"},
            ("crm", "Account", "A1"): {"_state": "active"},
            CONTACT.key: of("A1"),
        }
        shadows |= {("crm", "Opportunity", id_): held for id_, held in there.items()}
        worked_on = {LEAD.key: WORKED_ON._replace(likely=(tuple(there),))}
        [[one], _] = plan_into_accounts(records, shadows, B2B, "m1", ACCOUNTS, worked_on)
        return Posted(one, "waiting", 0, AT)

    both = (LEAD, CONTACT)
    posted = [command(), command(D1=of("A1")), command(both), command(both, D1=of("A1"))]
    said = lines_of(posted, {}, {}, {"crm": Told((), (), {})}, B2B)
    assert [each.into for each in said] == [
        "Account A1 (existing), new contact, new deal",
        "Account A1 (existing), new contact, Opportunity D1 (existing)",
        "Contact C1, new deal",
        "Contact C1, Account A1, Opportunity D1",
    ]
    assert [each.planned.why.partition(": ")[2] for each in posted[1::2]] == [
        "no contact yet, and Account A1 is the company's; Opportunity D1 is open for the same",
        "Contact C1 is the same person; Opportunity D1 is open for the same",
    ]
    plan = Plan("p", AT, "b2b@7", ("crm",), said[:1], {})
    assert moved(plan, {said[0].key: posted[0]}, {}) == []
    assert moved(plan, {said[0].key: posted[1]}, {}) == [f"{named(said[0])}: what it goes into was decided anew"]
    replaced = overtaken(posted, known({CONTACT.key: {"_state": "active"}}))
    assert [each.command.refs.keys() for each in replaced] == [{"person", "owner"}, {"person", "opportunity", "owner"}]
