"""Training: the same records and seed give the same bundle, and a level that was never seen is named, not made up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from closeloop.dedupe.label import Answer, add_answer, judged, read_answers, with_answers, worth_asking
from closeloop.dedupe.sweep import sweep
from closeloop.dedupe.train import train
from closeloop.matching.bundle import default_bundle
from closeloop.matching.contacts import CONTACTS
from closeloop.matching.spec import Comparison, Level, Spec
from closeloop.words.errors import BadInput
from support.contacts import made_contacts, table_of

SMALL = replace(
    CONTACTS,
    comparisons=tuple(
        Comparison(
            name,
            (column,),
            (
                Level("unknown", ["missing", column], silent=True),
                Level("equal", ["equal", column]),
                Level("different", ["else"]),
            ),
        )
        for name, column in (("first name", "first"), ("last name", "last"), ("phone", "phone"), ("company", "company"))
    ),
    training=(("email",), ("last", "company")),
)


@pytest.fixture(scope="module")
def table():
    return table_of(made_contacts(1_500))


def test_the_same_records_and_seed_give_the_same_bundle(table):
    bundle = train(table, SMALL, seed=3)
    assert train(table, SMALL, seed=3).digest == bundle.digest
    assert bundle.spec.made == "trained on 1500 records, seed 3"
    for comparison in bundle.spec.comparisons:
        _, equal, different = comparison.levels
        assert equal.m > equal.u
        assert different.m < different.u


def test_a_level_that_was_never_seen_is_an_error_that_names_it(table):
    never = Level("in another universe", ["all", ["equal", "phone"], ["not", ["equal", "phone"]]])
    with pytest.raises(BadInput, match="m and u of level 'in another universe' of comparison 'phone'"):
        train(table, _with(SMALL, never))


def test_what_is_stated_as_fixed_stays(table):
    stated = Level("in another universe", ["crossed", "phone", "city"], m=0.5, u=0.25, fixed="mu")
    spec = train(table, _with(SMALL, stated)).spec
    assert spec.comparisons[2].levels[1] == stated


def test_answers_are_kept_and_set_the_bands(table, tmp_path):
    bundle = train(table, SMALL, seed=3)
    records = table.to_pylist()
    found = sweep(table, bundle)
    file = tmp_path / "answers.jsonl"
    for at, (left, right, _) in enumerate(worth_asking(found.pairs, 12)):
        said = ({key: value for key, value in records[row].items() if value} for row in (left, right))
        add_answer(file, Answer(*said, answer="same" if at % 2 else "different"))
    weighed = judged(read_answers(file), bundle)
    assert len(weighed) == 12
    evidence = [(20.0, 100), (6.0, 100), (0.0, 50), (-6.0, 1000)]
    strict = with_answers(bundle.spec, evidence, 1_500, [(weight, False) for weight, _ in weighed] + [(30.0, True)])
    assert strict.bands.same > bundle.spec.bands.same
    assert strict.made.endswith("bands by 13 answers")


def test_a_model_that_is_right_is_left_nearly_as_it_is():
    spec = default_bundle().spec
    odds = [(weight, n < 100 / (1 + 2.0**-weight)) for weight in (-4.0, -2.0, 0.0, 2.0, 4.0) for n in range(100)]
    evidence = [(20.0, 1_000), (3.0, 100), (0.0, 100)]
    before = with_answers(spec, evidence, 1_000, [(-30.0, False)] * 6 + [(30.0, True)] * 6).bands
    after = with_answers(spec, evidence, 1_000, odds).bands
    assert after.same == pytest.approx(before.same, abs=0.5)
    assert after.ask == pytest.approx(before.ask, abs=0.5)


@pytest.mark.parametrize("answers", [[], [(1.0, True)] * 20, [(1.0, True), (0.0, False)]])
def test_too_few_answers_or_all_of_one_kind_are_refused(answers):
    with pytest.raises(BadInput, match="bands need ten answers or more, of both kinds"):
        with_answers(default_bundle().spec, [(1.0, 1)], 100, answers)


def test_a_line_that_is_no_answer_is_named(tmp_path):
    (tmp_path / "answers.jsonl").write_text('{"left": {}, "right": {}, "answer": "maybe"}\n')
    with pytest.raises(BadInput, match=r"answers\.jsonl:1: .*valid is a line as"):
        read_answers(tmp_path / "answers.jsonl")


def _with(spec: Spec, level: Level) -> Spec:
    phone = spec.comparisons[2]
    changed = replace(phone, levels=(phone.levels[0], level, *phone.levels[1:]))
    return replace(spec, comparisons=(*spec.comparisons[:2], changed, spec.comparisons[3]))
