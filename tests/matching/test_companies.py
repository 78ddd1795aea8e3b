"""A lead finds its account, a question stays a question, and a part of a company is not the company."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.matching.companies import CompanyIndex, account_keys, choose_account
from closeloop.matching.companies_keys import company_keys, is_broad
from closeloop.matching.companies_ties import Account, tie_breakers
from closeloop.matching.companies_weigh import read_wanted
from closeloop.words.errors import BadInput

ACME = Account("acme", ("Acme Robotics GmbH", "Acme Automation"), ("acme.example",), "DE")
KYUSHU = Account("kyushu", ("Kyushu Denki K.K.", "九州電気株式会社"), ("kyushu.example",), "JP")
GOLDMAN = Account("goldman", ("The Goldman Sachs Group, Inc.",), ("gs.example",), "US")
TRUST = Account("trust", ("Goldman Sachs Mortgage Loan Trust",), (), "US", parent_id="goldman")
MOTORS = Account("motors", ("International Motors Leasing",), ("motors.example",), "GB")
ALL = (ACME, KYUSHU, GOLDMAN, TRUST, MOTORS)


def find(*accounts, breakers=(), **said):
    return CompanyIndex(accounts or ALL, tie_breakers(breakers)).find(**said)


@pytest.mark.parametrize(
    ("said", "account"),
    [
        ({"email": "joe@acme.example"}, "acme"), ({"email": "joe@mail.acme.example"}, "acme"),
        ({"website": "https://www.acme.example/contact"}, "acme"),
        ({"company": "ACME ROBOTICS"}, "acme"), ({"company": "acme automation"}, "acme"),
        ({"company": "Acme Robotiks", "email": "joe@gmail.com"}, "acme"),
        ({"company": "Acme Robotics Germany"}, "acme"),
        ({"company": "九州電気"}, "kyushu"), ({"company": "Goldman Sachs"}, "goldman"),
        ({"company": "Goldman Sachs Mortgage Loan Trust"}, "trust"),
        ({"company": "n/a", "email": "joe@acme.example"}, "acme"),
        ({"company": "Head office", "email": "joe@acme.example"}, "acme"),
    ],
)  # fmt: skip
def test_finds_the_account_by_domain_by_name_and_by_a_name_with_a_slip(said, account):
    match = find(**said)
    assert (match.band, match.account_id) == ("same", account)
    assert match.why
    assert match.candidates[0].evidence


@pytest.mark.parametrize(
    "said",
    [
        {}, {"email": "joe@gmail.com"}, {"email": "x@mailinator.com"}, {"company": "xxx"}, {"company": "Volkswagen"},
        {"email": "joe@nobody.example"}, {"website": "nobody.github.io"}, {"website": "github.io"},
    ],
)  # fmt: skip
def test_finds_none_where_nothing_speaks_for_one(said):
    assert find(**said).band == "none"


def test_free_mail_never_leads_to_an_account_that_was_given_its_domain():
    assert find(Account("one", ("One",), ("gmail.com",)), email="joe@gmail.com").band == "none"


def test_a_part_of_a_company_is_related_to_it_and_not_the_same():
    match = find(ACME, GOLDMAN, company="Goldman Sachs Mortgage Loan Trust")
    assert (match.band, match.account_id) == ("none", None)
    assert match.candidates[0].account_id == "goldman"
    assert "does not say “mortgage loan trust”" in match.why


def test_a_shortened_name_is_a_question():
    match = find(ACME, TRUST, company="Goldman Sachs")
    assert (match.band, match.account_id, match.candidates[0].account_id) == ("ask", None, "trust")


def test_initials_alone_are_a_question_and_with_the_domain_they_agree():
    assert find(company="IML").band == "ask"
    assert find(company="IML", email="joe@motors.example").candidates[0].grade.name == "DOMAIN_AND_NAME"


def test_a_domain_and_a_company_that_name_two_accounts_are_a_question():
    match = find(company="Kyushu Denki", email="joe@acme.example")
    assert (match.band, {each.account_id for each in match.candidates}) == ("ask", {"acme", "kyushu"})


def test_a_slip_beside_another_domain_is_a_question():
    assert find(company="Acme Robotiks").band == "same"
    assert find(company="Acme Robotiks", email="joe@robotiks.example").band == "ask"


def test_a_domain_that_is_called_like_the_company_speaks_for_it():
    assert find(email="joe@acme-automation.com").band == "ask"
    assert find(company="Acme Robotiks", email="joe@acme-robotics.com").band == "same"


TWINS = (
    Account("berlin", ("Acme GmbH",), ("acme.example",), "DE", "top", {"n_contacts": 4, "opened": 2}),
    Account("top", ("Acme Inc.",), ("acme.example",), "US", None, {"n_contacts": 9}),
    Account("paris", ("Acme SA",), ("acme.example",), "FR", "top", {"n_contacts": 9, "opened": 1}),
)


@pytest.mark.parametrize(
    ("breakers", "country", "account"),
    [
        ([], "DE", None), (["same country"], "Germany", "berlin"), (["same country"], "NO", None),
        (["same country"], None, None), (["top of hierarchy"], None, "top"), (["most n_contacts"], None, None),
        (["most n_contacts", "top of hierarchy"], None, "top"), (["most n_contacts", "same country"], "FR", "paris"),
        (["least opened"], None, "paris"), (["most nothing_known", "same country"], "DE", "berlin"),
    ],
)  # fmt: skip
def test_only_a_declared_tie_breaker_chooses_among_equals(breakers, country, account):
    match = find(*TWINS, breakers=breakers, email="joe@acme.example", country=country)
    assert (match.band, match.account_id) == ("same" if account else "ask", account)
    if account:
        assert any(name in match.why for name in breakers)
    else:
        assert match.why.startswith(("2 accounts", "3 accounts"))


def test_the_legal_form_that_was_said_tells_equal_names_apart():
    assert find(*TWINS, company="Acme SA").account_id == "paris"
    assert find(*TWINS, company="Acme").band == "ask"


@pytest.mark.parametrize("name", ["", "oldest", "most", "least ", "Same country"])
def test_an_unknown_tie_breaker_is_refused(name):
    with pytest.raises(BadInput, match="is no tie-breaker; valid are 'same country'"):
        tie_breakers([name])


def test_keys_of_a_database_find_what_the_index_finds():
    said = [("Acme Robotiks", ""), ("", "joe@acme.example"), ("Goldman Sachs", ""), ("九州電気", ""), ("IML", "")]
    for company, email in said:
        wanted = read_wanted(company, email, "", None)
        keys = {*wanted.strong_keys, *wanted.broad_keys}
        found = [account for account in ALL if keys & set(account_keys(account))]
        assert choose_account(wanted, found) == find(company=company, email=email)


def test_keys_tell_domain_label_name_words_and_sound():
    keys = company_keys("Acme Robotics GmbH", "joe@mail.acme.example")
    assert {"domain:acme.example", "label:acme", "name:acmerobotics", "words:acme robotics", "word:acme"} <= set(keys)
    assert {key for key in keys if not is_broad(key)} == {
        "domain:acme.example", "label:acme", "name:acmerobotics", "label:acmerobotics", "name:acmeroboticsgmbh",
    }  # fmt: skip
    assert company_keys("", "joe@gmail.com") == company_keys("", None) == ()


@given(st.permutations(ALL), st.sampled_from(["Goldman Sachs", "Acme", "Kyushu Denki", "IML", "Acme Robotiks", "zzz"]))
def test_the_order_of_accounts_does_not_matter(accounts, company):
    assert find(*accounts, company=company) == find(company=company)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_said_gets_an_answer_and_only_same_names_an_account(company, email, website):
    match = CompanyIndex(ALL).find(company, email, website)
    assert (match.account_id is not None) == (match.band == "same")
