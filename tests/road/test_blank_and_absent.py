"""F4: what is blank or absent in one system never writes over what another one, or the same one, has said."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import product

import pytest

from closeloop.ports import Record, Value
from closeloop.record import report
from closeloop.words.normal import Normal
from support.road import Road, batch_receipt, event, page_of, road_on
from support.sides.process import of_salesforce
from support.sides.world import Sides, salesforce_sides, tryton_sides

ABSENT = object()
NOTHING = (ABSENT, None, "", "   ")
SOURCES = ("crm", "ma", "form")
FIELDS = {  # our field → its name at each source, and a value: a rule of each kind (newest, order of trust, one yes)
    "title": ({"crm": "Title", "ma": "title", "form": "title"}, "CTO"),
    "name": ({"crm": "Name", "ma": "name", "form": "name"}, "Joe Miller"),
    "opted_out": ({"crm": "HasOptedOutOfEmail", "ma": "unsubscribed"}, True),
}
CASES = [
    (field, first, second, state)
    for field, first, second, state in product(FIELDS, SOURCES, SOURCES, NOTHING)
    if {first, second} <= FIELDS[field][0].keys() and not (field == "opted_out" and isinstance(state, str))
]


@pytest.fixture
def road(database_url: str):
    with road_on(database_url, of_salesforce()) as road:
        yield road


def says(road: Road, cases: list[tuple[int, str, str, object]]) -> None:
    """Each person's source says something of a field: a value, blank, or nothing of it at all."""
    now = road.clock.now()
    pages: dict[str, list[Record]] = {"crm": [], "ma": []}
    events = []
    for n, source, field, value in cases:
        email, theirs = f"p{n}@number{n}.example", FIELDS[field][0][source]
        said: dict[str, Value] = {} if value is ABSENT else {theirs: value}
        if source == "form":
            events.append(event("form.submitted", f"{n}-{now:%H%M}", now, email=email, **said))
            continue
        name, address = ("Contact", "Email") if source == "crm" else ("Lead", "email")
        pages[source].append(Record(name, f"{source}{n}", "person", now, {address: email, **said}))
    for source, records in pages.items():
        road.hub.take_in([page_of(records, now, source)])
    if events:
        road.hub.take_in([batch_receipt(events, now)])
    road.decide()


def winners(road: Road) -> dict[tuple[object, object], object]:
    rows = road.rows("SELECT entity_id, field, value FROM winners WHERE field IN ('title', 'name', 'opted_out')")
    return {(entity, field): value for entity, field, value in rows}


def told_in_all_ways(road: Road) -> tuple[dict, dict]:
    """Winners after a first source gave each a value, and after a second one said nothing of it."""
    says(road, [(n, first, field, FIELDS[field][1]) for n, (field, first, _, _) in enumerate(CASES)])
    before = winners(road)
    road.clock.advance(timedelta(hours=1))
    says(road, [(n, second, field, state) for n, (field, _, second, state) in enumerate(CASES)])
    return before, winners(road)


def test_blank_and_absent_take_nothing_from_anybody(road: Road):
    before, after = told_in_all_ways(road)
    assert len(before) >= len(CASES)
    assert {key: after.get(key) for key in before} == before
    written = [json.loads(str(fields)) for (fields,) in road.rows("SELECT fields FROM commands WHERE verb = 'update'")]
    blank = [fields for fields in written if any(value in (None, "") for value in fields.values())]
    assert blank == [], "nothing blank is ever written out"


def test_control_a_hub_that_takes_blank_for_a_value_loses_what_was_said(sqlite_url: str, monkeypatch):
    normal = report._normal
    monkeypatch.setattr(
        report,
        "_normal",
        lambda form, given, country: (
            Normal("", True, "") if isinstance(given, str) and not given.strip() else normal(form, given, country)
        ),
    )
    with road_on(sqlite_url, of_salesforce()) as road:
        before, after = told_in_all_ways(road)
        assert {key: after.get(key) for key in before} != before


def blanked_by_a_seller(sides: Sides) -> None:
    """A seller blanks the phone, then another field; marketing's system keeps what it holds, and all comes to rest."""
    own, theirs = sides.crm.own
    email = "vera.blank@blank.example"
    contact = sides.crm.contact("Vera Blank", email, phone="+49 30 5550123", **{own: "Head Of Pumps"})
    lead = sides.ma.create_lead(email=email, lastName="Blank", firstName="Vera")
    sides.settle()
    held = next(row for row in sides.ma.leads() if row["id"] == lead)
    assert held[theirs] == "Head Of Pumps"
    sides.crm.blank(contact, own)
    n_writes = sides.cycle()
    assert set(n_writes) <= {"crm"}
    assert all(n <= 1 for n in n_writes.values())
    assert [sides.cycle() for _ in range(3)] == [{}] * 3
    now = next(row for row in sides.ma.leads() if row["id"] == lead)
    assert (now[theirs], now["phone"]) == (held[theirs], held["phone"])
    assert sides.stuck() == []


def test_a_field_that_a_seller_blanks_in_salesforce_is_kept_in_marketing(sqlite_url: str):
    with salesforce_sides(sqlite_url) as sides:
        blanked_by_a_seller(sides)


def test_a_field_that_a_seller_blanks_in_a_real_tryton_is_kept_in_marketing(sqlite_url: str, tryton):
    with tryton_sides(sqlite_url, tryton) as sides:
        blanked_by_a_seller(sides)
