"""Mailboxes that no single person reads, and domains that name no employer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.words.email import is_disposable
from closeloop.words.mailbox import company_domain, is_free_mail, is_role_mailbox


@pytest.mark.parametrize(
    "local",
    ["info", "INFO", "sales", "contact", "office", "noreply", "no-reply", "do_not_reply", "info2", "info-uk",
     "sales.emea", "accounts.payable", "customer-service", "kontakt", "buero", "vertrieb-nord", "ventas", "contato",
     "segreteria", "verkoop", "biuro", "myynti", "eigyo", "service-client", "smithfamily12", "familie.schmidt",
     "the-smith-family", "famille.martin", "info+web"],
)  # fmt: skip
def test_a_role_or_household_is_known_by_its_local_part(local):
    assert is_role_mailbox(f"{local}@acme.example")


@pytest.mark.parametrize(
    "local",
    ["joe", "joe.smith", "jsmith2", "mary.sales", "may", "it.manager", "postman", "informatics", "teamsmith", "sato"],
)
def test_a_person_is_no_role(local):
    assert not is_role_mailbox(f"{local}@acme.example")


@pytest.mark.parametrize("text", ["", "info", "info@", "joe@", "n/a"])
def test_what_is_no_address_is_neither_role_nor_free(text):
    assert not is_role_mailbox(text)
    assert not is_free_mail(text)
    assert company_domain(text) is None


def test_free_mail_is_known_with_what_is_below_it():
    assert is_free_mail("joe@GMAIL.com")
    assert is_free_mail("joe@mail.gmx.de")
    assert not is_free_mail("joe@acme.example")
    assert not is_free_mail("joe@notgmail.com.example")


def test_neither_free_mail_nor_a_throw_away_domain_names_a_company():
    assert company_domain("joe@shop.acme.example") == "acme.example"
    assert company_domain("https://www.acme.example/") == "acme.example"
    assert company_domain("joe@gmail.com") is None
    assert company_domain("joe@mailinator.com") is None
    assert company_domain("joe@github.io") is None


@given(st.text())
def test_any_text_is_judged_without_an_error(text):
    for candidate in (text, f"{text}@acme.example"):
        is_role_mailbox(candidate)
        is_free_mail(candidate)
        company_domain(candidate)


def test_the_installed_lists_cover_the_reference_lists(shared):
    folder = shared / "data/email_domains"
    free = json.loads((folder / "free_email_domains.json").read_text(encoding="utf-8"))
    disposable = (folder / "disposable_email_blocklist.conf").read_text(encoding="utf-8").split()
    # The reference counts throw-away domains among the free ones; either judgement keeps an account away from them.
    assert sum(company_domain(f"x@{domain}") is None for domain in free) >= 0.94 * len(free)
    assert sum(is_disposable(f"x@{domain}") for domain in disposable) >= 0.999 * len(disposable)
    widespread = {"gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "gmx.de", "web.de", "qq.com"}
    assert all(is_free_mail(f"x@{domain}") for domain in widespread)
