"""What a column means is read from its name in many languages and from its values, and a change half-way is noticed."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from closeloop.tables.headings import MEANINGS, meaning_of
from closeloop.tables.look import look
from closeloop.tables.meanings import Meaning, columns_of, propose
from closeloop.tables.rows import rows
from closeloop.tables.sample import spread

FIRST = ("Joe", "Ann", "Kenji", "María", "Jörg", "Ida", "Tom", "Lena", "Omar", "Wei")
LAST = ("Smith", "Sato", "García", "Müller", "Dubois", "Okafor", "Ivanova", "Li", "Haddad")
FIRMS = ("Acme", "Kyushu Denki", "Globex", "Initech", "Umbrella", "Hooli", "Vandelay")
CITIES = ("Berlin", "Osaka", "Madrid", "Lyon", "Oslo", "Prague")


def people(n: int) -> list[dict[str, str]]:
    return [
        {
            "first": FIRST[i % 10], "last": LAST[i % 9], "firm": FIRMS[i % 7], "city": CITIES[i % 6],
            "email": f"p{i}@acme.example", "phone": f"+49 30 {100000 + i}",
            "country": ("DE", "Japan", "Spanien")[i % 3],
        }
        for i in range(n)
    ]  # fmt: skip


def meant(tmp_path: Path, header: Sequence[str], lines: Sequence[Sequence[str]]) -> dict[str, Meaning]:
    path = tmp_path / "people.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *lines])
    found = look(path)
    return {one.column: one for one in propose(found, spread(rows(found)))}


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        # Salesforce
        ("FirstName", "first_name"), ("MobilePhone", "mobile"), ("HasOptedOutOfEmail", "opted_out"),
        ("ConvertedContactId", "converted_contact_id"), ("Lead Owner", "owner"), ("Created By ID", "created_by"),
        ("Account Name", "company"), ("Case Safe ID", "id"), ("Work_Email__c", "email"),
        ("Account: Name", "company"), ("Lead: Email", "email"),
        # HubSpot
        ("Record ID", "id"), ("Create Date", "created_at"), ("Job Title", "title"),
        ("Lifecycle Stage", "lead_status"),
        ("Associated Company", "company"), ("Unsubscribed from all email", "opted_out"),
        ("properties.jobtitle", "title"),
        # Marketo, Eloqua, Dynamics, Pardot
        ("Email Address", "email"), ("Acquisition Program", "campaign"), ("C_EmailAddress", "email"),
        ("(Do Not Modify) Contact", "id"), ("emailaddress1", "email"), ("telephone1", "phone"),
        ("statuscode", "lead_status"), ("Prospect Account Id", "account_id"),
        ("CRM Contact FID", "converted_contact_id"),
        # other languages
        ("E-Mail-Adresse", "email"), ("Vorname", "first_name"), ("Straße", "street"), ("Prénom", "first_name"),
        ("Société", "company"), ("Correo electrónico", "email"), ("Apellidos", "last_name"), ("Cognome", "last_name"),
        ("メールアドレス", "email"), ("会社名", "company"), ("电子邮件", "email"), ("이메일", "email"),
        ("Телефон", "phone"), ("Imię", "first_name"), ("Şirket", "company"), ("Sähköposti", "email"),
        ("Frobnication level", None), ("", None), ("x" * 500, None),
    ],
)  # fmt: skip
def test_headings_of_vendors_and_languages_have_their_meaning(heading: str, meaning: str | None):
    assert meaning_of(heading) == meaning
    assert meaning in (None, *MEANINGS)


def test_a_plain_export_is_understood(tmp_path: Path):
    header = ("Vorname", "Nachname", "Firma", "Ort", "E-Mail", "Telefon", "Land")
    found = meant(tmp_path, header, [tuple(one.values()) for one in people(60)])
    assert columns_of(tuple(found.values())) == {
        "first_name": "Vorname", "last_name": "Nachname", "company": "Firma", "city": "Ort", "email": "E-Mail",
        "phone": "Telefon", "country": "Land",
    }  # fmt: skip
    assert all(one.sure and not one.warning for one in found.values())
    email = found["E-Mail"]
    assert (email.share, email.filled, set(email.tenths), len(email.samples)) == (1.0, 1.0, {1.0}, 3)
    assert "100% of the values look so" in email.why


def test_values_tell_what_a_mute_header_does_not(tmp_path: Path):
    lines = [(one["email"], one["country"], f"https://a{n}.example/x", "?") for n, one in enumerate(people(30))]
    found = meant(tmp_path, ("f1", "f2", "f3", "f4"), lines)
    assert [one.meaning for one in found.values()] == ["email", "country", "website", ""]
    assert "the name says nothing" in found["f1"].why


def test_a_name_that_its_values_deny_is_doubted(tmp_path: Path):
    lines = [(one["phone"], one["email"], "n/a") for one in people(30)]
    found = meant(tmp_path, ("Email", "Phone", "Country"), lines)
    assert {one.column: (one.meaning, one.sure) for one in found.values()} == {
        "Email": ("phone", False), "Phone": ("email", False), "Country": ("country", False),
    }  # fmt: skip
    assert "only 0% of the values look so" in found["Country"].why


def test_a_meaning_is_given_once_and_to_the_fuller_column(tmp_path: Path):
    lines = [("" if n % 2 else one["email"], one["email"]) for n, one in enumerate(people(20))]
    found = meant(tmp_path, ("Email", "Work email"), lines)
    assert columns_of(tuple(found.values())) == {"email": "Work email"}
    assert found["Email"].why == "reads as email too, which 'Work email' is"


def test_a_list_of_companies_calls_them_by_name(tmp_path: Path):
    lines = [("Acme", "acme.example"), ("Globex", "globex.example")]
    assert meant(tmp_path, ("Name", "Website"), lines)["Name"].meaning == "company"
    people_too = meant(tmp_path, ("Name", "Email", "Website"), [("Joe", "joe@acme.example", "acme.example")])
    assert people_too["Name"].meaning == "name"


def swapped(n: int, at: int, one: str, other: str) -> list[tuple[str, ...]]:
    table = people(n)
    for person in table[at:]:
        person[one], person[other] = person[other], person[one]
    return [tuple(person.values()) for person in table]


HEADER = ("First name", "Last name", "Company", "City", "Email", "Phone", "Country")


def test_columns_that_are_swapped_half_way_are_noticed_with_the_line(tmp_path: Path):
    found = meant(tmp_path, HEADER, swapped(1000, 500, "email", "phone"))
    assert "from about line 502 on the values are no email; there it stands in 'Phone'" in found["Email"].warning
    assert "from about line 502 on the values are no phone; there it stands in 'Email'" in found["Phone"].warning
    assert found["Email"].tenths == (1.0,) * 5 + (0.0,) * 5
    assert not found["Email"].sure
    assert [one.column for one in found.values() if one.warning] == ["Email", "Phone"]


def test_texts_that_change_places_are_noticed_by_what_recurs(tmp_path: Path):
    found = meant(tmp_path, HEADER, swapped(1000, 600, "first", "last"))
    assert "from about line 602 on what stood in 'Last name' stands here" in found["First name"].warning
    assert [one.column for one in found.values() if one.warning] == ["First name", "Last name"]


def test_control_a_file_in_order_and_one_with_gaps_warn_of_nothing(tmp_path: Path):
    assert not any(one.warning for one in meant(tmp_path, HEADER, swapped(1000, 1000, "email", "phone")).values())
    table = people(400)
    for person in table[200:]:
        person["email"] = ""
    assert not any(one.warning for one in meant(tmp_path, HEADER, [tuple(one.values()) for one in table]).values())


def test_the_sample_is_spread_over_the_whole_file(tmp_path: Path):
    path = tmp_path / "long.csv"
    path.write_text("id,name\n" + "".join(f"{n},x\n" for n in range(50_000)) + "1,2,3\n\n")
    sample = spread(rows(look(path)), n=100)
    assert (sample.n_rows, sample.n_refused, sample.n_blank, len(sample.refused)) == (50_000, 1, 1, 1)
    assert 100 <= len(sample.rows) < 200
    gaps = {later.line - row.line for row, later in zip(sample.rows, sample.rows[1:], strict=False)}
    assert len(gaps) == 1
