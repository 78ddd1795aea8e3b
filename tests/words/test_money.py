"""Money is exact, and currencies never mix."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.errors import BadInput
from closeloop.words.money import Money, minor_digits, parse_money


@pytest.mark.parametrize(
    ("text", "money", "shown"),
    [
        ("5000 EUR", Money(500_000, "EUR"), "5000.00 EUR"),
        ("48000.50 EUR", Money(4_800_050, "EUR"), "48000.50 EUR"),
        (" 48000.5eur ", Money(4_800_050, "EUR"), "48000.50 EUR"),
        ("USD 12", Money(1_200, "USD"), "12.00 USD"),
        ("-0.05 EUR", Money(-5, "EUR"), "-0.05 EUR"),
        ("120000 JPY", Money(120_000, "JPY"), "120000 JPY"),
        ("1.234 KWD", Money(1_234, "KWD"), "1.234 KWD"),
    ],
)
def test_reads_and_shows_amounts(text, money, shown):
    assert parse_money(text) == money
    assert str(money) == shown


@pytest.mark.parametrize(
    "text",
    ["", "5000", "EUR", "5,000 EUR", "5.000,00 EUR", "1.005 EUR", "0.5 JPY", "$5", "5 EURO", "٥ EUR", "nan EUR",
     "1e3 EUR",     "9999999999999999999 EUR", "9" * 10_000 + " EUR", "5 EUR 5", "5\x00 EUR"],
)  # fmt: skip
def test_refuses_what_it_would_have_to_guess(text):
    with pytest.raises(BadInput, match="valid is an amount"):
        parse_money(text)


def test_orders_within_one_currency():
    assert parse_money("4999.99 EUR") < parse_money("5000 EUR") <= parse_money("EUR 5000")
    assert max(Money(1, "EUR"), Money(2, "EUR")) == Money(2, "EUR")
    assert Money(1, "EUR") + Money(2, "EUR") == Money(3, "EUR")


@pytest.mark.parametrize(
    "act", [Money.__lt__, Money.__le__, Money.__gt__, Money.__ge__, Money.__add__], ids=lambda act: act.__name__
)
def test_two_currencies_cannot_be_ordered_or_added(act):
    assert not Money(1, "EUR").comparable_with(Money(1, "USD"))
    assert Money(1, "EUR") != Money(1, "USD")
    with pytest.raises(BadInput, match="two currencies"):
        act(Money(1, "EUR"), Money(1, "USD"))


def test_most_currencies_have_cents():
    assert [minor_digits(code) for code in ("EUR", "JPY", "KWD", "CLF")] == [2, 0, 3, 4]


@given(st.integers(-(2**63) + 1, 2**63 - 1), st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
def test_what_is_shown_reads_back(minor, currency):
    assert parse_money(str(Money(minor, currency))) == Money(minor, currency)
