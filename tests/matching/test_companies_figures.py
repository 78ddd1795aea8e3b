"""The figures of lead to account on sets that others made, with known answers."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pyarrow.parquet
import pytest

from closeloop.matching.companies import CompanyIndex
from closeloop.matching.companies_names import company_name, compare_names
from closeloop.matching.companies_ties import Account
from closeloop.words.mailbox import company_domain
from support.contacts import generated_contacts


@pytest.fixture(scope="module")
def generated(shared, tmp_path_factory):
    """Leads as (company, email, true account), and the accounts by legal name, domain and country."""
    contacts = tmp_path_factory.mktemp("generated") / "g.parquet"
    generated_contacts(shared, 12_000, contacts)
    leads = _rows(contacts, "company", "email", "company_id")
    companies = _rows(contacts.with_name("g_companies.parquet"), "cid", "legal", "domain", "cc")
    accounts = [Account(str(cid), (legal,), (domain,), country) for cid, legal, domain, country in companies]
    return [(company or "", email or "", str(truth)) for company, email, truth in leads], accounts


def test_generated_leads_find_their_accounts(generated):
    leads, accounts = generated
    # A lead without company and with a private address or none says nothing that could lead to an account.
    says = [lead for lead in leads if lead[0] or company_domain(lead[1])]
    bands = _bands(CompanyIndex(accounts), says)
    precision = bands["right"] / (bands["right"] + bands["wrong"])
    recall = bands["right"] / len(says)
    print(f"precision {precision:.4f}, recall {recall:.4f}, ask {bands['ask'] / len(says):.4f}")
    assert precision >= 0.998
    assert recall >= 0.98
    assert bands["right"] / len(leads) >= 0.965


def test_generated_leads_of_companies_without_an_account_are_left_alone(generated):
    leads, accounts = generated
    known = [account for account in accounts if int(account.account_id) % 2]
    strangers = [lead for lead in leads if int(lead[2]) % 2 == 0][:2000]
    bands = _bands(CompanyIndex(known), strangers)
    print(f"taken for another's account {bands['wrong'] / len(strangers):.4f}, ask {bands['ask'] / len(strangers):.4f}")
    assert bands["wrong"] <= 0.002 * len(strangers)


def test_spellings_of_patent_offices_lead_to_their_organisation(shared):
    rows = _csv(shared / "data/company_names/patstat_reference.csv")
    known = defaultdict(list)
    for row in rows[::2]:
        known[row["leuven_id"]].append(row["person_name"])
    index = CompanyIndex([Account(org, tuple(dict.fromkeys(names))) for org, names in known.items()])
    asked = [(row["person_name"], "", row["leuven_id"]) for row in rows[1::2] if row["leuven_id"] in known]
    bands = _bands(index, asked)
    print(
        f"look-up: precision {bands['right'] / (bands['right'] + bands['wrong']):.4f}, F1 {_f1(bands, len(asked)):.4f}"
    )
    assert _f1(bands, len(asked)) >= 0.985


def test_adversarial_pairs_of_organisations_are_told_apart(shared):
    rows = _csv(shared / "data/company_names/nomenklatura_name_bench_cases.csv")
    pairs = [row for row in rows if row["schema"] in ("Company", "Organization", "LegalEntity")]
    found = Counter(
        (compare_names(company_name(row["name1"]), company_name(row["name2"])).relation, row["is_match"] == "true")
        for row in pairs
    )
    # Two names that differ in more than a slip, or in the number of a series, are the same or a question to a person.
    accepted = {"equal", "alike", "close", "series"}
    right = sum(n for (relation, is_match), n in found.items() if relation in accepted and is_match)
    wrong = sum(n for (relation, is_match), n in found.items() if relation in accepted and not is_match)
    n_true = sum(n for (_, is_match), n in found.items() if is_match)
    print(f"pairs: same or ask, F1 {2 * right / (right + wrong + n_true):.4f}, precision {right / (right + wrong):.4f}")
    assert len(pairs) >= 260
    assert 2 * right / (right + wrong + n_true) >= 0.86
    assert found["equal", False] + found["alike", False] <= 2


def _bands(index, leads):
    bands: Counter[str] = Counter()
    for company, email, truth in leads:
        match = index.find(company, email)
        bands[match.band if match.band != "same" else "right" if match.account_id == truth else "wrong"] += 1
    return bands


def _f1(bands, n):
    return 2 * bands["right"] / (bands["right"] + bands["wrong"] + n)


def _csv(path: Path):
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _rows(path: Path, *columns):
    table = pyarrow.parquet.read_table(path, columns=list(columns)).to_pydict()
    return list(zip(*(table[name] for name in columns), strict=True))
