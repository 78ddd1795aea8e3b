"""What a database takes: every verb by sets, each row judged by itself and read back."""

from __future__ import annotations

import pytest

from closeloop.ports import Command, Outcome, Ref, Verb
from support.erp import DECLARED, read_all

pytestmark = pytest.mark.without_tables

JOE, ANN = Ref("Contact", "1"), Ref("Contact", "2")


def create(key, our_key, attempt=1, **fields):
    return Command(key, Verb.CREATE, "Contact", our_key=our_key, fields=fields, attempt=attempt)


def update(key, ref=JOE, refs=None, **fields):
    return Command(key, Verb.UPDATE, "Contact", ref, fields=fields, refs=refs or {})


def outcomes(answers):
    return [answer.outcome for answer in answers]


def test_creates_a_row_under_our_key_and_reads_it_back(opened, erp):
    connector = opened()
    (answer,) = connector.push([create("c1", "k1", Name="Joe Miller", Email="joe@acme.example", Status="open")])
    assert (answer.outcome, answer.created) == (Outcome.DONE, True)
    assert erp("SELECT full_name, email, state, closeloop_key FROM people") == [
        ("Joe Miller", "joe@acme.example", 1, "k1")
    ]
    assert connector.read_back("Contact", ["k1", "k2"])["k1"].id == answer.ref.id


def test_a_repeated_create_finds_the_row_of_the_first(opened, erp):
    connector = opened()
    first = connector.push([create("c1", "k1", Name="Joe")])[0]
    again = connector.push([create("c1", "k1", attempt=2, Name="Joe"), create("c2", "k1", Name="Joe")])
    assert [(answer.ref, answer.created) for answer in again] == [(first.ref, False)] * 2
    assert erp("SELECT count(*) FROM people") == [(1,)]


def test_creates_nothing_without_a_unique_index_and_names_it(opened, erp):
    erp("DROP INDEX people_key")
    (answer,) = opened().push([create("c1", "k1", Name="Joe")])
    assert answer.outcome is Outcome.PERMANENT
    remedy = answer.reason.partition("run: ")[2]
    assert remedy == "CREATE UNIQUE INDEX people_closeloop_key ON people (closeloop_key)"
    erp(remedy)
    assert outcomes(opened().push([create("c1", "k1", Name="Joe")])) == [Outcome.DONE]


def test_an_index_over_a_part_of_the_rows_protects_nothing(opened, erp):
    erp("DROP INDEX people_key; CREATE UNIQUE INDEX people_key ON people (closeloop_key) WHERE state = 1")
    assert outcomes(opened().push([create("c1", "k1", Name="Joe")])) == [Outcome.PERMANENT]


def test_an_index_over_all_rows_with_a_key_is_enough(opened, erp):
    erp(
        "DROP INDEX people_key;CREATE UNIQUE INDEX people_key ON people (closeloop_key) WHERE closeloop_key IS NOT NULL"
    )
    assert outcomes(opened().push([create("c1", "k1", Name="Joe")])) == [Outcome.DONE]


def test_one_bad_row_does_not_block_the_others(opened, erp):
    names = ["a", "b", "refused", "c", "d", "refused", "e"]
    answers = opened().push([create(f"c{n}", f"k{n}", Name=name) for n, name in enumerate(names)])
    assert [answer.key for answer in answers if answer.outcome is not Outcome.DONE] == ["c2", "c5"]
    assert "constraint" in answers[2].reason.lower()
    assert erp("SELECT count(*) FROM people") == [(5,)]


def test_says_what_would_be_valid_before_the_database_refuses(opened, people, database_url):
    too_long, blank, unwritable, no_name, no_number = opened().push([
        update("u1", Email="x" * 61),
        update("u2", Name=None),
        update("u3", Phone="1"),
        create("c1", "k1", Email="x@acme.example"),
        update("u4", Status="a word"),
    ])  # fmt: skip
    assert too_long.reason == f"people.email: 61 characters; valid are at most 60: {'x' * 40!r}…"
    assert blank.reason == "people.full_name must not be blank; give a value"
    assert "Phone may not be written; `write` in its declaration names Email, Name" in unwritable.reason
    assert "people needs a value for full_name" in no_name.reason
    # SQLite keeps any value in any column, and so do we there.
    assert no_number.outcome is (Outcome.DONE if "sqlite" in database_url else Outcome.PERMANENT)


def test_changes_fields_and_relations_and_stamps_the_row(opened, people, erp, clock):
    connector = opened()
    _, cursor = read_all(connector)
    refs = {"owner": Ref("User", "kyushu"), "account": Ref("Account", "7")}
    done = connector.push([update("u1", Email=None, Status="closed", refs=refs), update("u2", ref=ANN, Name="Ann M.")])
    assert outcomes(done) == [Outcome.DONE, Outcome.DONE]
    assert erp("SELECT email, state, seller, full_name FROM people ORDER BY id") == [
        (None, 2, "kyushu", "Joe Miller"),
        ("ann@acme.example", 2, None, "Ann M."),
    ]
    assert {record.id for record in read_all(connector, cursor)[0]} == {"1", "2"}


def test_changes_of_one_record_stay_in_order(opened, people, erp):
    opened().push([update("u1", Name="A", Email="a"), update("u2", Name="B"), update("u3", Name="C", Email="c")])
    assert erp("SELECT full_name, email FROM people WHERE id = 1") == [("C", "c")]


