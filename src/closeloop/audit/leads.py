"""Leads that the CRM already has: as a contact, or by the account of their company, by the matcher that routes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from closeloop.audit.base import Base, Entry
from closeloop.audit.companies import Houses
from closeloop.audit.nouns import FileRead, LeadMatch, LeadToAccount
from closeloop.audit.systems import CRM
from closeloop.matching.companies import AccountMatch, CompanyIndex
from closeloop.matching.companies_ties import Account, tie_breakers

_EXAMPLES = 3


def leads(base: Base, houses: Houses, files: Sequence[FileRead], accounts: Sequence[Entry]) -> LeadToAccount | None:
    """What leads belong to, when the files hold both leads and what they may belong to.

    Contacts are the records of files that hold contacts, and without one all of the CRM; everybody else is a lead.
    Accounts come from files of accounts, and without one from the companies of the contacts.
    """
    is_lead = _who_are_leads(files)
    led = [row for row, entry in enumerate(base.entries) if is_lead(entry)]
    contacts = [row for row, entry in enumerate(base.entries) if not is_lead(entry)]
    if not led or not (contacts or accounts):
        return None
    known = list(_told(accounts) if accounts else _of_contacts(houses, is_lead))
    names = {account.account_id: account.names[0] if account.names else account.domains[0] for account in known}
    find = _finder(known)
    contact_of = {base.matched.cluster[row]: row for row in reversed(contacts)}
    counted: Counter[str] = Counter()
    examples: dict[str, list[LeadMatch]] = {"contact": [], "same": [], "ask": []}
    for cluster in dict.fromkeys(base.matched.cluster[row] for row in led):
        row = base.kept([row for row in base.people[cluster] if is_lead(base.entries[row])])
        contact, found = contact_of.get(cluster), find(base.entries[row])
        outcome = "contact" if contact is not None else found.band
        counted[outcome] += 1
        if outcome != "none" and len(examples[outcome]) < _EXAMPLES and found.candidates:
            account = names[found.account_id or found.candidates[0].account_id]
            shown = None if contact is None else base.shown(contact)
            examples[outcome].append(LeadMatch(base.shown(row), shown, account, outcome, found.why))
    return LeadToAccount(
        counted.total(), counted["contact"], counted["same"], counted["ask"], counted["none"], len(known),
        "those in the file of accounts" if accounts else "the companies of the contacts",
        tuple(match for shown in examples.values() for match in shown),
    )  # fmt: skip


def _who_are_leads(files: Sequence[FileRead]) -> Callable[[Entry], bool]:
    people = [file for file in files if file.holds != "accounts"]
    told = {file.name for file in people if file.holds == "contacts" or (file.holds == "people" and file.system == CRM)}
    contacts = told or {file.name for file in people if file.system == CRM and len(people) > 1}
    return lambda entry: entry.file not in contacts


def _told(accounts: Sequence[Entry]) -> Iterator[Account]:
    for number, entry in enumerate(accounts):
        names = tuple(filter(None, [entry.given.company]))
        if names or entry.domain:
            yield Account(f"{number}", names, tuple(filter(None, [entry.domain])))


def _of_contacts(houses: Houses, is_lead: Callable[[Entry], bool]) -> Iterator[Account]:
    for company, rows in houses.rows.items():
        entries = [entry for row in rows if not is_lead(entry := houses.base.entries[row])]
        names = Counter(entry.given.company for entry in entries if entry.company)
        domains = Counter(entry.domain for entry in entries if entry.domain)
        if entries:
            yield Account(
                f"{company}", tuple(name for name, _ in names.most_common(3)), tuple(domains),
                facts={"n_contacts": float(len(entries))},
            )  # fmt: skip


def _finder(known: Sequence[Account]) -> Callable[[Entry], AccountMatch]:
    index = CompanyIndex(known, tie_breakers(["most n_contacts"]))

    @lru_cache(maxsize=65_536)
    def found(company: str, domain: str, country: str) -> AccountMatch:
        return index.find(company, website=domain, country=country)

    return lambda entry: found(entry.given.company, entry.domain, entry.given.country)
