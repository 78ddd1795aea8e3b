"""One company has one normal form, whatever its letterhead says."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.company import normalise_company


@pytest.mark.parametrize(
    ("normal", "spellings"),
    [
        ("acme", ["ACME", "Acme Corp", "acme corp.", "Acme, Inc.", " Acme  Corporation ", "Acme Co., Ltd.",
                  "ＡＣＭＥ", "Acmé"]),
        ("muller and sohne", ["Müller & Söhne GmbH & Co. KG", "Muller and Sohne", "MÜLLER AND SÖHNE GMBH AND CO. KG"]),
        ("akzo nobel", ["AKZO NOBEL N.V.", "* AKZO NOBEL NV", "Akzo Nobel N V", "Akzo-Nobel"]),
        ("siemens", ["Siemens AG", "Siemens Aktiengesellschaft", "SIEMENS A.G."]),
        ("九州電気", ["株式会社九州電気", "九州電気株式会社", "㈱九州電気", "九州電気 (株)", "九州電気"]),
        ("kyushu denki", ["Kyushu Denki K.K.", "Kyushu Denki Kabushiki Kaisha", "kyushu denki"]),
        ("jp morgan", ["J. P. Morgan", "J.P. Morgan Inc", "JP Morgan"]),
        ("philips gloeilampenfabrieken", ["Philips' Gloeilampenfabrieken", "Philips’ Gloeilampenfabrieken N.V."]),
    ],
)  # fmt: skip
def test_every_spelling_of_a_company_has_one_normal_form(normal, spellings):
    assert {normalise_company(text) for text in spellings} == {normal}


def test_different_companies_stay_different():
    names = ["Acme", "Acme Robotics", "Da Vinci GmbH", "Vinci SA", "AS Roma", "Roma AS", "ガス", "カス"]
    assert len({normalise_company(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("text", "normal"), [("AG", "ag"), ("Inc.", "inc"), ("株式会社", "株式会社"), ("!!!", "!!!"), ("&", "and")]
)
def test_a_name_is_never_left_empty(text, normal):
    assert normalise_company(text) == normal


@given(
    st.text(max_size=40)
    | st.lists(
        st.sampled_from(["Acme", "&", "Co.", "Ltd", "GmbH", "und", "KG", "S.", "A.", "é", "㈱", "'", "n", "v", "AG"])
    ).map(" ".join)
)
def test_normalising_twice_changes_nothing(text):
    normal = normalise_company(text)
    assert normalise_company(normal) == normal


def test_finds_most_of_the_patent_offices_spellings_of_one_company():
    table = Path(__file__).parents[3] / "shared/data/company_names/patstat_reference.csv"
    if not table.exists():
        pytest.skip("../shared/data/company_names is not here")
    spellings: dict[str, list[str]] = {}
    with table.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            spellings.setdefault(row["leuven_id"], []).append(row["person_name"])
    plain = sum(len({name.casefold() for name in names}) for names in spellings.values())
    normal = sum(len({normalise_company(name) for name in names}) for names in spellings.values())
    assert len(spellings) <= normal < 0.8 * plain
