"""What an organisation registered, told from hosts, addresses and suffixes of others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.domain import host_of, registrable_domain


@pytest.mark.parametrize(
    "text",
    ["acme.co.uk", "joe@acme.co.uk", "Joe@Shop.ACME.co.uk", "https://shop.acme.co.uk:8443/path?at=x@other.com",
     "http://user:word@www.acme.co.uk", "mailto:joe@acme.co.uk", "acme.co.uk.", " www.acme.co.uk/about "],
)  # fmt: skip
def test_every_address_of_an_organisation_leads_to_the_domain_that_it_registered(text):
    assert registrable_domain(text) == "acme.co.uk"


@pytest.mark.parametrize(
    "text", ["", "acme", "co.uk", "github.io", "127.0.0.1", "http://[::1]/", "Joe Smith", "n/a", "a..b.de", "x" * 9000]
)
def test_what_nobody_registered_has_none(text):
    assert registrable_domain(text) is None


def test_a_name_below_a_private_suffix_is_a_registrant_of_its_own():
    assert registrable_domain("joe@acme.github.io") == "acme.github.io"


def test_a_domain_beyond_ascii_is_given_as_name_servers_know_it():
    assert registrable_domain("www.Müller.de") == registrable_domain("xn--mller-kva.de") == "xn--mller-kva.de"


def test_the_host_keeps_what_is_below_the_domain():
    assert host_of("https://Shop.Acme.example/x") == "shop.acme.example"


@given(st.text())
def test_any_text_is_read_without_an_error_and_a_domain_stays_what_it_is(text):
    domain = registrable_domain(text)
    assert domain is None or registrable_domain(domain) == registrable_domain(f"joe@{domain}") == domain
