"""Many leads at once go as one import; its rejects are named, its lost answers make nobody twice."""

from __future__ import annotations

from closeloop.ports import Command, Outcome, Ref, Verb


def create(n, attempt=1, **fields):
    fields = {"email": f"p{n}@acme.example", "first_name": "Joe", "last_name": str(n), **fields}
    return Command(f"c-{n}", Verb.CREATE, "Lead", our_key=f"k-{n}", fields=fields, attempt=attempt)


def test_many_creates_are_one_import_and_each_is_answered(eloqua, connector):
    there = eloqua.create_contact(email="p7@acme.example")
    commands = [create(n, **({"email": "nobody"} if n == 3 else {})) for n in range(300)]
    cost = connector.cost(commands)
    answers = connector.push(commands)
    assert connector.calls == cost + 1 == 8  # one more to read what was rejected
    assert [answer.key for answer in answers if answer.outcome is not Outcome.DONE] == ["c-3"]
    assert "emailAddress = 'nobody'" in answers[3].reason
    assert "Invalid email addresses. (Eloqua code ELQ-00002)" in answers[3].reason
    assert answers[7].ref == Ref("Lead", str(there))
    assert len(eloqua.contacts()) == 299
    found = connector.read_back("Lead", ["k-299"])["k-299"]
    assert (found.id, found.fields["name"]) == (answers[299].ref.id, "Joe 299")


def test_many_updates_are_one_import_by_id_and_keep_what_they_do_not_name(eloqua, connector):
    ids = [eloqua.create_contact(email=f"p{n}@acme.example", country="DE") for n in range(60)]
    commands = [Command(f"u-{one}", Verb.UPDATE, "Lead", Ref("Lead", str(one)), fields={"title": "CTO"}) for one in ids]
    cost = connector.cost(commands)
    assert {answer.outcome for answer in connector.push(commands)} == {Outcome.DONE}
    assert connector.calls == cost == 3
    assert {(row.values["C_Title"], row.values["C_Country"]) for row in eloqua.contacts()} == {("CTO", "DE")}


def test_a_lost_answer_then_a_retry_leaves_one_of_each(eloqua, connector):
    eloqua.faults.lose_answers(1)
    assert {answer.outcome for answer in connector.push([create(n) for n in range(60)])} == {Outcome.TRANSIENT}
    eloqua.faults.lose_answers(0)
    answers = connector.push([create(n, attempt=2) for n in range(60)])
    assert {answer.outcome for answer in answers} == {Outcome.DONE}
    assert len(eloqua.contacts()) == 60


def test_a_sync_that_fails_or_is_not_shown_yet_is_tried_again(eloqua, connector):
    eloqua.bulk.fail_syncs = 1
    [first, *_] = answers = connector.push([create(n) for n in range(60)])
    assert {answer.outcome for answer in answers} == {Outcome.TRANSIENT}
    assert "ended in an error" in first.reason
    eloqua.faults.delay_reads(60)
    [early, *_] = connector.push([create(n, attempt=2) for n in range(60)])
    assert early.outcome is Outcome.TRANSIENT
    assert "does not show it yet" in early.reason


def test_a_slow_sync_is_waited_for(eloqua, connector):
    eloqua.bulk.slow_polls = 3
    commands = [create(n) for n in range(60)]
    cost = connector.cost(commands)
    assert {answer.outcome for answer in connector.push(commands)} == {Outcome.DONE}
    assert connector.calls == cost + 6
