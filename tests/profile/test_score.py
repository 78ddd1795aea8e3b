"""Scores fade, are capped when read, add up over a merge, and do not depend on the order of touches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.profile.nouns import Touch
from closeloop.profile.scope import person_scope
from closeloop.profile.score import fit, fold, interest
from closeloop.record.nouns import Winner
from support.small_process import small_process

AT = datetime(2026, 9, 1, 9, tzinfo=UTC)
PROCESS = small_process()


def touch(kind="form.submitted", day=0.0, *, person="joe", product="robot", topic=None, seller=None, id_="1"):
    return Touch(
        id_, person, None, True, kind, AT + timedelta(days=day), "form", None, product, topic, None, None, seller, {}
    )


def score(*touches, product="robot", day=0.0):
    return interest(fold({}, touches, PROCESS).values(), product, AT + timedelta(days=day), PROCESS)


TOUCHES = st.lists(
    st.builds(
        touch,
        st.sampled_from(["form.submitted", "page.viewed", "email.clicked", "email.opened"]),
        st.integers(0, 400_000).map(lambda n: n / 4000),
        product=st.sampled_from(["robot", "sensor", None]),
        topic=st.sampled_from(["pricing", "news"]),
        person=st.sampled_from(["joe", "joseph"]),
    ),
    max_size=12,
)


@given(TOUCHES, st.randoms(use_true_random=False), st.integers(0, 12))
def test_any_order_and_any_batches_give_the_same_score(touches, random, cut):
    shuffled = random.sample(touches, len(touches))
    first = fold({}, shuffled[:cut], PROCESS)
    sums = first | fold(first, shuffled[cut:], PROCESS)
    assert set(sums) == set(fold({}, touches, PROCESS))
    now = AT + timedelta(days=101)
    one = interest(sums.values(), "robot", now, PROCESS)
    other = interest(fold({}, touches, PROCESS).values(), "robot", now, PROCESS)
    assert one.total == pytest.approx(other.total, abs=1e-5)
    assert [(r.line, r.n, r.last_at) for r in one.reasons] == [(r.line, r.n, r.last_at) for r in other.reasons]


@given(TOUCHES)
def test_a_merge_is_an_addition(touches):
    now = AT + timedelta(days=101)
    as_one = [each._replace(person_id="joe") for each in touches]
    apart = interest(fold({}, touches, PROCESS).values(), "robot", now, PROCESS)
    together = interest(fold({}, as_one, PROCESS).values(), "robot", now, PROCESS)
    assert apart.total == pytest.approx(together.total, abs=1e-5)


def test_points_halve_with_each_half_life():
    assert [score(touch(), day=day).total for day in (0, 30, 60)] == [30, 15, 7.5]


def test_a_late_touch_counts_as_if_it_had_come_in_time():
    assert score(touch(day=30), touch(day=0), day=30).total == score(touch(day=0), touch(day=30), day=30).total == 45


def test_a_cap_is_applied_when_read_so_that_faded_points_come_from_all_of_them():
    views = [touch("page.viewed", topic="pricing") for _ in range(6)]
    assert score(*views).total == 30
    assert score(*views, day=14).total == 30
    assert score(*views, day=28).total == 15


def test_a_touch_without_a_product_counts_for_every_product():
    assert (score(touch(product=None)).total, score(touch(product="sensor")).total) == (30, 0)


def test_a_line_counts_only_what_its_condition_is_true_of():
    assert score(touch("page.viewed", topic="news")).total == 0


def test_acts_of_sellers_and_of_nobody_known_count_nothing():
    assert fold({}, [touch(seller="sato"), touch(person=None)], PROCESS) == {}
    assert fold({}, [touch()], PROCESS) != {}


def test_a_touch_ahead_of_the_clock_has_not_faded_and_has_not_grown():
    assert score(touch(day=1), day=0).total == 30


def test_every_reason_is_told_in_words():
    said = score(*(touch("page.viewed", topic="pricing") for _ in range(2)), touch(), touch("email.clicked"), day=14)
    assert [reason.text for reason in said.reasons] == [
        "form.submitted ×1, last 2026-09-01: 21.7",
        "page.viewed where topic in ['pricing', 'demo'] ×2, last 2026-09-01: 10.0 of at most 30",
        "email.clicked ×1, last 2026-09-01: 5.0 of at most 20",
    ]
    assert said.total == pytest.approx(sum(reason.points for reason in said.reasons))


def test_sums_of_lines_that_the_process_does_not_have_count_nothing():
    sums = fold({}, [touch()], PROCESS).values()
    assert interest(sums, "robot", AT, small_process(interest=())).total == 0


def test_fit_adds_the_lines_that_are_true_of_the_person():
    def told(**values):
        winners = {name: Winner(name, said, said, True, "crm.X", AT, "m", "why") for name, said in values.items()}
        return fit(person_scope(AT, PROCESS, winners, {}, employees=values.get("employees")), PROCESS)

    assert told(title="CTO", employees=1200).total == 35
    assert [reason.text for reason in told(title="CTO").reasons] == ["title in ['CTO', 'Plant manager']: 20"]
    assert told().total == 0
