"""What conditions mean: two-valued, exact, and the same everywhere."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closeloop.rules import parse
from closeloop.words.money import Money


@pytest.mark.parametrize(
    "text",
    [
        "fit == 20", "fit != 21", "fit < interest", "interest <= 55.5", "interest > 55", "fit >= 20",
        "title in ['CTO', 'Plant manager']", "title not in ['Intern']", "fit in [-1, 20]",
        "url starts with '/robot'", "url starts-with '/robot'", "url starts_with \"/robot\"",
        "missing(phone)", "not missing(email)", "not opted_out", "opted_out == false",
        "valid(email) and not disposable(email)", "disposable('joe@mailinator.com')",
        "exists(opportunity)", "exists(opportunity, open)", "exists(opportunity, open and same(product, region))",
        "exists(opportunity, amount > money('5000 EUR'))", "amount < money('5000 EUR')",
        "amount + money('200 EUR') == money('5000 EUR')", "amount - money('1 EUR') < amount",
        "fit + interest * 2 == 131", "(fit + 1) * 2 == 42", "fit / 8 == 2.5", "-fit < 0", "fit - 1 - 1 == 18",
        "since > ago(40d)", "ago(1d) > ago(2d)", "ago(1d) + 1d == ago(0s)", "ago(1d) - ago(2d) == 24h", "1d == 24h",
        "true", "not false", "form.submitted or fit == 20", "'it''s' == \"it's\"",
    ],
)  # fmt: skip
def test_holds_for_joe(joe, vocabulary, text):
    assert parse(text, vocabulary).test(joe)


@pytest.mark.parametrize(
    "text",
    [
        "title == 'cto'", "title starts with 'cto'", "'Z' > 'a'", "url starts with 'robot'", "title in ['cto']",
        "exists(opportunity, open and product == 'sensor')", "exists(opportunity, not open)",
        "verified(phone)", "form.submitted", "disposable(email)", "amount == money('4800 USD')",
        "amount != money('4800 USD')", "amount + money('1 USD') > money('0 EUR')", "fit / 0 == 0", "missing(fit)",
        "valid(title)", "since < ago(40d)",
    ],
)  # fmt: skip
def test_does_not_hold_for_joe(joe, vocabulary, text):
    assert not parse(text, vocabulary).test(joe)


@pytest.mark.parametrize("sign", ["==", "!=", "<", "<=", ">", ">="])
def test_a_comparison_with_a_missing_value_is_false_and_its_denial_true(joe, vocabulary, sign):
    assert not parse(f"employees {sign} 500", vocabulary).test(joe)
    assert not parse(f"500 {sign} employees", vocabulary).test(joe)
    assert parse(f"not (employees {sign} 500)", vocabulary).test(joe)


def test_missing_runs_through_arithmetic_and_lists(joe, vocabulary):
    assert parse("missing(employees + 1)", vocabulary).test(joe)
    assert parse("missing(fit / 0)", vocabulary).test(joe)
    assert not parse("employees in [1]", vocabulary).test(joe)
    assert not parse("employees not in [1]", vocabulary).test(joe)


def test_a_value_of_an_unexpected_kind_never_compares(joe, vocabulary):
    joe.values["thing"] = True
    assert not parse("thing == 1", vocabulary).test(joe)
    assert not parse("thing in [1]", vocabulary).test(joe)
    assert not parse("thing != 'x'", vocabulary).test(joe)
    assert parse("thing == true", vocabulary).test(joe)
    joe.values["thing"] = ["a", "list"]
    assert not parse("thing == 'a'", vocabulary).test(joe)
    assert not parse("thing in ['a']", vocabulary).test(joe)


def test_same_is_false_when_a_side_is_missing(joe, vocabulary):
    rule = parse("exists(opportunity, same(product, region))", vocabulary)
    assert rule.test(joe)
    del joe.values["region"]
    joe.deals[0]["region"] = None
    assert not rule.test(joe)


def test_verified_asks_for_the_value_that_the_field_has_now(joe, vocabulary):
    joe.confirmed.add("phone")
    assert parse("verified(phone)", vocabulary).test(joe)


def test_money_and_numbers_kept_as_text_are_read(joe, vocabulary):
    joe.values["fit"] = "21"
    assert parse("fit > 20", vocabulary).test(joe)
    joe.values["amount"] = "no money"
    assert parse("missing(amount)", vocabulary).test(joe)


def test_an_expression_answers_its_value(joe, vocabulary):
    assert parse("fit + 1", vocabulary, wanted="number").value(joe) == 21.0
    assert parse("amount", vocabulary, wanted=None).value(joe) == Money(480000, "EUR")
    assert parse("ago(1d)", vocabulary, wanted="moment").value(joe) == joe.now - timedelta(days=1)


def test_explains_part_by_part_with_the_values_read(joe, vocabulary):
    rule = parse("valid(email) and fit >= 20 and interest >= 60 and not missing(employees)", vocabulary)
    assert rule.joined == "and"
    assert [(why.text, why.holds, dict(why.values)) for why in rule.explain(joe)] == [
        ("valid(email)", True, {"email": "joe@acme.example"}),
        ("fit >= 20", True, {"fit": 20}),
        ("interest >= 60", False, {"interest": 55.5}),
        ("not missing(employees)", False, {"employees": None}),
    ]


def test_explains_alternatives_apart_and_facts_by_their_name(joe, vocabulary):
    fact = parse("exists(opportunity, open and same(product, region))", vocabulary)
    known = type(vocabulary)(vocabulary.names, vocabulary.related, {"open_deal": fact})
    rule = parse("opted_out or open_deal", known)
    assert rule.joined == "or"
    assert [tuple(why) for why in rule.explain(joe)] == [
        ("opted_out", False, {"opted_out": False}),
        ("open_deal", True, {"product": "robot", "region": "dach"}),
    ]
    assert rule.names == {"opted_out", "product", "region"}
    assert rule.relations == {"opportunity"}
    assert rule.facts == {"open_deal"}


def test_a_fact_speaks_of_the_person_even_inside_exists(joe, vocabulary):
    known = type(vocabulary)(vocabulary.names, vocabulary.related, {"robots": parse("product == 'robot'", vocabulary)})
    joe.deals[0]["product"] = "sensor"
    assert parse("exists(opportunity, robots and product == 'sensor')", known).test(joe)