def test_a_change_of_a_record_that_moved_says_where_it_is(opened, people, erp):
    erp("UPDATE people SET merged_into = 1 WHERE id = 2")
    merged, absent = opened().push([update("u1", ref=ANN, Name="A"), update("u2", ref=Ref("Contact", "77"), Name="A")])
    assert (merged.outcome, merged.became) == (Outcome.CHANGED, (JOE,))
    assert (absent.outcome, absent.reason) == (Outcome.CHANGED, "Contact 77 is not there")


def test_deactivates_and_reactivates_by_the_recipe_and_reads_back(opened, people, erp):
    connector = opened()
    (off,) = connector.push([Command("d1", Verb.DEACTIVATE, "Contact", JOE, fields={"reason": "Left the company"})])
    assert (off.outcome, off.verified, connector.fetch([JOE])[JOE].active) == (Outcome.DONE, True, False)
    (on,) = connector.push([Command("r1", Verb.REACTIVATE, "Contact", JOE, fields={"owner": "kyushu"})])
    assert (on.outcome, on.verified, connector.fetch([JOE])[JOE].active) == (Outcome.DONE, True, True)
    assert erp("SELECT seller FROM people WHERE id = 1") == [("kyushu",)]


def test_without_a_recipe_nobody_is_deactivated(opened, people):
    bare = DECLARED.replace("    inactive: {active: [false]}\n    active: {active: true}\n", "")
    (answer,) = opened(bare).push([Command("d1", Verb.DEACTIVATE, "Contact", JOE)])
    assert (answer.outcome, "no `inactive`" in answer.reason) == (Outcome.PERMANENT, True)


def test_merges_into_the_survivor_once(opened, people, erp):
    connector = opened()
    merge = Command("m1", Verb.MERGE, "Contact", JOE, fields={"Name": "Joe A. Miller"}, refs={"loser": ANN})
    for _ in range(2):
        (answer,) = connector.push([merge])
        assert (answer.outcome, answer.verified, answer.ref) == (Outcome.DONE, True, JOE)
    assert connector.fetch([ANN])[ANN].became == (JOE,)
    assert erp("SELECT full_name FROM people WHERE id = 1") == [("Joe A. Miller",)]
    (other,) = connector.push([Command("m2", Verb.MERGE, "Contact", ANN, refs={"loser": JOE})])
    assert (other.outcome, other.became) == (Outcome.CHANGED, (JOE,))


def test_a_merge_whose_survivor_cannot_be_written_leaves_both_as_they_were(opened, people):
    connector = opened()
    merge = Command("m1", Verb.MERGE, "Contact", JOE, fields={"Name": "refused"}, refs={"loser": ANN})
    assert outcomes(connector.push([merge])) == [Outcome.PERMANENT]
    assert connector.fetch([ANN])[ANN].became == ()


def test_without_a_column_for_it_nothing_is_merged(opened, people):
    connector = opened(DECLARED.replace("    became: {to: Contact, by: merged_into}\n", ""))
    assert connector.can_merge == frozenset()
    merge = Command("m1", Verb.MERGE, "Contact", JOE, refs={"loser": ANN})
    assert outcomes(connector.push([merge])) == [Outcome.PERMANENT]


def test_restores_a_merged_row_and_makes_an_erased_one_anew(opened, people, erp):
    connector = opened()
    connector.push([Command("m1", Verb.MERGE, "Contact", JOE, refs={"loser": ANN})])
    (back,) = connector.push([Command("r1", Verb.RESTORE, "Contact", ANN, our_key="k2", fields={"Name": "Ann Lee"})])
    assert (back.outcome, back.ref, back.created) == (Outcome.DONE, ANN, False)
    assert connector.fetch([ANN])[ANN].became == ()
    erased = connector.push([Command(f"e{n}", Verb.ERASE, "Contact", ANN) for n in range(2)])
    assert outcomes(erased) == [Outcome.DONE, Outcome.DONE]
    assert erp("SELECT count(*) FROM people WHERE id = 2") == [(0,)]
    (anew,) = connector.push([Command("r2", Verb.RESTORE, "Contact", ANN, our_key="k2", fields={"Name": "Ann Lee"})])
    assert (anew.outcome, anew.created) == (Outcome.DONE, True)


@pytest.mark.parametrize("verb", [Verb.CONVERT, Verb.JOIN, Verb.LEAVE, Verb.TELL, Verb.MAIL])
def test_what_a_database_cannot_do_is_said_in_plain_words(opened, people, verb):
    (answer,) = opened().push([Command("x", verb, "Contact", JOE)])
    assert (answer.outcome, len(answer.reason) > 20) == (Outcome.PERMANENT, True)


def test_costs_what_it_said(opened, people):
    connector = opened()
    commands = [create("c1", "k1", Name="Joe"), update("u1", Name="J"), create("c2", "k2", Name="refused")]
    expected = connector.cost(commands)
    connector.push(commands)
    assert (connector.calls, expected, connector.cost([])) == (1, 1, 0)


def test_describes_its_fields(opened, erp):
    contact = opened().discover()[0]
    name = {field.name: field for field in contact.fields}["Name"]
    assert (name.type, name.writable, name.required, name.max_length) == ("VARCHAR(40)", True, True, 40)
    assert {field.name: field.allowed for field in contact.fields}["Status"] == ("open", "closed")
