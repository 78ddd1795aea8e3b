"""What the hub asks of a declared vendor is done once, with a plain answer for each command."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closeloop.ports import Command, Outcome, Ref, Verb

JOE = {"Email": "joe@acme.example", "Name": "Joe Miller", "Stage": "open"}


def create(n=1, attempt=1, **fields):
    return Command(f"c-{n}", Verb.CREATE, "Contact", our_key=f"k-{n}", fields={**JOE, **fields}, attempt=attempt)


def about(verb, number, key="c-x", **fields):
    return Command(key, verb, "Contact", ref=Ref("Contact", str(number)), fields=fields)


def test_a_create_writes_columns_and_our_key_and_tells_the_id(vendor, connector):
    [answer] = connector.push([create()])
    assert (answer.outcome, answer.created, answer.ref) == (Outcome.DONE, True, Ref("Contact", "1"))
    [joe] = vendor.everybody()
    assert {name: joe[name] for name in ("mail", "full", "stage", "hub_key")} == {
        "mail": "joe@acme.example",
        "full": {"name": "Joe Miller"},
        "stage": "1",
        "hub_key": "k-1",
    }
    assert connector.read_back("Contact", ["k-1", "k-2"])["k-1"].fields["Stage"] == "open"


def test_a_lost_answer_then_a_retry_leaves_one(vendor, connector):
    vendor.faults.lose_answers(1)
    first, second = connector.push([create(1), create(2)])
    assert first.outcome is second.outcome is Outcome.TRANSIENT
    assert len(vendor.everybody()) == 1
    [again] = connector.push([create(1, attempt=2)])
    assert (again.outcome, again.created, again.ref) == (Outcome.DONE, False, Ref("Contact", "1"))
    assert len(vendor.everybody()) == 1


def test_control_without_looking_first_a_retry_makes_two(vendor, connector):
    vendor.faults.lose_answers(1)
    connector.push([create(1)])
    connector.push([create(1, attempt=1)])
    assert len(vendor.everybody()) == 2


def test_one_that_stands_in_the_way_is_taken(vendor, connected, declared):
    connector = connected(
        declared.replace("      create:", '      same: {d: {base64: \'["mail", "=", "{Email}"]\'}}\n      create:')
    )
    there = vendor.add(mail="joe@acme.example", stage="9")
    vendor.strict = True
    [answer] = connector.push([create()])
    assert (answer.outcome, answer.created, answer.ref) == (Outcome.DONE, False, Ref("Contact", str(there)))
    assert vendor.everybody()[0]["hub_key"] == "k-1"


def test_a_conflict_with_what_reads_do_not_show_yet_is_tried_again(vendor, connector):
    vendor.strict = True
    vendor.faults.delay_reads(60)
    vendor.faults.lose_answers(1)
    connector.push([create()])
    [answer] = connector.push([create(attempt=2)])
    assert answer.outcome is Outcome.TRANSIENT
    assert "an earlier attempt" in answer.reason


def test_a_bad_value_is_refused_with_field_and_value_and_the_rest_goes_through(vendor, connector):
    long = f"{'x' * 40}@acme.example"
    first, bad, unknown, last = connector.push([create(1), create(2, Email=long), create(3, Shoe=44), create(4)])
    assert first.outcome is last.outcome is Outcome.DONE
    assert bad.outcome is unknown.outcome is Outcome.PERMANENT
    assert f"mail = '{long}': at most 40 characters (LONG)" in bad.reason
    assert "Contact.Shoe may not be written; `write` in its declaration names Email, Name, Stage" in unknown.reason


def test_an_update_writes_only_what_it_names(vendor, connector):
    number = vendor.add(mail="joe@acme.example", stage="9")
    [answer] = connector.push([about(Verb.UPDATE, number, Email="new@acme.example")])
    assert answer.outcome is Outcome.DONE
    assert (vendor.everybody()[0]["mail"], vendor.everybody()[0]["stage"]) == ("new@acme.example", "9")


def put(declared, whole):
    return declared.replace(
        'update: {path: "/people/{id}", method: PATCH}', f'update: {{path: "/people/{{id}}", whole: {whole}}}'
    )


@pytest.mark.parametrize(("whole", "left"), [("true", "9"), ("false", None)], ids=["whole", "control: as it is"])
def test_a_put_that_replaces_is_given_the_whole_record(vendor, connected, declared, whole, left):
    vendor.replaces = True
    connector = connected(put(declared, whole))
    number = vendor.add(mail="joe@acme.example", stage="9")
    commands = [about(Verb.UPDATE, number, Email="new@acme.example")]
    cost, before = connector.cost(commands), connector.calls
    assert connector.push(commands)[0].outcome is Outcome.DONE
    assert connector.calls - before == cost
    assert vendor.everybody()[0].get("stage") == left


def test_deactivated_and_reactivated_is_read_back(vendor, connector, clock):
    number = vendor.add(mail="joe@acme.example", state="on")
    ref = Ref("Contact", str(number))
    [off] = connector.push([about(Verb.DEACTIVATE, number, reason="left")])
    assert (off.outcome, off.verified) == (Outcome.DONE, True)
    assert not connector.fetch([ref])[ref].active
    [on] = connector.push([about(Verb.REACTIVATE, number)])
    assert (on.outcome, on.verified, connector.fetch([ref])[ref].active) == (Outcome.DONE, True, True)
    clock.advance(timedelta(minutes=2))
    vendor.faults.delay_reads(60)
    [early] = connector.push([about(Verb.DEACTIVATE, number)])
    assert (early.outcome, early.verified) == (Outcome.TRANSIENT, False)


def test_erased_is_gone_and_stays_so(vendor, connector):
    number = vendor.add(mail="joe@acme.example")
    erase = about(Verb.ERASE, number)
    assert [connector.push([erase])[0].outcome for _ in range(2)] == [Outcome.DONE] * 2
    assert vendor.everybody() == []
    [answer] = connector.push([about(Verb.UPDATE, number, Email="a@acme.example")])
    assert answer.outcome is Outcome.CHANGED
    assert "is gone at small" in answer.reason


def test_a_retired_interface_erases_nobody(vendor, connector):
    number = vendor.add(mail="joe@acme.example")
    vendor.retired = True
    [answer] = connector.push([about(Verb.ERASE, number)])
    assert answer.outcome is Outcome.PERMANENT
    assert "retired version" in answer.reason


def test_a_deleted_one_is_restored_once(vendor, connector):
    restore = Command("r-1", Verb.RESTORE, "Contact", Ref("Contact", "77"), "k-77", JOE)
    first, second = (connector.push([restore])[0] for _ in range(2))
    assert (first.created, second.created) == (True, False)
    assert first.ref == second.ref
    assert len(vendor.everybody()) == 1


def test_a_push_costs_what_was_said(vendor, connector):
    number = vendor.add(mail="joe@acme.example", state="on")
    commands = [
        create(1),
        create(2, attempt=2),
        about(Verb.UPDATE, number, "c-3", Email="a@acme.example"),
        about(Verb.DEACTIVATE, number, "c-4"),
        Command("c-5", Verb.RESTORE, "Contact", Ref("Contact", "77"), "k-77", JOE),
        about(Verb.ERASE, number, "c-6"),
        create(7, Shoe=44),
    ]
    cost = connector.cost(commands)
    answers = connector.push(commands)
    assert [answer.outcome for answer in answers] == [Outcome.DONE] * 6 + [Outcome.PERMANENT]
    assert connector.calls == cost == 9


def test_what_the_declaration_does_not_say_is_refused_in_plain_words(vendor, connected, declared):
    connector = connected(declared.replace('      delete: {path: "/people/{id}"}\n', ""))
    number = vendor.add(mail="joe@acme.example")
    ref = Ref("Contact", str(number))
    answers = connector.push(
        [
            Command("c-1", Verb.MERGE, "Contact", ref, refs={"loser": Ref("Contact", "2")}),
            Command("c-2", Verb.CONVERT, "Contact", ref),
            about(Verb.JOIN, number, "c-3", list="reheat"),
            about(Verb.ERASE, number, "c-4"),
            Command("c-5", Verb.UPDATE, "Contact", fields={"Email": "a@acme.example"}),
            Command("c-6", Verb.CREATE, "Ship", our_key="k", fields={}),
            Command("c-7", Verb.CREATE, "Contact", fields=JOE),
            Command("c-8", Verb.MAIL, "message", fields={"to": "a@acme.example"}),
        ]
    )
    assert {answer.outcome for answer in answers} == {Outcome.PERMANENT}
    assert "merge the two there, and the hub follows" in answers[0].reason
    assert "has no `rest.delete` in its declaration" in answers[3].reason
    assert "valid are Contact" in answers[5].reason
    assert connector.calls == 0
