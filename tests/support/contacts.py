"""Business contacts with known duplicates, made by chance from one seed: for tests that need more than a small cast."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from closeloop.matching.nouns import Given

FIRST = (
    "Robert",
    "William",
    "Elizabeth",
    "Margaret",
    "Joseph",
    "Anna",
    "Kenji",
    "Иван",
    "李",
    "Zoë",
    "Anders",
    "Maria",
)
SHORT = {"Robert": "Bob", "William": "Bill", "Elizabeth": "Liz", "Margaret": "Peggy", "Joseph": "Joe"}
LAST = (
    "Smith",
    "Sato",
    "van Dyck",
    "O'Brien",
    "Müller",
    "Петров",
    "王",
    "Garcia",
    "Nguyen",
    "Okafor",
    "Lindqvist",
    "Ito",
)
COMPANIES = (
    "Acme Corp.",
    "Kyushu Denki",
    "Hafen Logistik GmbH",
    "Blue River Ltd",
    "Nordic Steel Works AB",
    "Tanaka Foods",
)
CITIES = ("Berlin", "Osaka", "Leeds", "Oslo", "", "")
FIELDS = ("first_name", "last_name", "name", "email", "phone", "title", "company", "city", "country")


def made_contacts(n: int, seed: int = 7) -> list[Given]:
    """N contacts, a third of them a changed copy of an earlier one; some share an office's phone or a role mailbox."""
    chance = random.Random(seed)
    made: list[Given] = []
    while len(made) < n:
        if made and chance.random() < 0.33:
            made.append(_changed(chance.choice(made), chance))
        else:
            made.append(_new(chance, len(made)))
    return made


def generated_contacts(shared: Path, n: int, out: Path) -> pa.Table:
    """N contacts by ../shared/tools/generate_contacts.py."""
    script = shared / "tools" / "generate_contacts.py"
    subprocess.run([sys.executable, str(script), str(n), str(out)], check=True, capture_output=True)
    return pq.read_table(out)


def table_of(contacts: list[Given]) -> pa.Table:
    """The contacts as the batch takes them."""
    columns = {name: [getattr(contact, name) or None for contact in contacts] for name in FIELDS}
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def contacts_of(table: pa.Table) -> list[Given]:
    """A table as real time takes it, record by record."""
    named = [name for name in FIELDS if name in table.column_names]
    return [Given(**{name: row[name] or "" for name in named}) for row in table.select(named).to_pylist()]


def _new(chance: random.Random, number: int) -> Given:
    first, last, company = chance.choice(FIRST), chance.choice(LAST), chance.choice(COMPANIES)
    domain = company.split()[0].lower() + ".example"
    mailbox = chance.choice([f"{first}.{last}", f"{first}{number}", "info", f"p{number}"]).lower().replace(" ", "")
    office = f"+49 30 55512{COMPANIES.index(company)}"
    phone = chance.choice([office, f"+49 171 {4_000_000 + number}", "", "n/a"])
    email = chance.choice([f"{mailbox}@{domain}", f"{mailbox}@gmail.com", "n/a", ""])
    if chance.random() < 0.2:
        return Given(name=f"{last}, {first}", email=email, phone=phone, company=company)
    return Given(first, last, "", email, phone, chance.choice(["CEO", "Buyer", ""]), company, chance.choice(CITIES))


def _changed(contact: Given, chance: random.Random) -> Given:
    change = chance.randrange(7)
    if change == 0:
        return replace(contact, first_name=SHORT.get(contact.first_name, contact.first_name[:1]))
    if change == 1:
        return replace(contact, first_name=contact.last_name, last_name=contact.first_name)
    if change == 2:
        return replace(contact, email=contact.email.replace("@", "+web@").upper())
    if change == 3:
        return replace(contact, company=chance.choice(COMPANIES), email="")
    if change == 4:
        return replace(contact, last_name=contact.last_name[:-1] + "x", phone="")
    if change == 5:
        return replace(contact, phone=contact.phone.replace("+49 ", "0"))
    return contact
