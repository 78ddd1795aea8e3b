"""Settings are numbers and addresses, or refused with what would be valid."""

from __future__ import annotations

import pytest

from closeloop.words.errors import BadInput
from closeloop.words.settings import number, web_address


def test_a_number_is_read_and_its_default_holds_when_it_is_not_given():
    assert number("crm", {"timeout_seconds": "2.5"}, "timeout_seconds", 30) == 2.5
    assert number("crm", {}, "timeout_seconds", 30) == 30


@pytest.mark.parametrize("given", ["soon", "0", "-1", "nan", "inf", ""])
def test_what_is_no_number_above_nought_is_refused_with_what_is_valid(given: str):
    with pytest.raises(BadInput, match=r"crm: page_size = .*; valid is a number above 0, such as 2000"):
        number("crm", {"page_size": given}, "page_size", 2000)


def test_nought_will_do_where_it_means_something():
    assert number("crm", {"look_back_seconds": "0"}, "look_back_seconds", 120, nought=True) == 0
    with pytest.raises(BadInput, match="valid is a number from 0, such as 120"):
        number("crm", {"look_back_seconds": "-1"}, "look_back_seconds", 120, nought=True)


def test_an_address_of_http_is_taken_as_it_is():
    assert web_address("crm", {"url": " https://a.example/x "}) == "https://a.example/x"


@pytest.mark.parametrize("given", ["ftp://a.example", "a.example", "https://", "http://[::1", "//a.example"])
def test_what_is_no_address_of_http_is_refused(given: str):
    with pytest.raises(BadInput, match=r"crm: url = .*; valid is an address such as https://"):
        web_address("crm", {"url": given})
