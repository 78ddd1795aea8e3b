"""One mailbox has many spellings and one normal form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.email import Email, is_disposable, is_valid_email, normalise_email

SPELLINGS = [
    "joe@acme.example",
    "Joe@Acme.Example",
    "JOE@ACME.EXAMPLE",
    "  joe@acme.example\n",
    "joe+webinar@acme.example",
    "Joe+Trade+Fair@acme.example",
    "joe@acme.EXAMPLE\u00a0",
]
NO_ADDRESSES = [
    "", " ", "joe", "@acme.example", "joe@", "joe@acme", "joe@@acme.example", "joe@acme@acme.example",
    "joe smith@acme.example", "joe@acme .example", "joe@acme..example", "joe@.acme.example", "joe@acme.example.",
    ".joe@acme.example", "joe.@acme.example", "jo..e@acme.example", "joe@acme.example, sato@acme.example",
    "joe@acme.example;sato@acme.example", "Joe <joe@acme.example>", "mailto:joe@acme.example", '"joe"@acme.example',
    "jo\x00e@acme.example", "joe@acme\x00.example", "jo\te@acme.example", "joe@-acme.example", "joe@acme-.example",
    "joe@127.0.0.1", "joe@[127.0.0.1]", "joe@ac_me.example", "joe@acme.123", "j\u00a0oe@acme.example",
    "j\u202eoe@acme.example", "j\ud800oe@acme.example", "joe@\ud800.example", "joe@ß\u0000.example",
    "j" * 65 + "@acme.example", "j@" + "a" * 64 + ".example", "j@" + "a." * 130 + "example", "ü" * 33 + "@acme.example",
    "joe++@", "joe@acme.example\x00",
]  # fmt: skip
ADDRESSES = st.builds(
    "{}@{}.{}".format,
    st.from_regex(r"\A[a-zA-Z0-9]([a-zA-Z0-9+_'-]{0,20}[a-zA-Z0-9])?\Z"),
    st.sampled_from(["acme", "ACME", "müller", "Straße", "例え", "xn--mller-kva"]),
    st.sampled_from(["example", "de", "co.jp"]),
)


@pytest.mark.parametrize("text", SPELLINGS)
def test_every_spelling_of_a_mailbox_has_one_normal_form(text):
    assert normalise_email(text) == "joe@acme.example"


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_is_not_exactly_one_address_has_no_normal_form(text):
    assert normalise_email(text) is None
    assert not is_valid_email(text)
    assert not is_disposable(text)


def test_keeps_the_address_as_given_beside_the_normal_form():
    assert Email.read(" Joe+Fair@Acme.Example ") == Email("Joe+Fair@Acme.Example", "joe@acme.example")
    assert Email.read("joe") is None


def test_keeps_a_tag_that_is_the_whole_mailbox():
    assert normalise_email("+joe@acme.example") == "+joe@acme.example"


def test_dots_and_hyphens_name_different_mailboxes():
    assert len({normalise_email(text) for text in ("joe.smith@a.de", "joesmith@a.de", "joe-smith@a.de")}) == 3


def test_a_domain_beyond_ascii_is_the_same_in_both_scripts():
    assert normalise_email("joe@Müller.example") == normalise_email("joe@xn--mller-kva.example")


def test_composed_and_decomposed_letters_are_one_mailbox():
    assert normalise_email("jo\u0308rg@acme.example") == normalise_email("jörg@acme.example") == "jörg@acme.example"


def test_the_longest_address_is_254_octets():
    label = "a" * 63
    domain = f"{label}.{label}.{label}"
    assert is_valid_email(f"{'j' * 60}@{domain}.d")
    assert not is_valid_email(f"{'j' * 61}@{domain}.d")


def test_throw_away_domains_are_known_with_all_that_is_below_them():
    assert is_disposable("x@mailinator.com")
    assert is_disposable("X+y@eu.Mailinator.com")
    assert not is_disposable("joe@acme.example")
    assert not is_disposable("joe@notmailinator.com.example")


@given(ADDRESSES)
def test_normalising_twice_changes_nothing(text):
    normal = normalise_email(text)
    assert normal is not None
    assert normalise_email(normal) == normal


@given(st.text())
def test_any_text_is_read_without_an_error_and_normal_forms_stay(text):
    for candidate in (text, f"{text}@acme.example", f"joe@{text}.example"):
        normal = normalise_email(candidate)
        assert normal is None or normalise_email(normal) == normal
