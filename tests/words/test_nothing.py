"""A field that had to be filled, by somebody who had nothing to say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.nothing import is_nothing


@pytest.mark.parametrize(
    "text",
    ["", "  ", "-", "--", "?", "...", "n/a", "N/A", "#N/A", "none", "NULL", "unknown", "xxx", "XXXX", "xx xx", "test",
     "Test Test", "TBD", "asdf", "keine Angabe", "k.A.", "Inconnu", "なし", "не\u200b\u200bт", "N/Á"],
)  # fmt: skip
def test_says_nothing(text):
    assert is_nothing(text)


@pytest.mark.parametrize("text", ["Joe", "Xavier", "Nan", "Na", "No", "X", "Foo", "Testa", "Nonesuch", "佐藤", "0"])
def test_says_something(text):
    assert not is_nothing(text)


def test_what_may_be_a_name_or_a_country_says_nothing_elsewhere():
    assert not is_nothing("NA", of="country")
    assert not is_nothing("NA", of="first_name")
    assert is_nothing("NA", of="company")
    assert is_nothing("NA", of="email")


@pytest.mark.parametrize(
    "text", ["none@none.com", "test@test.de", "na@na.com", "x@xx.xx", "joe@example.com", "xxx@x.org"]
)
def test_an_address_that_was_only_typed_along_says_nothing(text):
    assert is_nothing(text, of="email")
    assert not is_nothing(text, of="company")


@pytest.mark.parametrize("text", ["000 000 0000", "+11 111-111-1111", "1234567890", "987-654-321"])
def test_a_phone_number_that_was_only_typed_along_says_nothing(text):
    assert is_nothing(text, of="phone")
    assert not is_nothing(text)


@pytest.mark.parametrize(
    ("text", "of"),
    [("test@acme.example", "email"), ("joe@none.com", "email"), ("+49 30 123456", "phone"), ("110", "phone")],
)
def test_a_real_address_or_number_says_something(text, of):
    assert not is_nothing(text, of=of)


@given(st.text(), st.sampled_from(["", "email", "phone", "company", "first_name"]))
def test_any_text_is_judged_without_an_error(text, of):
    assert is_nothing(text, of) in (True, False)
