"""Joe is Joseph, Bob is Rob, and Samuel is not Samantha."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.nicknames import canonical_names, is_initial_of, may_be_same_first_name


@pytest.mark.parametrize(
    ("a", "b"),
    [("Joe", "Joseph"), ("JOE", "joe"), ("Bob", "Robert"), ("Bob", "Rob"), ("Peggy", "Margaret"), ("José", "Jose"),
     ("Sam", "Samuel"), ("Sam", "Samantha"), ("健", "健"), ("Пётр", "Петр")],
)  # fmt: skip
def test_one_person_may_go_by_both(a, b):
    assert may_be_same_first_name(a, b)


@pytest.mark.parametrize(
    ("a", "b"), [("Joe", "John"), ("Samuel", "Samantha"), ("Anna", "Peter"), ("", ""), ("Joe", ""), ("J", "Joe")]
)
def test_two_names_or_nothing_are_not_the_same(a, b):
    assert not may_be_same_first_name(a, b)


def test_the_relation_does_not_pass_on():
    assert may_be_same_first_name("Samuel", "Sam")
    assert may_be_same_first_name("Sam", "Samantha")
    assert not may_be_same_first_name("Samuel", "Samantha")


def test_a_name_knows_what_it_is_short_for():
    assert canonical_names("Joe") >= {"joe", "joseph"}
    assert canonical_names("Anna-Lena") == {"anna lena"}
    assert canonical_names("-") == frozenset()


def test_an_initial_is_a_matter_of_its_own():
    assert is_initial_of("J.", "Joe")
    assert is_initial_of("joe", "J")
    assert not is_initial_of("J", "Anna")
    assert not is_initial_of("Jo", "Joe")
    assert not is_initial_of("", "Joe")


@given(st.text(max_size=20), st.text(max_size=20))
def test_order_does_not_matter(a, b):
    assert may_be_same_first_name(a, b) == may_be_same_first_name(b, a)
    assert is_initial_of(a, b) == is_initial_of(b, a)


def test_every_relation_of_the_reference_table_is_known(shared):
    lines = (shared / "data/nicknames/nicknames.csv").read_text(encoding="utf-8").splitlines()[1:]
    pairs = [line.split(",") for line in lines]
    assert len(pairs) > 2500
    assert [(a, b) for a, _, b in pairs if not may_be_same_first_name(a, b)] == []
