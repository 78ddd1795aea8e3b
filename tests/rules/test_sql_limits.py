"""What is not said in SQL or not staged is refused by name, so that it is asked row by row instead."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from datetime import datetime, timedelta

import pytest

from closeloop.rules import Vocabulary, parse, sql, staged_for, to_sql
from closeloop.rules.sql_dialects import dialect_of
from closeloop.rules.sql_place import Place
from closeloop.rules.staged import Column, Staged
from closeloop.words.errors import BadInput, RuleError
from closeloop.words.money import Money
from support.random_rules import NOW, Anyone
from support.rule_engines import engines

DEAL = {"open": "boolean", "product": "text", "n": "number"}
NAMES = {"a": "number", "b": "number", "p": "boolean", "q": "boolean", "at": "moment", "m": "money", "t": "text",
         "span": "duration", "product": "text", "n": "number"}  # fmt: skip
KNOWN = Vocabulary(NAMES, {"opportunity": DEAL})
JOE = Anyone(
    {"a": 1, "b": 2.5, "p": True, "q": False, "at": NOW, "m": Money(5, "EUR"), "n": 7}, [{"open": True, "n": 3}]
)
STEPS = ["b + ({})", "({}) - b", "b / ({})", "({}) * b", "-({})"]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "duckdb"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a > 1", "'a' is not staged; valid: t"),
        ("verified(t)", "'t' is staged without 'verified' beside it; valid: disposable"),
        ("valid(t)", "'t' is staged without 'valid'"),
        ("exists(opportunity)", "no records of 'opportunity' are staged; valid: none"),
        ("t == 'a\0b'", "no database keeps the character 0"),
        ("t starts with '\ud800'", "half a surrogate pair"),
    ],
)
def test_what_is_not_staged_or_cannot_be_kept_is_refused_by_name(dialect, text, said):
    staged = Staged({"t": Column("t", "text", beside=frozenset({"disposable"}))})
    with pytest.raises(BadInput) as caught:
        to_sql(parse(text, KNOWN), staged, dialect, NOW)
    assert said in str(caught.value)


def test_spans_that_may_leave_64_bits_are_refused_by_name():
    rule = parse(" + ".join(["(at - at)"] * 20) + " > 1s", KNOWN)
    with pytest.raises(BadInput, match=r"sum of duration may leave 64 bits"):
        to_sql(rule, staged_for([rule], KNOWN), "postgresql", NOW)
    fewer = parse(" + ".join(["(at - at)"] * 10 + ["span"] * 10) + " > 1s", KNOWN)
    assert to_sql(fewer, staged_for([fewer], KNOWN), "postgresql", NOW).parameters == ()


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "number"), (2**53 + 1, "number"), (float("nan"), "number"), (5, "text"), ("a\0b", "text"),
        (2**101, "any"), (Money(2**60, "EUR"), "any"), (timedelta(days=10**7), "any"),
        (datetime(2026, 9, 1), "any"),  # noqa: DTZ001 - a moment without a zone is the case
    ],
)  # fmt: skip
def test_a_value_that_a_column_cannot_hold_exactly_is_refused_by_name(value, kind):
    with pytest.raises(BadInput, match=r"cannot (hold|be staged)"):
        Column("v", kind).values(value)


def test_a_text_is_staged_as_the_kind_that_the_column_declares():
    assert Column("v", "number").values("21") == {"v_number": 21.0}
    assert Column("v", "number").values("no number") == {"v_number": None}
    assert Column("v", "money").values("48000.50 EUR") == {"v_minor": 4800050, "v_currency": "EUR"}
    assert Column("v", "moment").values("1970-01-01T00:00:01Z") == {"v_moment": 1_000_000}


def test_the_smallest_set_holds_what_the_rules_read_and_what_python_must_tell():
    rules = [parse("valid(t) and verified(p)", KNOWN), parse("exists(opportunity, open and same(n))", KNOWN)]
    staged = staged_for(rules, KNOWN)
    assert {name: set(column.beside) for name, column in staged.columns.items()} == {
        "t": {"valid"}, "p": {"verified"}, "n": {"same"},
    }  # fmt: skip
    assert set(staged.related["opportunity"].columns) == {"open", "n"}
    assert staged.row(JOE) == {
        "v0_number": 7.0, "v0_same": "number 7.0 0.0", "v1_boolean": True, "v1_verified": False, "v2_text": None,
        "v2_valid": False,
    }  # fmt: skip


def test_as_deep_as_is_allowed_every_parser_follows(postgres_url):
    steps = [*STEPS, "p and not ({})", "p or (q and ({}))", "p == ({})", "({}) in [true]"]
    texts = [_deep(step, n) for step in steps for n in (2, 13, 18, 25, 33)]
    rules = [rule for text in texts for rule in _read(text, f"exists(opportunity, n < 5 and {text})")]
    staged = staged_for(rules, KNOWN)
    with engines(staged, postgres_url) as found:
        for engine in found:
            engine.stage([JOE])
            sayable = [rule for rule in rules if _is_said(rule, staged, engine.name)]
            assert len(sayable) >= (len(rules) // 2 if engine.name == "sqlite" else len(rules))
            assert engine.ask(sayable, NOW) == [[rule.test(JOE) for rule in sayable]], engine.name


def test_control_without_the_bound_sqlites_parser_gives_up():
    rule = parse(_deep("p and not ({})", 19), KNOWN)
    staged = staged_for([rule], KNOWN)
    with pytest.raises(BadInput, match=r"brackets deep; valid are .* for sqlite 28"):
        to_sql(rule, staged, "sqlite", NOW)
    deeper = parse(_deep("b / ({})", 36), KNOWN)
    place = Place(staged_for([deeper], KNOWN), dialect_of("sqlite"), NOW)
    with closing(sqlite3.connect(":memory:")) as connection, pytest.raises(sqlite3.OperationalError, match="overflow"):
        connection.execute(f"SELECT {sql._condition(deeper.tree, place).text}")


def _deep(step, n):
    numbers = step in STEPS
    text = "a" if numbers else "q"
    for _ in range(n):
        text = step.format(text)
    return f"{text} > 1" if numbers else text


def _read(*texts):
    # Those of at most 40 levels, as the reader has it.
    for text in texts:
        with suppress(RuleError):
            yield parse(text, KNOWN)


def _is_said(rule, staged, dialect):
    try:
        return bool(to_sql(rule, staged, dialect, NOW).text)
    except BadInput:
        return False
