"""Strong keys say whose a message is; sharing a browser never makes two people one."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.identity.attribute import attribute
from closeloop.identity.keys import keys_of
from closeloop.identity.nouns import Known
from closeloop.inbox.nouns import Key
from closeloop.ports import Ref
from support.messages import AT, COMPANY_PATHS, POLICY, company_key, crm, form

JOE, ANN = "joe@acme.example", "ann@acme.example"
SPELLINGS = (
    JOE, "Joe@ACME.example", " joe@acme.example ", "JOE@ACME.EXAMPLE", "joe+demo@acme.example",
    "Joe+Price.List@Acme.Example", "\tjoe@acme.example\n",
)  # fmt: skip


def test_seven_spellings_of_an_address_are_one_person(memory):
    assert len(set(memory.whose(*(form(spelling) for spelling in SPELLINGS)))) == 1


def test_control_another_address_is_another_person(memory):
    assert len(set(memory.whose(form(JOE), form(ANN)))) == 2


def test_a_user_id_and_an_address_said_together_are_the_same_person_from_then_on(memory):
    first, both, later = memory.whose(form(JOE), form(JOE, user="u1"), form(user="u1"))
    assert first == both == later
    assert memory.merges == []


def test_somebody_known_by_user_id_only_and_somebody_known_by_address_only_are_linked_not_rewritten(memory):
    by_user, by_email = memory.whose(form(user="u1", at=AT), form(JOE, at=AT + timedelta(hours=1)))
    assert by_user != by_email
    both = form(JOE, user="u1", at=AT + timedelta(hours=2))
    (merge,) = memory.hear(both).merges
    assert (merge.kind, merge.survivor_id, merge.loser_id) == ("person", by_user, by_email)
    assert merge.by == "b2b@7"
    assert merge.message_id == both.id
    assert merge.reason == f"one message carries keys of both: email:{JOE}, form.user:u1"
    assert memory.known.holders[Key("email", JOE)] == by_email, "a claim stays with its own entity"
    assert memory.whose(form(JOE), form(user="u1")) == [by_user, by_user]


def test_whoever_identifies_on_a_browser_is_written_down_as_its_visitor(memory):
    signed_in = form(JOE, user="u1", browser="phone", act=None)
    found = memory.hear(signed_in)
    (visit,) = found.visits
    assert (visit.visitor, visit.person_id, visit.at) == ("form/phone", found.subject[signed_in.id], AT)


def test_an_unknown_browser_is_nobody(memory):
    found = memory.hear(form(browser="phone", act="page.viewed"))
    assert (found.subject, found.born, found.claims) == ({}, (), ())


@pytest.mark.parametrize("is_known", [True, False], ids=["ann_is_known", "ann_is_new"])
@pytest.mark.parametrize("act", [None, "form.submitted"])
def test_a_form_with_another_address_on_joes_session_is_not_joe(memory, is_known, act):
    (joe,) = memory.whose(form(JOE, user="u1", browser="shared"))
    known = memory.whose(form(ANN)) if is_known else []
    on_his_session = form(ANN, user="u1", browser="shared", act=act)
    (ann,) = memory.whose(on_his_session)
    assert ann != joe
    assert known in ([ann], [])
    assert memory.merges == []
    assert memory.whose(form(user="u1"), form(JOE), form(ANN)) == [joe, joe, ann]


def test_why_two_people_on_one_session_were_kept_apart_is_noted(memory):
    memory.whose(form(JOE, user="u1"))
    new = form(ANN, user="u1")
    assert memory.hear(new).notes[new.id] == (
        "ann@acme.example is new on the session of somebody who has an address: taken as another person"
    )
    again = form(ANN, user="u1")
    assert memory.hear(again).notes[again.id] == (
        "its keys belong to two people who each have an address of their own: not merged, taken by email"
    )


def test_an_address_as_user_id_beside_a_typed_address_joins_nobody_whichever_comes_first(memory):
    shared = form(ANN, user=JOE, browser="shared")
    (ann,) = memory.whose(shared)
    (joe,) = memory.whose(form(user=JOE))
    assert ann != joe
    assert memory.whose(form(ANN, user=JOE), form(ANN), form(JOE)) == [ann, ann, joe]
    assert memory.merges == []


def test_control_a_first_address_on_a_session_is_that_of_its_user(memory):
    first, second = memory.whose(form(user="u1"), form(JOE, user="u1"))
    assert first == second


def test_one_message_never_merges_two_people_who_each_have_an_address(memory):
    joe, ann = memory.whose(crm("Contact", "C1", email=JOE), crm("Contact", "C2", email=ANN))
    mixed = crm("Contact", "C1", email=ANN)
    found = memory.hear(mixed)
    assert found.merges == ()
    assert found.subject[mixed.id] == joe, "a record stays with its own id"
    assert "two people who each have an address" in found.notes[mixed.id]
    assert memory.whose(form(JOE), form(ANN)) == [joe, ann]


def test_a_record_whose_keys_belong_to_two_people_is_still_found_by_its_own_id(memory):
    joe, _ = memory.whose(form(JOE), form(ANN))
    new = crm("Lead", "L1", email=ANN, our_key=joe)
    call = crm("Task", "T1", person=Ref("Lead", "L1"))
    found = memory.hear(new, call)
    assert found.subject[new.id] == found.subject[call.id] == joe
    assert not found.born


def test_a_merge_that_somebody_undid_is_not_made_again(memory):
    by_user, by_email = memory.whose(form(user="u1"), form(JOE, at=AT + timedelta(hours=1)))
    memory.known.blocked.add((by_user, by_email))
    both = form(JOE, user="u1")
    found = memory.hear(both)
    assert found.merges == ()
    assert found.subject[both.id] == by_email
    assert found.notes[both.id].startswith("its keys belong to two whom somebody told apart: not merged")


def test_an_undone_merge_holds_for_whoever_is_linked_to_the_two(memory):
    older, by_user, by_email = memory.whose(
        form(user="u0"), form(user="u1", at=AT + timedelta(hours=1)), form(JOE, at=AT + timedelta(hours=2))
    )
    memory.known.blocked.add((by_user, by_email))
    link = form(user="u1")
    memory.hear(
        type(link)(link.id, "form", "r", 0, "event", AT, AT, keys=(Key("form.user", "u0"), Key("form.user", "u1")))
    )
    assert memory.merges == [(older, by_user)]
    memory.hear(form(JOE, user="u0"))
    assert memory.merges == [(older, by_user)]


def test_a_contact_whose_address_changed_in_the_crm_keeps_its_person_and_has_both(memory):
    moved = "joe.miller@newco.example"
    (joe,) = memory.whose(crm("Contact", "C1", email=JOE))
    changed = crm("Contact", "C1", email=moved)
    (claim,) = memory.hear(changed).claims
    assert (claim.key, claim.entity_id) == (Key("email", moved), joe)
    assert memory.whose(form(JOE), form(moved)) == [joe, joe]


def test_a_converted_lead_keeps_its_person(memory):
    lead = crm("Lead", "L1", email=JOE)
    converted = crm("Lead", "L1", email=JOE, became=(Ref("Contact", "C1"), Ref("Account", "A1")))
    contact = crm("Contact", "C1", email=JOE)
    assert len(set(memory.whose(lead, converted, contact))) == 1


def test_a_lead_converted_into_a_contact_that_is_there_makes_the_two_one_since_the_crm_says_so(memory):
    by_lead, by_contact = memory.whose(
        crm("Lead", "L1", email="joe@home.example"), crm("Contact", "C1", email=JOE, at=AT + timedelta(hours=1))
    )
    (after,) = memory.whose(crm("Lead", "L1", email="joe@home.example", became=(Ref("Contact", "C1"),)))
    assert memory.merges == [(by_lead, by_contact)]
    assert memory.whose(form("joe@home.example"), form(JOE)) == [after, after]


def test_an_opportunity_may_come_before_the_contact_and_the_account_it_names(memory):
    deal = crm("Opportunity", "O1", person=Ref("Contact", "C1"), account=Ref("Account", "A1"), owner=Ref("User", "U1"))
    found = memory.hear(deal)
    assert set(found.relations[deal.id]) == {"person", "account"}
    contact, account = crm("Contact", "C1", email=JOE, account=Ref("Account", "A1")), crm("Account", "A1", name="Acme")
    later = memory.hear(contact, account)
    assert later.subject[contact.id] == found.relations[deal.id]["person"]
    assert later.subject[account.id] == found.relations[deal.id]["account"] == later.relations[contact.id]["account"]
    assert later.born == ()


def test_in_whatever_order_records_arrive_the_same_of_them_belong_together(memory):
    def story():
        return [
            crm("Opportunity", "O1", person=Ref("Contact", "C1"), account=Ref("Account", "A1")),
            crm("Contact", "C1", email=JOE, account=Ref("Account", "A1")),
            crm("Account", "A1", name="Acme Corp."),
            form("Joe@Acme.example", company="ACME"),
            crm("Task", "T1", person=Ref("Contact", "C1")),
        ]

    together = set()
    for order in itertools.permutations(range(5)):
        one = type(memory)()
        told = story()
        for index in order:
            one.hear(told[index])
        keys = (Key("email", JOE), Key("crm.Contact", "C1"), Key("crm.Account", "A1"), company_key("Acme"))
        joe, contact, acme, named = (one.known.roots[one.known.holders[key]] for key in keys)
        together.add((joe == contact, acme == named))
    assert together == {(True, True)}


def test_a_company_that_a_form_named_is_the_account_of_the_crm(memory):
    filled = form(JOE, company="Acme Corp.")
    account = memory.hear(filled).relations[filled.id]["account"]
    record = crm("Account", "A1", name="ACME")
    assert memory.hear(record).subject[record.id] == account


def test_two_accounts_of_one_name_in_the_crm_stay_two_in_one_batch_or_in_two(memory):
    one, other = crm("Account", "A1", name="Acme"), crm("Account", "A2", name="ACME")
    found = memory.hear(one, other)
    assert found.subject[one.id] != found.subject[other.id]
    # The next batch knows of the first account only what `load` says of it.
    fresh = type(memory)()
    fresh.known = Known(
        {company_key("Acme"): found.subject[one.id]},
        {found.subject[one.id]: found.subject[one.id]},
        {found.subject[one.id]: {"crm.Account", "company"}},
    )
    third = crm("Account", "A3", name="Acme")
    assert fresh.hear(third).subject[third.id] != found.subject[one.id]


def test_a_key_of_our_own_finds_the_person_also_after_a_merge(memory):
    by_user, by_email = memory.whose(form(user="u1"), form(JOE, at=AT + timedelta(hours=1)))
    memory.hear(form(JOE, user="u1"))
    record = crm("Lead", "L1", our_key=by_email)
    assert memory.whose(record) == [by_user]
    assert memory.known.holders[Key("crm.Lead", "L1")] == by_email


def test_a_key_of_our_own_that_nobody_has_is_no_claim(memory):
    found = memory.hear(crm("Lead", "L1", our_key="0000"))
    assert [claim.key for claim in found.claims] == [Key("crm.Lead", "L1")]


def test_a_call_belongs_to_the_person_it_was_about(memory):
    (joe,) = memory.whose(crm("Contact", "C1", email=JOE))
    call = crm("Task", "T1", person=Ref("Contact", "C1"), touch="call.logged")
    assert memory.hear(call).subject[call.id] == joe


def test_every_key_that_is_looked_up_was_asked_for():
    messages = [
        form(JOE, user="u1", company="Acme"),
        crm("Lead", "L1", email=JOE, became=(Ref("Contact", "C1"),), account=Ref("Account", "A1")),
        crm("Task", "T1", person=Ref("Contact", "C2"), owner=Ref("User", "U1")),
    ]
    assert keys_of(messages, COMPANY_PATHS) == {
        Key("email", JOE), Key("form.user", "u1"), company_key("Acme"), Key("crm.Lead", "L1"), Key("crm.Contact", "C1"),
        Key("crm.Account", "A1"), Key("crm.Contact", "C2"),
    }  # fmt: skip


PEOPLE = st.sampled_from([None, JOE, ANN, "mia@acme.example"])
EVENTS = st.lists(
    st.tuples(PEOPLE, st.sampled_from([None, "u1", "u2"]), st.integers(0, 3)).filter(lambda said: said[0] or said[1]),
    max_size=12,
)


@given(EVENTS)
def test_no_run_of_events_ever_makes_two_addresses_one_person(events):
    known, messages = Known(), [form(email, user=user, at=AT + timedelta(days=day)) for email, user, day in events]
    attribute(messages, known, POLICY)
    owners = [known.roots[holder] for key, holder in known.holders.items() if key.kind == "email"]
    assert len(owners) == len(set(owners))


@given(EVENTS)
def test_the_same_messages_give_the_same_ids_and_links_again(events):
    messages = [form(email, user=user, at=AT + timedelta(days=day)) for email, user, day in events]
    assert attribute(messages, Known(), POLICY) == attribute(messages, Known(), POLICY)


@given(EVENTS, st.integers(0, 12))
def test_where_a_batch_ends_makes_no_difference(events, cut):
    messages = [form(email, user=user, at=AT + timedelta(days=day)) for email, user, day in events]
    whole, parts = Known(), Known()
    attribute(messages, whole, POLICY)
    for part in (messages[:cut], messages[cut:]):
        for claim in attribute(part, parts, POLICY).claims:
            parts.kinds.setdefault(claim.entity_id, set()).add(claim.key.kind)
    assert (whole.holders, whole.roots) == (parts.holders, parts.roots)
