"""What the hub asks of Eloqua is done once, in the calls that were said, with a plain answer for each command."""

from __future__ import annotations

import pytest

from closeloop.ports import Command, Outcome, Ref, Verb


def create(n=1, attempt=1, **fields):
    fields = {"email": f"p{n}@acme.example", "name": f"Joe Miller {n}", **fields}
    return Command(f"c-{n}", Verb.CREATE, "Lead", our_key=f"k-{n}", fields=fields, attempt=attempt)


def about(verb, contact, key="c-x", **fields):
    return Command(key, verb, "Lead", ref=Ref("Lead", str(contact)), fields=fields)


def test_a_lead_is_created_with_both_names_and_our_key(eloqua, connector):
    [answer] = connector.push([create(country="DE")])
    contact = eloqua.contact_by_email("p1@acme.example")
    assert (answer.outcome, answer.created) == (Outcome.DONE, True)
    assert (contact["C_FirstName"], contact["C_LastName"], contact["C_Closeloop_Key1"]) == ("Joe Miller", "1", "k-1")
    assert set(connector.read_back("Lead", ["k-1", "k-9"])) == {"k-1"}


@pytest.mark.parametrize("seconds", [0, 60], ids=["reads at once", "reads lag"])
def test_a_lost_answer_then_retries_leave_one_contact(eloqua, connector, clock, seconds):
    eloqua.faults.delay_reads(seconds)
    eloqua.faults.lose_answers(1)
    assert connector.push([create()])[0].outcome is Outcome.TRANSIENT
    [answer] = connector.push([create(attempt=2)])
    if seconds:
        assert answer.outcome is Outcome.TRANSIENT
        eloqua.faults.delay_reads(0)
        [answer] = connector.push([create(attempt=3)])
    assert (answer.outcome, answer.created) == (Outcome.DONE, False)
    assert len(eloqua.contacts()) == 1


def test_control_a_vendor_without_unique_addresses_would_have_two(eloqua, connected):
    """What a retry without a look-up does where the address does not stand in the way."""
    declared = """
rest:
  auth: {kind: basic, base_path: /id, base: urls.base}
  page: {by: page, param: page, size_param: count}
objects:
  Lead: {entity: person, from: /api/REST/2.0/data/contacts, id: id, rest: {items: elements}}
  Account:
    entity: account
    from: /api/REST/2.0/data/accounts
    id: id
    fields: {name: name}
    key: address1
    write: [name]
    rest: {items: elements, find: {search: "name='{key}'"}, create: {path: /api/REST/2.0/data/account}}
"""
    connector = connected(declared=declared)
    command = Command("c-1", Verb.CREATE, "Account", our_key="k-1", fields={"name": "Acme"})
    eloqua.faults.lose_answers(1)
    assert [connector.push([command])[0].outcome for _ in range(2)] == [Outcome.TRANSIENT, Outcome.DONE]
    assert len(eloqua.instance.all_now("account")) == 2


def test_a_contact_with_the_address_is_taken_and_nothing_of_it_is_lost(eloqua, connector):
    there = eloqua.create_contact(email="P1@acme.example", title="CTO", C_Number_of_Employees1="40")
    [answer] = connector.push([create()])
    assert (answer.outcome, answer.created, answer.ref) == (Outcome.DONE, False, Ref("Lead", str(there)))
    contact = eloqua.contact_by_email("p1@acme.example")
    assert (contact["C_Title"], contact["C_Number_of_Employees1"], contact["C_Closeloop_Key1"]) == ("CTO", "40", "k-1")


def test_an_address_that_reads_as_a_wildcard_takes_nobody(eloqua, connector):
    eloqua.create_contact(email="joe@acme.example", title="CTO")
    tell = Command("t-1", Verb.TELL, "Lead", fields={"email": "*", "owner": "Sato"})
    assert [answer.outcome for answer in connector.push([create(email="*"), tell])] == [Outcome.PERMANENT] * 2
    contact = eloqua.contact_by_email("joe@acme.example")
    assert (contact["C_Closeloop_Key1"], contact["C_Sales_Owner1"]) == ("", "")


def test_an_update_keeps_what_it_does_not_name(eloqua, connector):
    joe = eloqua.create_contact(email="joe@acme.example", title="CTO", C_Number_of_Employees1="40")
    [answer] = connector.push([about(Verb.UPDATE, joe, country="DE")])
    contact = eloqua.contact_by_email("joe@acme.example")
    assert answer.outcome is Outcome.DONE
    assert (contact["C_Country"], contact["C_Title"], contact["C_Number_of_Employees1"]) == ("DE", "CTO", "40")
    assert contact["C_IsSubscribed"] == "true"


def test_bad_values_are_refused_with_field_and_value_and_the_rest_goes_through(eloqua, connector):
    bad = [create(2, email="nobody"), create(3, employees="many"), create(4, shoe=1)]
    answers = connector.push([create(1), *bad, create(5)])
    done = Outcome.DONE
    assert [answer.outcome for answer in answers] == [done, *[Outcome.PERMANENT] * 3, done]
    assert "emailAddress = 'nobody'" in answers[1].reason
    assert "EmailAddressRequirement" in answers[1].reason
    assert "'many'" in answers[2].reason
    assert "Lead.shoe may not be written" in answers[3].reason


def test_a_field_deleted_at_eloqua_is_named(eloqua, connector):
    fields = eloqua.instance.fields
    fields["contact"] = tuple(one for one in fields["contact"] if one.internal != "C_Number_of_Employees1")
    [answer] = connector.push([create(employees=40)])
    assert answer.outcome is Outcome.PERMANENT
    assert "no field 'C_Number_of_Employees1'" in answer.reason


