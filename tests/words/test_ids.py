"""Ids sort by time, and what was caused by the same cause has the same id."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from closeloop.words import ids
from closeloop.words.moment import EPOCH, from_us, to_us

AT = datetime(2026, 9, 1, 9, tzinfo=UTC)
MOMENTS = st.integers(0, to_us(datetime(9999, 1, 1, tzinfo=UTC))).map(from_us)


@given(MOMENTS, st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=4))
def test_a_derived_id_is_a_stable_uuid7_of_its_time(at, cause):
    made = ids.derive(at, *cause)
    value = UUID(made)
    assert made == ids.derive(at, *cause) == str(value)
    assert (value.version, value.variant) == (7, RFC_4122)
    assert value.int >> 80 == (at - EPOCH) // timedelta(milliseconds=1)


def test_another_cause_or_moment_gives_another_id():
    made = {
        ids.derive(AT, "a", "b"),
        ids.derive(AT, "ab"),
        ids.derive(AT, "b", "a"),
        ids.derive(AT + timedelta(seconds=1), "a", "b"),
    }
    assert len(made) == 4


@given(st.lists(MOMENTS, unique_by=lambda at: to_us(at) // 1000, max_size=8))
def test_new_ids_sort_by_time(moments):
    made = {at: ids.new(at) for at in moments}
    assert sorted(moments) == sorted(moments, key=made.__getitem__)


def test_new_ids_of_one_moment_differ():
    made = {ids.new(AT) for _ in range(1000)}
    assert len(made) == 1000
    assert {UUID(one).version for one in made} == {7}
