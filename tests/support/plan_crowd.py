"""A simulated Salesforce with everybody in it, duplicates too, and a simulated Marketo that knows every tenth of them.

Marketo's records differ from Salesforce's: some hold a title that is too long there, some a country that is not on its
list. The hub merges duplicates in Salesforce, writes to both, and tells Marketo of everybody else.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

from closeloop.connectors import marketo, salesforce
from closeloop.flow import Hub
from closeloop.process.load import load_files
from closeloop.process.nouns import Process
from closeloop.words.moment import SystemClock
from closeloop.words.normal import NORMAL_FORMS
from support.ends import merging
from support.prepared import opened
from support.road import b2b
from support.switch_on import Switch

EACH = 10
"""Of so many contacts one is in Marketo too."""
TOO_LONG, NOT_LISTED = 7, 11
"""Of so many of those one has a title that is too long for Salesforce, or a country that is not on its list."""
COUNTRIES = ("DE", "US", "GB")
_FIRST = ("Robert", "Elizabeth", "Joseph", "Anna", "Kenji", "Ingrid", "Anders", "Maria", "Pavel", "Chiara")
_LAST = ("Smith", "Sato", "Brand", "Keller", "Garcia", "Nguyen", "Okafor", "Lind", "Ito", "Rossi")
_ENDS = ("", "son", "mann", "berg", "ova", "dal")
Row = Mapping[str, Any]


def made_rows(n: int, twice: float, seed: int = 12) -> list[Row]:
    """N rows for `crowd`, a share of them somebody's second record: the same, without address, or misspelt.

    Some have the same name at two companies, so that what is merged may have to move to another account.
    """
    chance = random.Random(seed)
    rows: list[Row] = []
    for no in range(n):
        if rows and chance.random() < twice:
            one = chance.choice(rows)
            rows.append({**one, **chance.choice([{"email": None}, {"last_name": f"{one['last_name']}s"}, {}])})
            continue
        first, last, company = chance.choice(_FIRST), f"{chance.choice(_LAST)}{chance.choice(_ENDS)}", no % 40
        rows.append(
            {
                "first_name": first, "last_name": last, "email": f"{first}.{last}{no}@firm{company}.example".lower(),
                "phone": f"+49 171 {4_000_000 + no}", "title": chance.choice(("Buyer", "CTO", None)),
                "company": f"{_LAST[company % len(_LAST)]} {_LAST[company // len(_LAST)]} Works",
            }
        )  # fmt: skip
    return rows


@contextmanager
def crowd(url: str, rows: Sequence[Row]) -> Iterator[Switch]:
    """A hub on an empty database between both. `rows`: first_name, last_name, email, phone, title, company."""
    clock = SystemClock()
    with ExitStack() as stack:
        crm = stack.enter_context(salesforce.simulate(clock, {each.user: each.name for each in b2b().people}))
        ma = stack.enter_context(marketo.simulate(clock))
        crm.schema.set_choices("Contact", "MailingCountry", *COUNTRIES)
        seller = next(iter(crm.users.values()))
        companies = {name: crm.create_account(seller, Name=name) for name in {row["company"] for row in rows} if name}
        for row in rows:
            crm.create_contact(
                seller, FirstName=_cut(row["first_name"], 40), LastName=_cut(row["last_name"], 80) or "?",
                Email=_email(row), Phone=_cut(row["phone"], 40), Title=row["title"],
                AccountId=companies.get(row["company"]),
            )  # fmt: skip
        for n, row in enumerate(row for row in rows[::EACH] if _email(row)):
            said = {
                "firstName": row["first_name"], "lastName": row["last_name"], "email": _email(row),
                "company": row["company"], "title": "Head of " * 20 if n % TOO_LONG == 0 else f"Head of {row['title']}",
                "country": "FR" if n % NOT_LISTED == 0 else "DE",
            }  # fmt: skip
            ma.create_lead(**{name: value for name, value in said.items() if value is not None})
        ends = {"crm": salesforce.connect(crm.settings, clock), "ma": marketo.connect(ma.settings, clock)}
        for end in ends.values():
            stack.callback(end.close)
        database = opened(url)
        stack.callback(database.close)
        hub = Hub(database, _process(), clock)
        hub.begin()
        yield Switch(hub, ends, crm, ma)


@cache
def _process() -> Process:
    """The project's own, with merges in the CRM, and countries written to it."""
    files = merging("crm", writes="crm, ma").files
    said = files["b2b.yaml"].decode()
    narrow = "country:   {trust: [crm.Country, form.country, ma.country], write: [ma]"
    said = said.replace(narrow, narrow.replace("[ma]", "[crm, ma]"))
    return load_files({**files, "b2b.yaml": said.encode()}, "b2b.yaml")


def _cut(value: str | None, most: int) -> str | None:
    return value[:most] if value else None


def _email(row: Row) -> str | None:
    """Nobody takes an address that cannot be one."""
    return row["email"] if row["email"] and NORMAL_FORMS["email"](row["email"], None).valid else None