def test_what_sales_says_is_told_by_id_or_address_and_does_not_come_back(eloqua, connector):
    joe = eloqua.create_contact(email="joe@acme.example", C_Sales_Reason1="old")
    told = {"outcome": "qualified", "stage": "field", "responded_at": "2026-09-01T10:00:00Z", "product": "arm"}
    by_id = about(Verb.TELL, joe, "t-1", **told)
    by_email = Command("t-2", Verb.TELL, "Lead", fields={"email": "JOE@acme.example", "owner": "Sato"})
    nobody = Command("t-3", Verb.TELL, "Lead", fields={"email": "nobody@acme.example", "owner": "Sato"})
    answers = connector.push([by_id, by_email, nobody])
    assert [answer.outcome for answer in answers] == [Outcome.DONE, Outcome.DONE, Outcome.PERMANENT]
    contact = eloqua.contact_by_email("joe@acme.example")
    assert (contact["C_Sales_Outcome1"], contact["C_Sales_Owner1"]) == ("qualified", "Sato")
    assert contact["C_Sales_Responded_At1"] == "1788256800"
    [record] = connector.scan("Lead", None).records
    assert not any(name.startswith("sales_") for name in record.fields)


def test_contacts_join_and_leave_a_list_together(eloqua, connector):
    eloqua.create_list("reheat")
    ids = [eloqua.create_contact(email=f"p{n}@acme.example") for n in range(3)]
    joins = [about(Verb.JOIN, one, f"j-{one}", list="reheat") for one in ids]
    joins.append(Command("j-x", Verb.JOIN, "Lead", fields={"email": "nobody@acme.example", "list": "reheat"}))
    joins.append(about(Verb.JOIN, 99, "j-y", list="reheat"))
    answers = connector.push(joins)
    kinds = [answer.outcome for answer in answers]
    assert kinds == [*[Outcome.DONE] * 3, Outcome.PERMANENT, Outcome.CHANGED]
    leave = [about(Verb.LEAVE, ids[0], list="reheat")]
    cost, before = connector.cost(leave), connector.calls
    assert connector.push(leave)[0].outcome is Outcome.DONE
    assert connector.calls - before == cost == 3
    assert eloqua.members("reheat") == ["p1@acme.example", "p2@acme.example"]
    [unknown] = connector.push([about(Verb.JOIN, ids[0], list="unheard")])
    assert "list = 'unheard': Eloqua has no such shared list" in unknown.reason


def test_deactivated_is_flagged_and_off_the_nurture_lists(eloqua, connector):
    eloqua.create_list("reheat_b2b")
    joe = eloqua.create_contact(email="joe@acme.example")
    connector.push([about(Verb.JOIN, joe, list="reheat_b2b")])
    off = [about(Verb.DEACTIVATE, joe, reason="left the company")]
    cost, before = connector.cost(off), connector.calls
    [answer] = connector.push(off)
    assert (answer.outcome, answer.verified) == (Outcome.DONE, True)
    assert connector.calls - before == cost
    assert eloqua.members("reheat_b2b") == []
    assert eloqua.contact_by_email("joe@acme.example")["C_Closeloop_Reason1"] == "left the company"
    assert not connector.fetch([Ref("Lead", str(joe))])[Ref("Lead", str(joe))].active
    [answer] = connector.push([about(Verb.REACTIVATE, joe)])
    assert (answer.verified, connector.scan("Lead", None).records[0].active) == (True, True)


def test_erased_restored_and_what_eloqua_cannot_do(eloqua, connector):
    joe = eloqua.create_contact(email="joe@acme.example")
    ref = Ref("Lead", str(joe))
    erased, gone, merged, converted = connector.push(
        [
            about(Verb.ERASE, joe, "c-1"),
            about(Verb.UPDATE, joe, "c-2", title="CTO"),
            Command("c-3", Verb.MERGE, "Lead", ref, refs={"loser": Ref("Lead", "2")}),
            Command("c-4", Verb.CONVERT, "Lead", ref),
        ]
    )
    assert (erased.outcome, gone.outcome) == (Outcome.DONE, Outcome.CHANGED)
    assert merged.outcome is converted.outcome is Outcome.PERMANENT
    assert "does not merge" in merged.reason
    [back] = connector.push([Command("c-5", Verb.RESTORE, "Lead", ref, "k-1", {"email": "joe@acme.example"})])
    assert (back.outcome, back.created) == (Outcome.DONE, True)


def test_a_push_costs_what_was_said(eloqua, connector):
    eloqua.create_list("reheat")
    joe = eloqua.create_contact(email="joe@acme.example")
    commands = [
        create(1),
        create(2),
        about(Verb.UPDATE, joe, "c-3", title="CTO"),
        about(Verb.JOIN, joe, "c-4", list="reheat"),
        Command("c-5", Verb.JOIN, "Lead", fields={"email": "joe@acme.example", "list": "reheat"}),
        about(Verb.LEAVE, joe, "c-6", list="reheat"),
        Command("c-7", Verb.TELL, "Lead", fields={"email": "joe@acme.example", "owner": "Sato"}),
        about(Verb.ERASE, joe, "c-8"),
    ]
    cost = connector.cost(commands)
    assert {answer.outcome for answer in connector.push(commands)} == {Outcome.DONE}
    assert connector.calls == cost


def test_after_a_lost_answer_the_commands_that_are_left_wait(eloqua, connector):
    eloqua.faults.lose_answers(1)
    answers = connector.push([create(1), create(2), about(Verb.JOIN, 1, "c-3", list="reheat")])
    assert [answer.outcome for answer in answers] == [Outcome.TRANSIENT] * 3
    assert [answer.key for answer in answers] == ["c-1", "c-2", "c-3"]
    assert eloqua.faults.n_calls("POST", "/data/contact") == 1
