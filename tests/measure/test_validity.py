"""Validity by source and field, and where the two sides agree, on both databases."""

from __future__ import annotations

import json

import pytest

from closeloop.measure.reports import REPORTS, answer
from support.side_window import Seed, at

PEOPLE = [f"0199e000-0000-7000-8000-0000000001{n:02}" for n in range(4)]


@pytest.fixture
def said(empty):
    seed = Seed()
    for person in PEOPLE:
        seed.person(person, at(1))
    twin = PEOPLE[0][:-1] + "f"
    seed.person(twin, at(1), root=PEOPLE[0])
    emails = ["joe@acme.example", "info@acme.example", "n/a", "ana@gmail.com"]
    for person, email in zip(PEOPLE, emails, strict=True):
        seed.value(person, "email", email, "crm.Email", at(2))
    seed.value(PEOPLE[0], "email", "old@acme.example", "crm.Email", at(1))
    seed.value(twin, "email", "joe@acme.example", "ma.email", at(2))
    seed.value(PEOPLE[1], "email", "other@acme.example", "ma.email", at(2))
    seed.value(PEOPLE[0], "title", "Plant Manager", "crm.Title", at(2))
    seed.value(PEOPLE[0], "title", "plant  manager", "ma.title", at(2))
    seed.value(PEOPLE[1], "title", "xxx", "ma.title", at(2))
    seed.value(PEOPLE[0], "owner", "005", "crm.OwnerId", at(2))
    seed.other(
        "verifications", entity_id=twin, field="email", value=json.dumps("joe@acme.example"), at=at(3), by="b2b@7",
        evidence="crm:1",
    )  # fmt: skip
    with empty.database.write() as connection:
        seed.write(connection)
    report = REPORTS["validity"]
    rows = [dict(zip((column.name for column in report.columns), row, strict=True)) for row in answer(report, empty)]
    return {(row.pop("source"), row.pop("field")): row for row in rows}


def test_the_latest_value_of_each_record_is_judged(said):
    crm = said["crm", "email"]
    assert (crm["values"], crm["valid"], crm["doubtful"], crm["invalid"]) == (4, 25.0, 50.0, 25.0)
    assert set(crm["reasons"].split(", ")) == {"placeholder 1", "role mailbox 1", "free mail 1"}


def test_a_value_that_an_outcome_confirmed_is_verified_for_every_source_that_says_it(said):
    assert said["crm", "email"]["verified"] == 25.0
    assert said["ma", "email"]["verified"] == 50.0
    assert said["ma", "title"]["verified"] == 0.0


def test_the_two_sides_agree_about_a_resolved_person_when_the_normal_forms_are_the_same(said):
    crm, ma = said["crm", "email"], said["ma", "email"]
    assert (crm["beside"], crm["both"], crm["agree"]) == ("ma", 2, 50.0)
    assert (ma["beside"], ma["both"], ma["agree"]) == ("crm", 2, 50.0)
    assert (said["crm", "title"]["both"], said["crm", "title"]["agree"]) == (1, 100.0)


def test_what_the_process_does_not_name_is_not_judged(said):
    assert set(said) == {("crm", "email"), ("crm", "title"), ("ma", "email"), ("ma", "title")}


def test_the_definition_tells_the_editions_of_the_lists():
    assert "publicsuffixlist 1." in REPORTS["validity"].definition.text
