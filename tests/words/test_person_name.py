"""Names are shown as their owners write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.person_name import (
    comparable_name,
    display_name,
    normalise_name,
    split_name,
    without_honorifics,
)


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


@pytest.mark.parametrize(
    ("comparable", "spellings"),
    [
        ("obrien", ["O'Brien", "O’BRIEN", "obrien"]),
        ("muller", ["Müller", "MÜLLER", "Muller", "Mu\u0308ller"]),
        ("anna lena", ["Anna-Lena", "Anna  Lena", "ANNA–LENA"]),
        ("lukasz", ["Łukasz", "łukasz"]),
        ("orsted", ["Ørsted"]),
        ("j p", ["J. P.", "J P"]),
        ("佐藤", ["佐藤", " 佐藤 "]),
        ("петр", ["Пётр", "ПЕТР"]),
        ("محمد", ["محمد"]),
        ("प्रिया", ["प्रिया"]),
        ("", ["", "-", "..."]),
    ],
)
def test_matching_compares_names_without_accents_and_punctuation_in_any_script(comparable, spellings):
    assert {comparable_name(text) for text in spellings} == {comparable}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Dr. Joe Smith", "Joe Smith"),
        ("Prof. Dr. Dipl.-Ing. Anna Schmidt", "Anna Schmidt"),
        ("Herr Müller", "Müller"),
        ("Frau Anna Schmidt", "Anna Schmidt"),
        ("Sr. Juan Pérez", "Juan Pérez"),
        ("Joe Smith, PhD", "Joe Smith"),
        ("Joe Smith M.B.A.", "Joe Smith"),
        ("Joe Smith Jr.", "Joe Smith Jr."),
        ("佐藤 健 様", "佐藤 健"),
        ("佐藤様", "佐藤"),
        ("Don Smith", "Don Smith"),
        ("Mr. Don Smith", "Don Smith"),
        ("Yo-Yo Ma", "Yo-Yo Ma"),
        ("Ing, Mei", "Ing, Mei"),
        ("Dr.", "Dr."),
        ("", ""),
    ],
)
def test_drops_what_is_said_before_and_after_a_name(text, name):
    assert without_honorifics(text) == name


@given(st.text())
def test_forms_for_matching_stay(text):
    assert comparable_name(comparable_name(text)) == comparable_name(text)
    assert without_honorifics(without_honorifics(text)) == without_honorifics(text)
