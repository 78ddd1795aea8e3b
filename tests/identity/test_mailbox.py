"""An address alone does not make one person of two with other names: couples, colleagues at info@, their records."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.identity import attribute as attribute_module
from closeloop.identity.attribute import attribute
from closeloop.identity.nouns import Known
from closeloop.inbox.nouns import Key
from support.messages import AT, POLICY, crm, form

HOME = "millers@home.example"
JOE, ANN, INFO = "joe@acme.example", "ann@acme.example", "info@acme.example"


def test_a_couple_that_shares_an_address_is_two_people_and_somebody_is_asked(memory):
    joe = form(HOME, name="Joe Miller")
    ann = form(HOME, name="Ann Miller")
    first, second = memory.hear(joe).subject[joe.id], memory.hear(ann)
    assert second.subject[ann.id] != first
    (doubt,) = second.doubts
    assert (doubt.one, doubt.other) == (first, second.subject[ann.id])
    assert "related" in doubt.why
    assert second.notes[ann.id] == "millers@home.example is known by another name: taken as another person"
    assert memory.merges == []


def test_control_without_the_look_at_names_a_couple_is_one_person(memory, monkeypatch):
    monkeypatch.setattr(attribute_module, "key_at", lambda mailbox, *_: mailbox.address)
    assert len(set(memory.whose(form(HOME, name="Joe Miller"), form(HOME, name="Ann Miller")))) == 1


def test_each_of_a_couple_is_known_again_and_nobody_is_asked_twice(memory):
    joe, ann = memory.whose(form(HOME, name="Joe Miller"), form(HOME, name="Ann Miller"))
    again = form(HOME, name="Miller, Annie")
    found = memory.hear(again)
    assert (found.subject[again.id], found.doubts, found.born) == (ann, (), ())
    assert memory.whose(form(HOME, name="Joseph Miller"), form(HOME, name="J. Miller")) == [joe, joe]


@pytest.mark.parametrize(
    "name",
    ["Joe Miller", "JOE MILLER", "Joseph Miller", "J. Miller", "Joee Miller", "Miller, Joe", "Miller Joe",
     "Dr. Joe Miller", "Joe", "Joe A. Miller", "", "n/a", "ジョー・ミラー"],
)  # fmt: skip
def test_who_may_be_the_holder_by_name_is_the_holder(memory, name):
    holder, other = memory.whose(form(HOME, name="Joe Miller"), form(HOME, name=name))
    assert other == holder


def test_two_first_names_of_their_own_are_two_people_though_one_letter_apart(memory):
    jo, joe = memory.whose(form(HOME, name="Joe Miller"), form(HOME, name="Jo Miller"))
    assert jo != joe


def test_what_states_no_name_goes_to_the_holder_of_the_address(memory):
    joe, _, nameless = memory.whose(form(HOME, name="Joe Miller"), form(HOME, name="Ann Miller"), form(HOME))
    assert nameless == joe


def test_who_had_no_name_yet_takes_the_first_that_is_stated(memory):
    nameless, joe, ann = memory.whose(form(HOME), form(HOME, name="Joe Miller"), form(HOME, name="Ann Miller"))
    assert nameless == joe != ann


def test_a_record_of_the_crm_with_another_name_is_the_person_of_its_own_id(memory):
    joe, ann, again = memory.whose(
        crm("Contact", "C1", email=HOME, called="Joe Miller"),
        crm("Contact", "C2", email=HOME, called="Ann Miller"),
        crm("Contact", "C2", email=HOME, called="Ann Miller-Lang"),
    )
    assert joe != ann == again
    assert memory.whose(form(HOME, name="Ann Miller")) == [ann]


def test_a_contact_that_is_renamed_stays_who_it_is_since_its_id_is_stronger(memory):
    before, after = memory.whose(
        crm("Contact", "C1", email=JOE, called="Joe Miller"), crm("Contact", "C1", email=JOE, called="Ann Lang")
    )
    assert before == after


def test_two_records_that_trade_addresses_stay_two_people_however_often_it_is_read(memory):
    joe, ann = memory.whose(
        crm("Contact", "C1", email=JOE, called="Joe Miller"), crm("Contact", "C2", email=ANN, called="Ann Lang")
    )
    for n in range(1, 4):
        traded = (ANN, JOE) if n % 2 else (JOE, ANN)
        at = AT + timedelta(days=n)
        assert memory.whose(
            crm("Contact", "C1", email=traded[0], called="Joe Miller", at=at),
            crm("Contact", "C2", email=traded[1], called="Ann Lang", at=at),
        ) == [joe, ann]
    assert memory.merges == []


def test_colleagues_at_a_mailbox_of_a_role_are_told_apart_by_whole_names_and_nobody_is_asked(memory):
    people = ["Joe Miller", "Joe Smith", "Ann Lang"]
    messages = [form(INFO, name=name) for name in people]
    found = [memory.hear(message) for message in messages]
    assert len({each.subject[message.id] for each, message in zip(found, messages, strict=True)}) == 3
    assert [each.doubts for each in found] == [(), (), ()]
    first = found[0].subject[messages[0].id]
    assert memory.whose(form(INFO, name="Joe Miller"), form(INFO)) == [first, first]


def test_control_at_an_address_of_ones_own_one_first_name_with_another_last_name_is_one_person(memory):
    before, married = memory.whose(form(ANN, name="Ann Miller"), form(ANN, name="Ann Lang"))
    assert before == married


def test_an_address_that_many_names_were_stated_with_is_a_mailbox_of_all_of_them(memory):
    names = ("Joe Miller", "Ann Lang", "Eva Kern", "Eva Brandt")
    assert len(set(memory.whose(*(form(HOME, name=name) for name in names)))) == 4


def test_on_a_shared_session_the_name_with_the_address_says_who_it_is(memory):
    joe, ann, later = memory.whose(
        form(HOME, name="Joe Miller", user="u1"), form(HOME, name="Ann Miller", user="u1"), form(user="u1")
    )
    assert joe != ann
    assert later == joe


def test_a_name_of_any_length_or_script_makes_a_key_that_can_be_kept(memory):
    memory.hear(form(HOME, name="Joe Miller"))
    for name in ("Ann " + "x" * 9_000, "Ann\x00 Miller", "Ann \ud800Lang", "Ж" * 300 + " Иванова"):
        for claim in memory.hear(form(HOME, name=name)).claims:
            assert len(claim.key.value) < 300
            assert "\x00" not in claim.key.value


NAMED = st.lists(
    st.tuples(
        st.sampled_from([HOME, INFO, JOE]), st.sampled_from([None, "Joe Miller", "Ann Miller", "Bob Lang", "Rob Lang"]),
        st.sampled_from([None, "u1"]),
    ),
    max_size=10,
)  # fmt: skip


@given(NAMED, st.integers(0, 10))
def test_where_a_batch_ends_makes_no_difference_to_who_shares_a_mailbox(said, cut):
    messages = [
        form(email, name=name, user=user, at=AT + timedelta(days=n)) for n, (email, name, user) in enumerate(said)
    ]
    whole, parts = Known(), Known()
    attribute(messages, whole, POLICY)
    for part in (messages[:cut], messages[cut:]):
        for claim in attribute(part, parts, POLICY).claims:
            parts.kinds.setdefault(claim.entity_id, set()).add(claim.key.kind)
    assert (whole.holders, whole.roots, whole.stated) == (parts.holders, parts.roots, parts.stated)


def test_in_whatever_order_a_couple_arrives_they_are_two(memory):
    for order in itertools.permutations(["Joe Miller", "Ann Miller", "Joseph Miller"]):
        one = type(memory)()
        assert len(set(one.whose(*(form(HOME, name=name) for name in order)))) == 2


def test_the_key_of_who_shares_an_address_is_the_address_and_the_name(memory):
    memory.hear(form(HOME, name="Joe Miller"))
    (claim,) = memory.hear(form(HOME, name="Änn Müller")).claims
    assert claim.key == Key("email+name", "millers@home.example ann muller")
