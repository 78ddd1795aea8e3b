"""The order of trust decides, inside a group the newest; the order of arrival never does."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.record.nouns import FieldValue
from closeloop.record.resolve import resolve
from support.small_process import field

AT = datetime(2026, 9, 1, tzinfo=UTC)
PHONE = field("person", "phone", "phone", "desk.phone", ("crm.Phone", "ma.phone"), "form.tel")
OPTED_OUT = field("person", "opted_out", "boolean", ("ma.unsubscribed", "crm.HasOptedOutOfEmail"), any_true=True)
BUILT_IN = field("opportunity", "stage", "text")


def said(path, value, *, day=0, valid=True, entity="joe", message="m:1"):
    return FieldValue(entity, "phone", path, AT + timedelta(days=day), value, value, valid, message)


def winner(rule, *values):
    found = resolve(values, rule, "b2b@7")
    return found.value if found else None


VALUES = st.builds(
    FieldValue,
    st.sampled_from(["joe", "joseph"]),
    st.just("phone"),
    st.sampled_from(["desk.phone", "crm.Phone", "ma.phone", "form.tel", "gone.path"]),
    st.integers(0, 3).map(lambda day: AT + timedelta(days=day)),
    st.sampled_from(["1", "2", True, False, 1, 1.0]),
    st.sampled_from(["1", " 1"]),
    st.booleans(),
    st.sampled_from(["m:1", "m:2"]),
)


@given(st.lists(VALUES, max_size=6), st.randoms(use_true_random=False), st.sampled_from([PHONE, OPTED_OUT, BUILT_IN]))
def test_any_order_of_arrival_gives_the_same_winner(values, random, rule):
    shuffled = random.sample(values, len(values))
    assert repr(resolve(values, rule, "b2b@7")) == repr(resolve(shuffled, rule, "b2b@7"))


@given(st.lists(VALUES, max_size=6))
def test_an_invalid_value_wins_only_where_nobody_has_a_valid_one(values):
    found = resolve(values, PHONE, "b2b@7")
    listed = [value for value in values if value.path != "gone.path"]
    assert (found is None) == (not listed)
    assert found is None or found.valid == any(value.valid for value in listed)


def test_the_first_group_that_has_a_value_wins_however_old_it_is():
    assert winner(PHONE, said("form.tel", "new", day=9), said("crm.Phone", "old")) == "old"


def test_inside_a_group_the_newest_wins():
    assert winner(PHONE, said("crm.Phone", "old", day=1), said("ma.phone", "new", day=2)) == "new"


def test_of_one_source_the_newest_wins():
    assert winner(PHONE, said("form.tel", "new", day=2), said("form.tel", "old", day=1)) == "new"


def test_at_the_same_moment_the_path_named_first_wins():
    assert winner(PHONE, said("ma.phone", "ma"), said("crm.Phone", "crm")) == "crm"


def test_a_field_without_an_order_of_trust_takes_the_newest_of_all():
    assert winner(BUILT_IN, said("crm.Opportunity.StageName", "new", day=1), said("other.path", "old")) == "new"


def test_a_path_that_the_process_no_longer_lists_is_not_considered():
    assert winner(PHONE, said("gone.path", "1")) is None


def test_nobody_having_reported_a_value_is_no_winner():
    assert winner(PHONE) is None


@pytest.mark.parametrize("order", list(itertools.permutations([0, 1, 2])))
def test_one_true_is_enough_for_consent_fields(order):
    values = [
        said("ma.unsubscribed", True),
        said("crm.HasOptedOutOfEmail", False, day=5),
        said("crm.HasOptedOutOfEmail", True, day=1),
    ]
    assert winner(OPTED_OUT, *(values[at] for at in order)) is True


def test_a_source_can_take_its_own_true_back():
    assert winner(OPTED_OUT, said("ma.unsubscribed", True), said("ma.unsubscribed", False, day=1)) is False


def test_an_opt_out_survives_the_merge_with_a_newer_record_of_the_same_source_that_says_no():
    assert (
        winner(OPTED_OUT, said("ma.unsubscribed", True), said("ma.unsubscribed", False, day=1, entity="joseph")) is True
    )


def test_the_winner_says_why_it_is():
    found = resolve([said("form.tel", "1"), said("crm.Phone", "2")], PHONE, "b2b@7")
    assert found.why == "b2b@7 fields.person.phone: crm.Phone of 2026-09-01 before form.tel"
    unfit = resolve([said("form.tel", "ring me", valid=False)], PHONE, "b2b@7")
    assert unfit.why.endswith("form.tel of 2026-09-01; it is not a valid phone, but nobody has reported a valid one")
    out = resolve([said("ma.unsubscribed", True)], OPTED_OUT, "b2b@7")
    assert out.why == "b2b@7 fields.person.opted_out: ma.unsubscribed of 2026-09-01 says true, one is enough"
