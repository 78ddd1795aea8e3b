"""One standard of validity: what each kind of value is worth, and why."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.normal import NORMAL_FORMS
from closeloop.words.validity import KINDS, Judgement, Reason, judge, kind_of


@pytest.mark.parametrize(
    ("kind", "text"),
    [("email", "joe@acme.example"), ("email", "joe@acme.co.uk"), ("phone", "+49 30 123456"), ("name", "Joe Smith"),
     ("name", "佐藤 健"), ("name", "Жанна"), ("name", "محمد علي"), ("name", "Dr. Anna-Lena O'Brien"), ("title", "CEO"),
     ("company", "Acme"), ("company", "3M"), ("company", "株式会社九州電気"), ("country", "NO"), ("country", "NA"),
     ("", "anything")],
)  # fmt: skip
def test_what_can_be_used_is_valid(kind, text):
    assert judge(kind, text) == Judgement("valid", "")


@pytest.mark.parametrize(
    ("kind", "text", "verdict", "reason"),
    [
        ("email", "n/a", "invalid", "placeholder"), ("email", "none@none.com", "invalid", "placeholder"),
        ("email", "joe@", "invalid", "syntax"), ("email", "x@mailinator.com", "invalid", "throw-away domain"),
        ("email", "jo\0e@acme.example", "invalid", "control character"),
        ("email", "info@acme.example", "doubtful", "role mailbox"), ("email", "joe@gmail.com", "doubtful", "free mail"),
        ("email", "joe@acme.con", "doubtful", "unknown top-level domain"),
        ("phone", "000 000 0000", "invalid", "placeholder"), ("phone", "ring me", "invalid", "no such number"),
        ("phone", "+49 1", "invalid", "no such number"),
        ("phone", "030 123456", "doubtful", "no country to read it by"),
        ("name", "xxx", "invalid", "placeholder"), ("name", "joe@acme.example", "invalid", "an address"),
        ("name", "R2D2", "doubtful", "has a digit"), ("name", "J.", "doubtful", "initial only"),
        ("name", "½", "invalid", "no letter"), ("name", "Joe " * 50, "doubtful", "too long"),
        ("title", "-", "invalid", "placeholder"), ("title", "12345", "invalid", "no letter"),
        ("title", "joe@acme.example", "invalid", "an address"), ("title", "long " * 60, "doubtful", "too long"),
        ("company", "NA", "invalid", "placeholder"), ("company", "Self-Employed", "doubtful", "nobody's employer"),
        ("company", "joe@acme.example", "invalid", "an address"), ("company", "12345", "doubtful", "no letter"),
        ("company", "long " * 60, "doubtful", "too long"),
        ("country", "unknown", "invalid", "placeholder"), ("country", "Atlantis", "invalid", "not a country"),
    ],
)  # fmt: skip
def test_says_why_a_value_is_not_valid(kind, text, verdict, reason):
    assert judge(kind, text) == Judgement(verdict, reason)


def test_a_phone_number_is_read_by_the_habits_of_the_records_country():
    assert judge("phone", "030 123456", "DE").verdict == "valid"
    assert judge("phone", "030 1", "DE") == Judgement("invalid", "no such number")


def test_the_kind_of_a_field_follows_from_its_form():
    assert {kind_of("x", form) for form in NORMAL_FORMS} - {""} == set(KINDS) - {"title"}
    assert kind_of("title", "text") == "title"
    assert kind_of("remark", "text") == ""


@given(st.sampled_from([*KINDS, "", "other"]), st.text())
def test_any_text_gets_a_verdict_and_only_a_valid_value_needs_no_reason(kind, text):
    found = judge(kind, text)
    assert (found.verdict == "valid") == (found.reason == "")
    assert found.reason in get_args(Reason)
