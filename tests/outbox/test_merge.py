"""Which of two records outside survives a merge of the hub, what it is to keep, and which are not merged at all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.outbox.merge import (
    call_back,
    is_carried_out,
    is_parted,
    lead_beside_contact,
    plan_merges,
    said_of_undoing,
)
from closeloop.outbox.nouns import Held, Known, Link, Posted
from closeloop.outbox.sync import sync
from closeloop.ports import Ref, Verb
from closeloop.process.nouns import Matching
from support.outgoing import AT, b2b, known

B2B = replace(b2b(), matching=Matching(("crm", "ma")))
OLD, NEW, THIRD = "p1", "p2", "p3"
JOINED = Link("m1", OLD, NEW, "b2b@7: one message carries keys of both")


def held(entity, record_id, object_name="Contact", source="crm"):
    return Held(source, object_name, record_id, entity, OLD)


def merges(records, links=(JOINED,), shadows=None, **changes):
    """Command by command: survivor and loser."""
    found = plan_merges(records, links, shadows or holding(*records, **changes), B2B, "form:1")
    return [(each.command.ref.id, each.command.refs["loser"].id) for each in found]


def holding(*records, **changes):
    """Every record known to hold nothing, but for those named: id → what it holds."""
    return {each.key: changes.get(each.id, {"_state": "active"}) for each in records}


def test_the_record_of_the_older_person_survives_and_the_command_says_why():
    records = [held(OLD, "C1"), held(NEW, "C2")]
    [planned] = plan_merges(records, [JOINED], holding(*records), B2B, "form:1")
    command = planned.command
    assert (planned.source, command.verb, command.object, command.ref) == (
        "crm", Verb.MERGE, "Contact", Ref("Contact", "C1"),
    )  # fmt: skip
    assert command.refs == {"loser": Ref("Contact", "C2")}
    assert command.key == "merge:m1:crm.Contact:C2"
    assert planned.why == "b2b@7 matching.merge_in: b2b@7: one message carries keys of both"
    assert (planned.person_id, planned.message_id) == (OLD, "form:1")


def test_each_system_and_object_is_merged_for_itself():
    records = [
        held(OLD, "C1"), held(NEW, "C2"), held(OLD, "L1", "Lead"), held(NEW, "L2", "Lead"),
        held(OLD, "1", "Lead", "ma"), held(NEW, "2", "Lead", "ma"),
    ]  # fmt: skip
    assert merges(records) == [("C1", "C2"), ("L1", "L2"), ("1", "2")]


def test_two_records_that_one_person_had_before_any_merge_stay_two():
    assert merges([held(OLD, "C1"), held(OLD, "C2"), held(NEW, "C3")]) == [("C1", "C3")]
    assert merges([held(OLD, "C1"), held(OLD, "C2")], links=()) == []


@pytest.mark.parametrize("state", ["deleted", "Contact:C9", "Contact:C9,Account:A1"])
def test_a_record_that_is_gone_is_not_merged(state):
    assert merges([held(OLD, "C1"), held(NEW, "C2")], C2={"_state": state}) == []
    assert merges([held(OLD, "C1"), held(NEW, "C2"), held(NEW, "C3")], C1={"_state": state}) == []


def test_a_deactivated_record_is_there_and_is_merged():
    assert merges([held(OLD, "C1"), held(NEW, "C2")], C2={"_state": "inactive"}) == [("C1", "C2")]


def test_a_record_of_which_nothing_is_known_waits_for_its_first_reading():
    records = [held(OLD, "C1"), held(NEW, "C2")]
    assert merges(records, shadows={records[0].key: {"_state": "active"}}) == []


def test_a_lead_goes_into_no_contact_and_somebody_is_told():
    records = [held(OLD, "C1"), held(NEW, "L2", "Lead")]
    assert merges(records) == []
    assert list(lead_beside_contact(records, holding(*records))) == [(records[1], records[0])]
    converted = holding(*records) | {records[1].key: {"_state": "Contact:C1"}}
    assert list(lead_beside_contact(records, converted)) == []


def test_the_key_is_that_of_the_link_that_brought_the_two_together():
    chain = [Link("m1", NEW, THIRD, ""), Link("m2", OLD, NEW, "")]
    records = [held(OLD, "C1"), held(NEW, "C2"), held(THIRD, "C3")]
    keys = [each.command.key for each in plan_merges(records, chain, holding(*records), B2B, "form:1")]
    assert keys == ["merge:m2:crm.Contact:C2", "merge:m2:crm.Contact:C3"]
    later = [chain[0], Link("m3", OLD, NEW, "")]
    assert {each.command.key for each in plan_merges(records, later, holding(*records), B2B, "form:1")}.isdisjoint(keys)


def test_what_only_the_loser_holds_is_kept_and_an_opt_out_of_either():
    records = [held(OLD, "C1"), held(NEW, "C2")]
    shadows = {
        records[0].key: {"Email": "joe@acme.example", "Phone": "", "HasOptedOutOfEmail": False},
        records[1].key: {
            "Email": "j@acme.example", "Phone": "+49 30 1", "HasOptedOutOfEmail": True, "OwnerId": "005", "Title": None,
        },
    }  # fmt: skip
    [planned] = plan_merges(records, [JOINED], shadows, B2B, "form:1")
    assert planned.command.fields == {"Phone": "+49 30 1", "HasOptedOutOfEmail": True}


@given(st.permutations(["m1", "m2", "m3", "m4"]), st.sets(st.integers(0, 4), min_size=2))
def test_however_people_were_linked_one_record_of_each_system_survives(order, with_record):
    people = ["p0", "p1", "p2", "p3", "p4"]
    pairs = {"m1": (0, 1), "m2": (1, 2), "m3": (0, 3), "m4": (2, 4)}
    links = [Link(name, people[pairs[name][0]], people[pairs[name][1]], "") for name in order]
    records = [held(people[n], f"C{n}") for n in sorted(with_record)]
    done = merges(records, links)
    assert {survivor for survivor, _ in done} == {records[0].id}
    assert [loser for _, loser in done] == [each.id for each in records[1:]]


def posted(state="waiting", *, verified=False):
    [planned] = plan_merges(
        [held(OLD, "C1"), held(NEW, "C2")], [JOINED], holding(held(OLD, "C1"), held(NEW, "C2")), B2B, "form:1"
    )
    return Posted(planned, state, 0, AT, verified)


def test_a_merge_is_parted_as_soon_as_its_records_are_two_peoples():
    one, other = ("crm", "Contact", "C1"), ("crm", "Contact", "C2")
    assert is_parted(posted(), {one: OLD, other: OLD}) is False
    assert is_parted(posted(), {one: OLD, other: NEW}) is True


def test_what_is_said_of_undoing_depends_on_whether_it_was_carried_out():
    assert is_carried_out(posted("done", verified=True))
    assert not is_carried_out(posted("done"))
    assert said_of_undoing(posted(), carried_out=False) == "the merge of Contact C2 into C1 is not sent to crm any more"
    assert "it is asked to restore C2" in said_of_undoing(posted(), carried_out=True)
    settled = call_back(posted(), AT)
    assert (settled.state, settled.reason) == ("done", "not sent any more: the hub's merge was undone")


def test_a_record_that_is_being_merged_is_not_written_to_and_what_showed_a_lead_is_followed():
    shadows = {("crm", "Lead", "L1"): {"_state": "active"}, ("crm", "Lead", "L2"): {"_state": "active"}}
    merging = replace(known(shadows), merging={("crm", "Lead", "L2"): "L1"})
    assert merging.records("crm") == [("Lead", "L1")]
    assert merging.every_record("crm") == [("Lead", "L1"), ("Lead", "L2")]
    assert merging.living("crm", Ref("Lead", "L2")) == Ref("Lead", "L1")


@pytest.mark.parametrize("state", ["Lead:8", "deleted"])
def test_a_record_that_went_into_another_is_not_made_anew(state):
    gone = known({("ma", "Lead", "7"): {"_state": state, "name": "J. Miller"}})
    assert [each for each in sync(gone, "sales", B2B, "m1") if each.source == "ma"] == []
    never = sync(known({}), "sales", B2B, "m1")
    assert [each.command.verb for each in never] == [Verb.CREATE], "control: one that was never there is made"


def test_a_record_is_followed_over_several_merges_but_never_to_somebody_else_or_another_object():
    def lives_on(states, start="L1"):
        shadows = {("crm", "Lead", name): {"_state": state} for name, state in states.items()}
        person: Known = known(shadows)
        return person.living("crm", Ref("Lead", start)).id

    assert lives_on({"L1": "Lead:L2", "L2": "Lead:L3", "L3": "active"}) == "L3"
    assert lives_on({"L1": "Lead:L9"}) == "L1"
    assert lives_on({"L1": "Contact:C1"}) == "L1"
    assert lives_on({"L1": "Lead:L2", "L2": "Lead:L1"}) == "L2"
