"""The form fill finds the Joe whom we know: by likeness linked, asked about or left, with evidence and a way back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from closeloop.identity import match as match_module
from closeloop.matching.bundle import Bundle, default_bundle
from closeloop.ports import Record
from closeloop.steps import match as match_step
from support.road import Road, road_on
from support.vendor_words import told

JOE = {"name": "Joe Miller", "company": "Acme Corp", "tel": "+49 30 1234567", "country": "DE"}


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url) as found:
        yield found


@pytest.fixture
def never_sure(monkeypatch):
    """A bundle whose thresholds let it ask about everybody who shares a block key, and be sure of nobody."""
    monkeypatch.setattr(Bundle, "thresholds", lambda *_: (1_000.0, -1_000.0))


def fills(road: Road, email: str, **said: str) -> None:
    """Somebody fills in a form, a minute after whoever was before."""
    road.clock.advance(timedelta(minutes=1))
    road.act("form.submitted", f"form {email} {road.clock.now()}", email=email, **said)
    road.decide()


def n_people(road: Road) -> int:
    return int(str(road.one("SELECT COUNT(DISTINCT root_id) FROM entities WHERE kind = 'person'")))


def pairs(road: Road) -> list[tuple[object, ...]]:
    return road.rows("SELECT state, why FROM pairs ORDER BY at, id")


def test_a_form_with_another_address_finds_the_person_we_know(road: Road):
    fills(road, "joe.miller@acme.example", **JOE)
    fills(road, "jmiller@gmail.com", **{**JOE, "name": "Joseph Miller", "company": "ACME"})
    assert n_people(road) == 1
    by, reason, weight, evidence, pair_id, snapshot = road.rows(
        "SELECT by, reason, weight, evidence, pair_id, snapshot FROM merges"
    )[0]
    assert str(by).startswith("b2b@7 contacts@1")
    assert "phone equal" in str(reason)
    assert isinstance(weight, float)
    said = {each["comparison"]: each for each in json.loads(str(evidence))}
    assert said["last name"]["left"] == said["last name"]["right"] == "miller"
    stood = json.loads(str(snapshot))
    assert stood["survivor"]["keys"] == [["email", "joe.miller@acme.example"]]
    assert stood["survivor"]["winners"]["name"]["given"] == "Joe Miller"
    assert stood["loser"]["winners"]["name"]["given"] == "Joseph Miller"
    assert road.rows("SELECT id, state, decided_by FROM pairs") == [(pair_id, "same", by)]


def test_control_without_the_look_for_likeness_they_are_two(road: Road, monkeypatch):
    monkeypatch.setattr(match_step, "weigh", lambda *_: [])
    fills(road, "joe.miller@acme.example", **JOE)
    fills(road, "jmiller@gmail.com", **JOE)
    assert n_people(road) == 2


@pytest.mark.usefixtures("never_sure")
def test_two_who_are_somewhat_alike_are_asked_about_once(road: Road):
    fills(road, "joe@acme.example", name="Joe Miller")
    fills(road, "j.miller@acme.example", name="Joe Miller")
    fills(road, "j.miller@acme.example", name="Joe Miller", title="CTO")
    assert n_people(road) == 2
    assert pairs(road) == [("open", "alike, but not enough to be sure")]
    left, right = road.rows("SELECT left_id, right_id FROM pairs")[0]
    assert str(left) < str(right)


def test_a_couple_at_one_address_is_asked_about_as_related(road: Road):
    fills(road, "millers@home.example", name="Joe Miller")
    fills(road, "millers@home.example", name="Ann Miller")
    fills(road, "millers@home.example", name="Ann Miller", title="CTO")
    assert n_people(road) == 2
    ((state, why),) = pairs(road)
    assert state == "open"
    assert "related" in str(why)


def test_control_with_guards_off_a_couple_is_one_person(road: Road, monkeypatch):
    monkeypatch.setattr(Bundle, "guarded", lambda *_: "")
    fills(road, "millers@home.example", name="Joe Miller")
    fills(road, "millers@home.example", name="Ann Miller")
    assert n_people(road) == 1


def test_who_changes_jobs_is_one_person_by_the_mobile_and_the_old_employment_stays_as_it_was(road: Road):
    fills(road, "joe@acme.example", name="Joe Miller", company="Acme Corp", tel="+49 171 1234567")
    fills(road, "joe.miller@globex.example", name="Joe Miller", company="Globex GmbH", tel="+49 171 1234567")
    assert n_people(road) == 1
    person = road.one("SELECT DISTINCT root_id FROM entities WHERE kind = 'person'")
    companies = road.rows("SELECT given FROM winners WHERE field = 'company' ORDER BY given")
    assert companies == [('"Acme Corp"',), ('"Globex GmbH"',)], "each account keeps its name"
    account = road.one("SELECT value FROM winners WHERE entity_id = :p AND field = 'account'", p=person)
    assert (
        road.one("SELECT given FROM winners WHERE field = 'company' AND entity_id = :a", a=str(account).strip('"'))
        == '"Globex GmbH"'
    ), "the newest employment wins"
    assert road.one("SELECT COUNT(*) FROM v_values WHERE root_id = :p AND field = 'account'", p=person) == 2


def test_who_changes_jobs_and_brings_no_personal_key_is_asked_about(road: Road):
    fills(road, "joe@acme.example", name="Joe Miller", company="Acme Corp")
    fills(road, "joe.miller@globex.example", name="Joe Miller", company="Globex GmbH")
    assert n_people(road) == 2
    assert [state for state, _ in pairs(road)] in (["open"], [])


def test_one_switchboard_number_makes_no_colleagues_one(road: Road):
    people = ("Joe Miller", "Ann Lang", "Eva Kern", "Tim Vogt", "Jan Richter")
    for name in people:
        fills(road, f"{name.split()[0].lower()}@acme.example", name=name, company="Acme Corp", tel="+49 30 1234567")
    assert n_people(road) == len(people)
    known = road.rows("SELECT traits FROM traits ORDER BY entity_id")
    assert ["phone" in json.loads(str(traits)) for (traits,) in known] == [True, True, False, False, False]
    fills(road, "joe.m@home.example", name="Joe Miller", tel="+49 30 1234567")
    assert n_people(road) == len(people) + 1, "the number of all is no evidence that this is the Joe of Acme"


@pytest.mark.usefixtures("never_sure")
def test_a_pair_is_weighed_as_the_bundle_weighs_it(road: Road):
    fills(road, "joe@acme.example", name="Joe Miller")
    fills(road, "j.miller@acme.example", name="Joe Miller")
    left, right = (json.loads(str(row[0])) for row in road.rows("SELECT traits FROM traits ORDER BY entity_id"))
    assert road.one("SELECT weight FROM pairs") == pytest.approx(default_bundle().weigh(left, right).total, abs=1e-9)


def test_all_that_are_new_in_a_batch_are_found_in_one_pass(road: Road):
    for n in range(6):
        road.act("form.submitted", f"f{n}", email=f"joe{n}@home{n}.example", **JOE)
    road.decide()
    assert n_people(road) == 1
    survivor = road.one("SELECT MIN(id) FROM entities WHERE kind = 'person'")
    assert road.rows("SELECT DISTINCT root_id FROM entities WHERE kind = 'person'") == [(survivor,)]


def test_more_than_ten_records_do_not_become_one_without_a_person(road: Road):
    for n in range(match_module.AT_MOST + 1):
        fills(road, f"joe{n}@home{n}.example", **JOE)
    assert n_people(road) == 2
    assert pairs(road)[-1][0] == "open"
    assert "records, more than 10" in str(pairs(road)[-1][1])


def test_control_without_the_cap_they_all_become_one(road: Road, monkeypatch):
    monkeypatch.setattr(match_module, "AT_MOST", 1000)
    for n in range(12):
        fills(road, f"joe{n}@home{n}.example", **JOE)
    assert n_people(road) == 1


def test_a_contact_that_comes_to_share_an_address_is_asked_about_though_nothing_it_states_is_new(road: Road):
    def contact(record_id: str, email: str, name: str) -> Record:
        return Record("Contact", record_id, "person", road.clock.now(), {"Email": email, "Name": name})

    told(road, contact("003J", "millers@home.example", "Joe Miller"), contact("003A", "ann@acme.example", "Ann Miller"))
    road.clock.advance(timedelta(minutes=1))
    told(road, contact("003A", "millers@home.example", "Ann Miller"))
    assert n_people(road) == 2
    assert [state for state, _ in pairs(road)] == ["open"]
