"""One line has one number, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.phone import normalise_phone


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("+49 30 123456", None),
        ("+49 (0)30 123456", None),
        ("0049 30 12 34 56", None),
        ("0049 30 123456", "US"),
        ("030/123456", "DE"),
        (" 030-123 456 ", "DE"),
        ("+49 30 123456 ext. 7", "US"),
    ],
)
def test_every_spelling_of_a_number_is_one(text, country):
    assert normalise_phone(text, country) == "+4930123456"


@pytest.mark.parametrize(
    ("text", "country"),
    [("", "DE"), ("030 123456", None), ("no phone", "DE"), ("12", "DE"), ("+999 123456", None), ("030 123456", "XX"),
     ("1" * 5000, "DE"), ("\x00", None), ("+49 30 12\x0034\ud800", "JP")],
)  # fmt: skip
def test_what_no_numbering_plan_has_is_no_number(text, country):
    assert normalise_phone(text, country) is None


def test_the_country_tells_whose_number_a_short_one_is():
    assert normalise_phone("092-711-1111", "JP") == "+81927111111"
    assert normalise_phone("(212) 736-5000", "US") == "+12127365000"


@given(st.text(alphabet="+0123456789-() /x", max_size=20), st.sampled_from([None, "DE", "US", "JP", "NO"]))
def test_normalising_twice_changes_nothing(text, country):
    normal = normalise_phone(text, country)
    assert normal is None or normalise_phone(normal) == normal == normalise_phone(normal, "FR")
