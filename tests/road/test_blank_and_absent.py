"""F4: blank and absent write over nothing, but for the blank of a source that the process lets clear the field."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from closeloop.measure.person_nouns import FieldStory
from closeloop.measure.why_person import field_stories
from closeloop.ports import Record, Ref, Value
from closeloop.record import report
from closeloop.record.store import values
from closeloop.replay import compare, replay
from closeloop.words.normal import Normal
from support.prepared import opened
from support.road import Road, batch_receipt, event, page_of, road_on
from support.sides.process import letting_the_crm_clear, of_salesforce
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
    monkeypatch.setattr(report, "is_blank", lambda value: value is None)
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


def in_ma(sides: Sides, lead: int) -> object:
    theirs = sides.crm.own[1]
    return next(row for row in sides.ma.leads() if row["id"] == lead)[theirs]


def held_by_both(sides: Sides) -> tuple[Ref, int, str]:
    """A person with a value of the field that only the CRM may clear, at both sides; and who they are."""
    email = "vera.clear@clear.example"
    contact = sides.crm.contact("Vera Clear", email, phone="+49 30 5550123", **{sides.crm.own[0]: "Head Of Pumps"})
    lead = sides.ma.create_lead(email=email, lastName="Clear", firstName="Vera")
    sides.settle()
    assert in_ma(sides, lead) == "Head Of Pumps"
    sides.cycle()
    [(root,)] = sides.road.rows("SELECT root_id FROM v_keys WHERE value = :email AND kind = 'email'", email=email)
    return contact, lead, str(root)


def story_of(sides: Sides, root: str) -> FieldStory:
    with sides.road.database.read() as connection:
        return next(each for each in field_stories(connection, root) if each.field == sides.crm.own[0])


def cleared_by_a_seller(sides: Sides) -> None:
    """A seller clears the field, so marketing's record gives it up; a marketer fills it again, and may not clear it."""
    own, theirs = sides.crm.own
    contact, lead, root = held_by_both(sides)
    sides.crm.blank(contact, own)
    assert sides.cycle() == {"ma": 1}
    assert in_ma(sides, lead) in (None, "")
    assert [sides.cycle() for _ in range(2)] == [{}] * 2
    assert sides.road.rows("SELECT value FROM v_winners WHERE field = :own", own=own) == []
    story = story_of(sides, root)
    assert (story.value, story.candidates[0].wins) == ("", True)
    assert "cleared it on" in story.why
    sides.ma.update_lead(lead, **{theirs: "Head Of Valves"})
    assert sides.cycle() == {"crm": 1}
    assert sides.crm.held(contact)[own] == "Head Of Valves"
    sides.ma.update_lead(lead, **{theirs: None})
    assert sides.cycle() == {"ma": 1}
    assert in_ma(sides, lead) == sides.crm.held(contact)[own] == "Head Of Valves"
    said = [
        str(reason) for (reason,) in sides.road.rows("SELECT reason FROM v_messages WHERE reason LIKE '%was blanked%'")
    ]
    assert len(said) == 1
    assert "may clear it" in said[0]
    assert [sides.cycle() for _ in range(2)] == [{}] * 2
    assert sides.stuck() == []


def test_a_field_that_the_crm_may_clear_is_cleared_everywhere_and_filled_again(database_url: str, tmp_path: Path):
    with salesforce_sides(database_url, process=letting_the_crm_clear(of_salesforce(), "title")) as sides:
        cleared_by_a_seller(sides)
        replayed = opened(f"sqlite:///{tmp_path / 'replayed.db'}")
        replay(sides.road.database, replayed)
        assert [str(difference) for difference in compare(sides.road.database, replayed)] == []
        replayed.close()


def test_a_field_that_a_real_tryton_may_clear_is_cleared_everywhere_and_filled_again(sqlite_url: str, tryton):
    with tryton_sides(sqlite_url, tryton, letting=lambda process: letting_the_crm_clear(process, "homepage")) as sides:
        cleared_by_a_seller(sides)


def test_control_a_hub_that_shows_everybody_what_was_cleared_writes_empty_text_for_ever(sqlite_url: str, monkeypatch):
    monkeypatch.setattr(values, "_WINNERS", values._SETTLED)
    with salesforce_sides(sqlite_url, process=letting_the_crm_clear(of_salesforce(), "title")) as sides:
        contact, *_ = held_by_both(sides)
        sides.crm.blank(contact, "title")
        with pytest.raises(RuntimeError, match="did not come to rest"):
            sides.settle(at_most=10)
        written = [json.loads(str(fields)) for (fields,) in sides.road.rows("SELECT fields FROM commands")]
        assert "" in [fields.get("title") for fields in written]


def test_an_address_that_is_cleared_parts_nobody(sqlite_url: str):
    process = letting_the_crm_clear(of_salesforce(), "email")
    with salesforce_sides(sqlite_url, process=process) as sides:
        contact, lead, root = held_by_both(sides)
        sides.crm.blank(contact, "email")
        sides.cycle()
        assert next(row for row in sides.ma.leads() if row["id"] == lead)["email"] in (None, "")
        known = sides.road.rows("SELECT kind FROM v_keys WHERE root_id = :root", root=root)
        assert {"email", "crm.Contact", "ma.Lead"} <= {kind for (kind,) in known}
        assert sides.road.rows("SELECT COUNT(*) FROM v_people") == [(1,)]
        assert [sides.cycle() for _ in range(2)] == [{}] * 2


def test_a_field_that_a_seller_blanks_in_salesforce_is_kept_in_marketing(sqlite_url: str):
    with salesforce_sides(sqlite_url) as sides:
        blanked_by_a_seller(sides)


def test_a_field_that_a_seller_blanks_in_a_real_tryton_is_kept_in_marketing(sqlite_url: str, tryton):
    with tryton_sides(sqlite_url, tryton) as sides:
        blanked_by_a_seller(sides)
