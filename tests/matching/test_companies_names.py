"""What one company name is to another, word by word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.matching.companies_names import company_name, compare_names, initials


def relation(left, right, country=None):
    return compare_names(company_name(left), company_name(right), country).relation


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("Acme Robotics GmbH", "acme robotics", "equal"),
        ("The Acme Company", "Acme, Inc.", "equal"),
        ("Good Will Company", "Goodwill", "equal"),
        ("SiemensAG", "Siemens AG", "equal"),
        ("OAO Gazprom", "Open Joint Stock Company Gazprom", "equal"),
        ("First Bank Int'l", "1st Bank International", "equal"),
        ("Trust Bank Sumitomo", "Sumitomo Trust Bank", "equal"),
        ("Acme Fund III", "Acme Fund 3", "equal"),
        ("Thales Nederland B.V., Hengelo, NL", "Thales Nederland", "equal"),
        ("Müller & Söhne", "Muller und Sohne", "equal"),
        ("Siemens Roboticks", "Siemens Robotics", "alike"),
        ("Nanshan Group", "Nanshan", "alike"),
        ("Exxor Mobil", "Exxon Mobil", "close"),
        ("Sencora", "Cencora", "close"),
        ("Schlumberger Tech", "Schlumberger Technology", "close"),
        ("Blackstone Partners V L.P.", "Blackstone Partners VI L.P.", "series"),
        ("Mortgage Trust 2004-1", "Mortgage Trust 2004-2", "series"),
        ("Goldman Sachs", "Goldman Sachs Mortgage Loan Trust", "part"),
        ("Bowne Solutions", "Bowne Solutions II", "part"),
        ("Goldman Sachs Mortgage Loan Trust", "Goldman Sachs", "whole"),
        ("Banco Santander México", "Banco Santander", "whole"),
        ("Volkswagen AG", "Siemens AG", "different"),
        ("Bank of China (Singapore)", "Bank of China (Australia)", "different"),
        ("BWI Industries", "BAE Industries", "different"),
        ("BD plc", "BP plc", "different"),
        ("九州電気", "九州電力", "different"),
        ("", "", "different"),
        ("Acme", "", "different"),
        ("Holding GmbH", "Group Inc.", "different"),
        ("Holding GmbH", "Acme Holding", "part"),
        ("Goldman Sachs Loan Trust", "Goldman Sachs Group", "whole"),
    ],
)
def test_tells_in_which_way_two_names_differ(left, right, expected):
    assert relation(left, right) == expected


def test_a_name_with_its_own_country_is_the_same_and_with_another_it_is_more():
    assert relation("Acme Germany", "Acme GmbH", "DE") == "equal"
    assert relation("Acme Germany", "Acme Inc.", "US") == "whole"


def test_says_what_differs():
    found = compare_names(company_name("Goldman Sachs"), company_name("Goldman Sachs Loan Trust"))
    assert found.why == "the account's name says “loan trust” as well"


def test_initials_need_three_words():
    assert initials(company_name("International Business Machines Corp.")) == "ibm"
    assert initials(company_name("Acme Robotics")) == ""


NAMES = st.text(max_size=30) | st.lists(
    st.sampled_from(
        ["Acme", "Acme", "Robotics", "Robotiks", "II", "III", "Group", "GmbH", "of", "the", "&", "2004", "東京"]
    )
).map(" ".join)
MIRROR = {"part": "whole", "whole": "part"}


@given(NAMES, NAMES)
def test_the_other_way_round_part_and_whole_change_places_and_nothing_else_does(left, right):
    found = relation(left, right)
    assert relation(right, left) == MIRROR.get(found, found)


@given(NAMES)
def test_a_name_is_equal_to_itself(text):
    name = company_name(text)
    assert compare_names(name, name).relation == ("equal" if name.squashed else "different")
