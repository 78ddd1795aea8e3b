"""Many spellings of a job's title, one standard text with level and function."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.cleaning import read_cleaning_table
from closeloop.words.title import Title, default_titles, normalise_title


@pytest.mark.parametrize(
    ("standard", "spellings"),
    [
        (Title("Vice President, Marketing", "vice president", "marketing"),
         ["VP Marketing", "V.P. Mktg", "Vice President, Marketing", "Vice President of Marketing", "Marketing VP"]),
        (Title("Chief Executive Officer", "c-level", "management"), ["CEO", "C.E.O.", "Chief Executive Officer"]),
        (Title("Director, Finance", "director", "finance"),
         ["Dir. Finance", "Finance Director", "Director of Finance", "DIRECTOR, FINANCE"]),
        (Title("Head of Sales", "head", "sales"), ["Sales Head", "Head of Sales"]),
        (Title("Information Technology Manager", "manager", "it"), ["IT Manager", "I.T. Mgr."]),
        (Title("Senior Software Engineer", "senior", "technology"), ["Sr. SWE", "Senior Software Engineer"]),
    ],
)  # fmt: skip
def test_every_spelling_of_a_title_has_one_standard_text(standard, spellings):
    assert {normalise_title(text) for text in spellings} == {standard}


def test_an_unknown_title_stays_as_given():
    assert normalise_title(" Wizard  of Light ") == Title("Wizard of Light")
    assert normalise_title("") == Title("")


def test_what_a_known_level_stands_over_stays_as_given():
    assert normalise_title("Dir. DevOps") == Title("Director, DevOps", "director")


def test_a_table_of_ones_own_goes_instead():
    own = read_cleaning_table("given,standard,level\nWizard *,Magician *,top\n", "own.csv")
    assert normalise_title("wizard of light", own) == Title("Magician of light", "top")
    assert normalise_title("CEO", own) == Title("CEO")


@pytest.mark.parametrize("filled", ["Marketing", "Foo Bar"])
def test_the_standard_texts_of_the_packaged_table_stay(filled):
    table = default_titles()
    standards = {line.standard.replace("*", filled) for line in (*table.exact.values(), *table.open)}
    assert {text for text in standards if normalise_title(text).standard != text} == set()


@given(st.text())
def test_any_text_is_read_without_an_error(text):
    assert isinstance(normalise_title(text), Title)
