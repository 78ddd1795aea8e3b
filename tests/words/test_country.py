"""Every country is found by its codes, its names and the usual variants."""

from __future__ import annotations

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.country import COUNTRIES, normalise_country


@pytest.mark.parametrize(
    ("alpha2", "spellings"),
    [
        ("NO", ["NO", "no", "NOR", "Norway", " norway ", "Norge", "NORWEGEN"]),
        ("DE", ["Deutschland", "germany", "GER\u00admany".replace("\u00ad", ""), "DEU", "Federal Republic of Germany"]),
        ("GB", ["UK", "U.K.", "GBR", "Great Britain", "England", "United Kingdom", "The United Kingdom"]),
        ("US", ["USA", "U.S.A.", "U.S.", "us", "United States of America", "the United States", "America"]),
        ("CI", ["Côte d'Ivoire", "Cote d’Ivoire", "Ivory Coast"]),
        ("KN", ["St. Kitts & Nevis", "Saint Kitts and Nevis", "st kitts and nevis"]),
        ("KR", ["Korea, Republic of", "South Korea", "대한민국"]),
        ("KP", ["North Korea", "DPRK", "Korea, Democratic People's Republic of"]),
        ("GR", ["EL", "Greece", "Ελλάδα", "ελλαδα"]),
        ("JP", ["日本", "Japan", "JPN"]),
        ("CZ", ["Czech Republic", "Czechia", "Česká republika"]),
        ("TR", ["Turkey", "Türkiye", "TURKIYE"]),
        ("AT", ["Österreich", "Oesterreich", "Austria"]),
        ("GW", ["Guinea-Bissau", "guinea bissau"]),
        ("CD", ["Congo, Democratic Republic of the", "DR Congo"]),
    ],
)
def test_finds_a_country_by_any_usual_spelling(alpha2, spellings):
    assert {normalise_country(text) for text in spellings} == {alpha2}


@pytest.mark.parametrize(
    "text", ["", " ", "XX", "Atlantis", "Virgin Islands", "Germany and Austria", "false", "\x00", "a" * 9999]
)
def test_what_names_no_country_is_none(text):
    assert normalise_country(text) is None


def test_the_table_has_every_code_of_iso_3166_and_kosovo():
    listed = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text(encoding="utf-8")
    official = {line.partition("\t")[0] for line in listed.splitlines() if line and not line.startswith("#")}
    assert {country.alpha2 for country in COUNTRIES} == official | {"XK"}
    assert len({country.alpha3 for country in COUNTRIES}) == len(COUNTRIES) == 250


def test_no_spelling_means_two_countries():
    for country in COUNTRIES:
        for text in (country.alpha2, country.alpha3, country.name, *country.also):
            assert normalise_country(text) == normalise_country(text.upper()) == country.alpha2, text


@given(st.text(max_size=30))
def test_any_text_is_read_without_an_error(text):
    found = normalise_country(text)
    assert found is None or normalise_country(found) == found
