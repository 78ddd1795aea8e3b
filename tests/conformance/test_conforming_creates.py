"""Every connector makes one record for one key, whatever happens to its answers."""

from __future__ import annotations

import pytest

from closeloop.ports import Outcome

pytestmark = pytest.mark.needs("create")


def test_a_record_is_made_and_found_by_our_key(stage):
    command = stage.create("Joe Miller")
    [answer] = stage.carried_out(command)
    assert (answer.outcome, answer.created, answer.key) == (Outcome.DONE, True, command.key)
    found = stage.connector.read_back(stage.person, [command.our_key, "never-given"])
    assert found.keys() == {command.our_key}
    assert (stage.name_of(found[command.our_key]), found[command.our_key].our_key) == ("Joe Miller", command.our_key)
    assert stage.ref_of(command) == (answer.ref or stage.ref_of(command))


def test_the_same_create_twice_makes_one(stage):
    command = stage.create()
    stage.carried_out(command)
    [again] = stage.carried_out(stage.create(attempt=2))
    assert (again.outcome, again.created) == (Outcome.DONE, False)
    assert stage.n_keyed(command.our_key) == 1


@pytest.mark.needs("loses")
def test_a_create_whose_answer_was_lost_makes_one_when_it_is_repeated(stage):
    command = stage.create()
    stage.lose_answer()
    [lost] = stage.carried_out(command)
    assert lost.outcome is Outcome.TRANSIENT
    assert stage.n_keyed(command.our_key) == 1
    [again] = stage.carried_out(stage.create(attempt=2))
    assert (again.outcome, again.created) == (Outcome.DONE, False)
    assert stage.n_keyed(command.our_key) == 1


@pytest.mark.needs("loses", "-unique")
def test_control_without_reading_back_it_makes_two(stage):
    command = stage.create()
    stage.lose_answer()
    stage.carried_out(command)
    stage.carried_out(command)
    assert stage.n_keyed(command.our_key) == 2


@pytest.mark.needs("unique")
def test_without_reading_back_the_vendor_itself_keeps_it_one(stage):
    command = stage.create()
    stage.carried_out(command)
    stage.carried_out(command)
    assert stage.n_keyed(command.our_key) == 1


@pytest.mark.parametrize(
    "name", ["Jürgen Größe", "Zoë 🦊 Ñandú", "D'Arcy O'Neil", 'Joe "the robot" Miller', "渡辺 太郎", "a;b\\c %_* &<d>"]
)
@pytest.mark.needs("reads")
def test_a_name_is_kept_as_it_was_written(stage, name):
    command = stage.create(name)
    [answer] = stage.carried_out(command)
    assert answer.outcome is Outcome.DONE, answer.reason
    found = stage.connector.read_back(stage.person, [command.our_key])[command.our_key]
    assert stage.name_of(found) == name
    scanned = [one for one in stage.scanned() if one.our_key == command.our_key]
    assert [stage.name_of(one) for one in scanned] == [name]


@pytest.mark.needs("reads")
def test_a_very_long_name_is_kept_whole_or_refused_with_its_field(stage):
    name = "Ö" * 300
    command = stage.create(name)
    [answer] = stage.carried_out(command)
    kept = [stage.name_of(one) for one in stage.scanned() if one.our_key == command.our_key]
    if answer.outcome is Outcome.DONE:
        assert kept == [name]
    else:
        assert (answer.outcome, kept) == (Outcome.PERMANENT, [])
        assert "ame" in answer.reason


@pytest.mark.parametrize("key", ["it's", 'a "key"', "100%_*", "ключ"])
@pytest.mark.needs("reads")
def test_a_key_with_odd_signs_is_found_again(stage, key):
    command = stage.create()
    command = type(command)(
        f"{command.key}{key}", command.verb, command.object, our_key=f"{command.our_key}{key}", fields=command.fields
    )
    [answer] = stage.carried_out(command)
    assert answer.outcome is Outcome.DONE, answer.reason
    assert stage.connector.read_back(stage.person, [command.our_key]).keys() == {command.our_key}


def test_one_bad_row_among_many_blocks_no_other_and_names_field_and_value(stage):
    field, value = stage.bad
    commands = [stage.create(f"Joe {n}", n=n, **({field: value} if n == 4 else {})) for n in range(9)]
    answers = stage.carried_out(*commands)
    assert [answer.key for answer in answers] == [command.key for command in commands]
    kinds = [answer.outcome for answer in answers]
    assert kinds == [Outcome.PERMANENT if n == 4 else Outcome.DONE for n in range(9)], answers[4].reason
    assert "\n" not in answers[4].reason
    assert (stage.calls_it or field).lower() in answers[4].reason.lower()
    assert "judges" not in stage.can() or str(value)[:10] in answers[4].reason, answers[4].reason
    if stage.can() >= {"reads"}:
        found = stage.connector.read_back(stage.person, [command.our_key for command in commands])
        assert found.keys() == {command.our_key for n, command in enumerate(commands) if n != 4}
