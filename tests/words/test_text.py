"""Text is kept in one Unicode form without control characters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.text import clean, fold, fold_marks, has_unfit, one_line


def test_control_characters_go_and_line_ends_stay():
    assert clean(" a\x00b\x1f\x9f\ud800\u200b\ufeff\nc\td ") == "ab\nc\td"
    assert one_line(" a\x00\n  b ") == "a b"
    assert has_unfit("a\x00")
    assert not has_unfit(" a\n")


def test_folding_makes_one_of_case_and_width_and_keeps_what_marks_mean():
    assert fold("ＳＴＲＡẞＥ  Ⅸ") == "strasse ix"
    assert fold_marks("Ünïcödé Ελλάδα") == "unicode ελλαδα"
    assert fold_marks("ガス") == "ガス"
    assert fold_marks("हिन्दी") == "हिन्दी"


@given(st.text(st.characters()))
def test_every_form_stays_when_applied_twice(text):
    for form in (clean, one_line, fold, fold_marks):
        assert form(form(text)) == form(text)
        assert not has_unfit(form(text))
        form(text).encode()
