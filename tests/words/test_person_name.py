"""Names are shown as their owners write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.person_name import display_name, normalise_name, split_name


def test_shows_the_name_as_given_but_for_blanks():
    assert display_name("  joe \t Mac\u00a0Donald\x00\n") == "joe Mac Donald"


def test_compares_without_case_width_and_blanks_but_with_accents():
    assert normalise_name(" JOSÉ  Ｐérez") == normalise_name("Jose\u0301 pérez")
    assert normalise_name("José") != normalise_name("Jose")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Joe Smith", "Joe", "Smith"),
        ("Smith, Joe", "Joe", "Smith"),
        ("van Dyck, Anna Maria", "Anna Maria", "van Dyck"),
        ("Anna Maria Schmidt", "Anna Maria", "Schmidt"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("Maria de la Cruz", "Maria", "de la Cruz"),
        ("Martin Luther King Jr.", "Martin Luther", "King Jr."),
        ("Martin King, Jr.", "Martin", "King, Jr."),
        ("joe van smith", "joe van", "smith"),
        ("Sato", "", "Sato"),
        ("佐藤 健", "佐藤", "健"),
        ("", "", ""),
        (",", "", ","),
    ],
)
def test_splits_first_and_last_name(text, first, last):
    assert split_name(text) == (first, last)


@given(st.text().filter(lambda text: "," not in text))
def test_splitting_loses_nothing(text):
    assert " ".join(filter(None, split_name(text))) == display_name(text)


@given(st.text())
def test_normal_forms_of_names_stay(text):
    assert display_name(display_name(text)) == display_name(text)
    assert normalise_name(normalise_name(text)) == normalise_name(text) == normalise_name(display_name(text))
