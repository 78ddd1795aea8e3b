"""What a folder takes: rows to create and to update, each once, and what it refuses."""

from __future__ import annotations

import csv

import pytest

from closeloop.connectors.folder import connect
from closeloop.ports import Command, Outcome, Ref, Verb
from closeloop.words.errors import BadInput
from support.drops import DECLARED

JOE = Ref("Contact", "1")


def written(folder):
    """Every row of the outgoing files, in the order of their names."""
    found = []
    for path in sorted((folder / "outgoing").glob("*.csv")):
        with path.open(newline="") as file:
            found += csv.DictReader(file)
    return found


def test_writes_rows_to_create_and_to_update(opened, dropped, folder):
    answers = opened().push([
        Command("c1", Verb.CREATE, "Contact", our_key="k9", fields={"Name": "New", "Email": None}),
        Command("u1", Verb.UPDATE, "Contact", JOE, fields={"Email": None}),
    ])  # fmt: skip
    assert [answer.outcome for answer in answers] == [Outcome.DONE, Outcome.DONE]
    assert written(folder) == [{"command": "c1", "key": "k9", "name": "New"}, {"command": "u1", "id": "1", "email": ""}]
    assert not list((folder / "outgoing").glob("*.part"))


def test_a_command_that_is_repeated_is_written_once(opened, dropped, folder, clock):
    command = Command("u1", Verb.UPDATE, "Contact", JOE, fields={"Name": "J"})
    opened().push([command])
    again = Command("u1", Verb.UPDATE, "Contact", JOE, fields={"Name": "J"}, attempt=2)
    other = Command("u2", Verb.UPDATE, "Contact", JOE, fields={"Name": "Joe"})
    assert [answer.outcome for answer in opened().push([again, other])] == [Outcome.DONE, Outcome.DONE]
    assert sorted(row["command"] for row in written(folder)) == ["u1", "u2"]


def test_a_record_that_has_the_key_already_is_found(opened, dropped, folder):
    (answer,) = opened().push([Command("c1", Verb.CREATE, "Contact", our_key="k2", fields={"Name": "Ann"})])
    assert (answer.ref, answer.created, written(folder)) == (Ref("Contact", "2"), False, [])


def test_a_record_that_is_merged_or_not_there_has_moved(opened, dropped, drop, folder):
    drop("merges.csv", "loser,winner\n2,1\n")
    merged, absent = opened().push([
        Command("u1", Verb.UPDATE, "Contact", Ref("Contact", "2"), fields={"Name": "J"}),
        Command("u2", Verb.UPDATE, "Contact", Ref("Contact", "77"), fields={"Name": "J"}),
    ])  # fmt: skip
    assert (merged.outcome, merged.became, absent.outcome) == (Outcome.CHANGED, (JOE,), Outcome.CHANGED)
    assert written(folder) == []


@pytest.mark.parametrize("verb", [each for each in Verb if each not in (Verb.CREATE, Verb.UPDATE)])
def test_what_a_folder_cannot_do_is_said(opened, dropped, verb):
    (answer,) = opened().push([Command("x", verb, "Contact", JOE)])
    assert (answer.outcome, "do this in the system" in answer.reason) == (Outcome.PERMANENT, True)


def test_fields_that_are_not_to_be_written_are_refused(opened, dropped):
    (answer,) = opened().push([Command("u", Verb.UPDATE, "Contact", JOE, fields={"Phone": "1"})])
    assert "Contact.Phone may not be written" in answer.reason


def test_describes_what_the_files_have(opened, dropped):
    contact, account = opened().discover()
    assert [(field.name, field.writable) for field in contact.fields] == [("Email", True), ("Name", True)]
    assert [field.name for field in account.fields] == ["id", "title"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"declared": DECLARED}, "folder missing"),
        ({"folder": "x", "declared": DECLARED, "encoding": "klingon"}, "encoding = 'klingon'"),
        ({"folder": "x", "declared": DECLARED, "delimiter": ";;"}, "valid is one character"),
        ({"folder": "x", "declared": DECLARED.replace("from: firms", "from: ../firms")}, "is a path"),
    ],
)
def test_wrong_settings_say_which_and_what_is_valid(settings, said, clock):
    with pytest.raises(BadInput, match=said):
        connect(settings, clock)
