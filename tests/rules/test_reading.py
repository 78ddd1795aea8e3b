"""What is refused when a condition is read, and how it is said."""

from __future__ import annotations

import pytest

from closeloop.rules import Vocabulary, parse
from closeloop.words.errors import RuleError


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("emial == 'x'", 1, "unknown name 'emial'; did you mean 'email'? valid: amount, email,"),
        ("fit > 'x'", 5, "a number never compares with a text"),
        ("title == 5", 7, "a text never compares with a number"),
        ("opted_out > true", 11, "no order"),
        ("fit = 20", 5, "valid is '=='"),
        ("1 < fit < 3", 9, "cannot be chained"),
        ("fit >", 6, "the end cannot stand here"),
        ("(fit > 1", 9, "where ')' is needed"),
        ("fit > 1)", 8, "')' does not follow here"),
        ("fit > 1 email", 9, "'email' does not follow here"),
        ("fit", 1, "this answers a number; valid is a boolean"),
        ("fit and opted_out", 1, "this is a number, not a condition"),
        ("not title", 5, "this is a text, not a condition"),
        ("title starts '/x'", 14, "'starts' needs 'with'"),
        ("fit starts with '/x'", 5, "asked of a text, this is a number"),
        ("title starts with email", 19, "valid is a text in quotes"),
        ("title in ['a', 5]", 16, "a text never compares with a number"),
        ("title in [email]", 11, "a list holds written values only"),
        ("title in []", 11, "cannot stand here"),
        ("title in 'a'", 10, "where '[' is needed"),
        ("exists(purchase)", 8, "unknown related record 'purchase'; valid: opportunity"),
        ("exists(opportunity, exists(opportunity))", 21, "cannot stand inside exists()"),
        ("exists(opportunity, opne)", 21, "did you mean 'open'?"),
        ("same(product)", 1, "valid only inside exists"),
        ("exists(opportunity, same(open))", 26, "unknown name that both sides have 'open'"),
        ("fit + title > 1", 5, "a number and a text do not go together by '+'"),
        ("amount * 2 > amount", 8, "a money and a number do not go together"),
        ("-title == 'x'", 1, "'-' is not for a text"),
        ("amount > money('lots')", 16, "'lots' is not money"),
        ("amount > money(5)", 16, "money() takes a text"),
        ("since > ago(5)", 9, "ago() takes a span, this is a number"),
        ("valid(fit)", 1, "takes an e-mail address, this is a number"),
        ("verified(fax)", 10, "unknown name 'fax'"),
        ("soon(email)", 1, "unknown function 'soon'; valid: ago, disposable, exists"),
        ("title == 'open", 10, "has no closing '"),
        ("fit > 10x", 7, "neither a number nor a span"),
        ("since > ago(99999999d)", 13, "is too long"),
        ("fit > 99999999999999999999", 7, "too large"),
        ("fit > 1 && opted_out", 9, "'&' has no meaning here"),
        ("fit ≥ 1", 5, "has no meaning here"),
        ("and", 1, "'and' cannot stand here"),
        ("", 1, "the end cannot stand here"),
    ],
)  # fmt: skip
def test_says_where_what_and_what_would_be_valid(vocabulary, text, column, said):
    with pytest.raises(RuleError) as caught:
        parse(text, vocabulary)
    assert said in caught.value.what
    assert caught.value.column == column


def test_refuses_a_text_that_is_too_long(vocabulary):
    with pytest.raises(RuleError, match=r"at most 2,000"):
        parse("fit > 1" + " " * 2_000, vocabulary)


@pytest.mark.parametrize("text", ["(" * 900 + "true" + ")" * 900, "not " * 400 + "true", "-" * 900 + "1 > 0"])
def test_refuses_what_is_nested_too_deep_without_running_out_of_stack(vocabulary, text):
    with pytest.raises(RuleError, match=r"at most 40 levels"):
        parse(text, vocabulary)


def test_counts_facts_at_their_full_size_so_that_they_cannot_grow_without_end(vocabulary):
    known, step = Vocabulary(vocabulary.names, facts={"f": parse("fit > 1 and fit > 2", vocabulary)}), 0
    while known.facts["f"].size < 130:
        known, step = Vocabulary(vocabulary.names, facts={"f": parse("f and f and f", known)}), step + 1
    with pytest.raises(RuleError, match=r"at most 400 parts"):
        parse("f and f and f and f", known)
    assert step < 4


def test_four_hundred_parts_fit_and_more_do_not(vocabulary):
    assert parse(" or ".join(["fit>1"] * 133), vocabulary).size == 400
    with pytest.raises(RuleError, match=r"at most 400 parts"):
        parse(" or ".join(["fit>1"] * 134), vocabulary)
