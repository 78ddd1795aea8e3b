"""The log of merges: what stands in it, in which order, and what finds it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from closeloop.measure.merges import merge, merges, merges_of
from support import questions
from support.questions import JO, MERGED
from support.side_window import ANA, JOE, JOSEPH, LINK, Seed, at


@pytest.fixture
def log(window):
    questions.ask(window.database)
    seed = Seed()
    questions.merged(seed, MERGED, JOE, JO, at(2, 10))
    with window.database.write() as connection:
        seed.write(connection)
        connection.execute(text("UPDATE entities SET root_id = :joe WHERE id = :jo"), {"joe": JOE, "jo": JO})
    return window


@pytest.fixture
def connection(log):
    with log.database.read() as found:
        yield found


def found(connection, find="", **more):
    listed, n = merges(connection, find, **more)
    return [each.id for each in listed], n


def test_the_newest_merge_comes_first(connection):
    assert found(connection) == ([MERGED, LINK], 2)


def test_pages_cut_the_log_and_say_how_many_there_are_in_all(connection):
    assert found(connection, page=1, most=1) == ([MERGED], 2)
    assert found(connection, page=2, most=1) == ([LINK], 2)
    assert found(connection, page=3, most=1) == ([], 2)


def test_a_merge_is_found_by_any_id_name_address_or_company_of_those_in_it(connection):
    finds = (JOE, JOSEPH, JOE[:34], "joe mil", "JOSEPH@acme", "acme corp")
    assert {find: found(connection, find) for find in finds} == dict.fromkeys(finds, ([MERGED, LINK], 2))


def test_a_merge_is_found_by_its_own_id(connection):
    assert found(connection, MERGED) == ([MERGED], 1)


def test_what_nobody_in_it_has_finds_nothing(connection):
    finds = ("nobody", "%", "_", ANA)
    assert {find: found(connection, find) for find in finds} == dict.fromkeys(finds, ([], 0))


def test_an_undone_merge_stays_in_the_log_and_is_found_by_either_of_the_two(log):
    with log.database.write() as connection:
        connection.execute(
            text("UPDATE merges SET undone_at = :at, undone_by = 'sato' WHERE id = :id"),
            {"at": at(2, 11), "id": MERGED},
        )
        connection.execute(text("UPDATE entities SET root_id = id WHERE id = :jo"), {"jo": JO})
    with log.database.read() as connection:
        one = merge(connection, MERGED)
        assert found(connection, JO) == ([MERGED], 1)
        assert found(connection, JOE) == ([MERGED, LINK], 2)
    assert (one.undone_by, one.undone_at.hour) == ("sato", 11)


def test_a_merge_tells_how_both_stood_before_and_what_spoke_for_it(connection):
    one = merge(connection, MERGED)
    assert (one.survivor.called, one.loser.called) == ("Joe Miller", "Jo Miller")
    assert one.loser.fields["name"] == ("Jo Miller", "form.name")
    assert one.loser.keys == (("email", "jo.miller@acme.example"),)
    assert [proof.comparison for proof in one.evidence] == ["first name", "last name", "e-mail", "phone"]
    assert one.weight == 7.4


def test_a_merge_without_a_snapshot_goes_by_its_ids(connection):
    one = merge(connection, LINK)
    assert (one.loser.called, one.loser.fields, one.weight) == (f"person …{JOSEPH[-8:]}", {}, None)


def test_a_merge_that_is_not_there_is_none(connection):
    assert merge(connection, "no such") is None


def test_a_person_has_the_merges_of_all_their_records(connection):
    assert [each.id for each in merges_of(connection, JOE)] == [MERGED, LINK]
    assert merges_of(connection, ANA) == ()
