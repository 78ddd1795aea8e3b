"""One meaning: what Python answers person by person, each engine answers for all in one statement."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from closeloop.rules.sql_dialects import dialect_of
from closeloop.rules.sql_place import Place
from closeloop.rules.sql_text import put
from closeloop.words.errors import BadInput
from support.naive_sql import naive
from support.random_rules import NOW, everything, random_person, random_rule
from support.rule_engines import engines

# Thirty conditions of eight people in one statement each; a failure names engine, condition and person by itself.
SETS = settings(max_examples=12, phases=[Phase.explicit, Phase.reuse, Phase.generate])
seeds = st.integers(0, 2**64)


def drawn(seed, *, odd):
    chance = Random(seed)
    return [random_rule(chance) for _ in range(30)], [random_person(chance, odd=odd) for _ in range(8)]


@pytest.fixture(scope="module")
def postgres(quick_postgres):
    name = "test_rules_as_sql"
    yield quick_postgres.create_database(name)
    quick_postgres.drop_database(name)


@pytest.fixture(scope="module")
def mixed(postgres):
    with engines(everything(mixed=True), postgres) as found:
        yield found


@pytest.fixture(scope="module")
def plain(postgres):
    with engines(everything(mixed=False, table="plain"), postgres) as found:
        yield found


def differences(found, asked, cast):
    expected = [[rule.test(person) for rule in asked] for person in cast]
    for engine in found:
        engine.stage(cast)
        for person, gotten, wanted in zip(cast, engine.ask(asked, NOW), expected, strict=True):
            for rule, got, want in zip(asked, gotten, wanted, strict=True):
                if got is not want:
                    yield engine.name, rule.text, person, want


@SETS
@given(seeds)
def test_every_engine_answers_as_python_does_whatever_the_values(mixed, seed):
    assert list(differences(mixed, *drawn(seed, odd=True))) == []


@SETS
@given(seeds)
def test_every_engine_answers_as_python_does_over_columns_of_one_kind(plain, seed):
    asked, cast = drawn(seed, odd=False)
    assert list(differences(plain, asked, stageable(plain, cast))) == []


def test_control_the_translation_that_first_comes_to_mind_is_wrong_for_many_conditions(plain):
    sqlite = next(engine for engine in plain if engine.name == "sqlite")
    place = Place(sqlite.staged, dialect_of("sqlite"), NOW)
    wrong = []
    for seed in range(12):
        asked, cast = drawn(seed, odd=False)
        there = stageable(plain, cast)
        sqlite.stage(there)
        answers = sqlite.asked([put("coalesce({}, FALSE)", naive(rule.tree, place)) for rule in asked])
        for at, rule in enumerate(asked):
            wrong.append(any(row[at] is not rule.test(one) for row, one in zip(answers, there, strict=True)))
    assert sum(wrong) / len(wrong) >= 0.1


def stageable(found, cast):
    # A whole number beyond 2^53 has no place in a plain column: such a person is asked row by row.
    there = []
    for person in cast:
        with suppress(BadInput):
            found[0].staged.row(person)
            found[0].staged.records(person, "opportunity")
            there.append(person)
    return there
