"""F3: created, promoted, converted, a deal, merged, deleted, and heard of again: one person with all they did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from closeloop.comparing import compare
from closeloop.connectors import tryton as tryton_connector
from closeloop.flow import unheard
from closeloop.ports import Command, Ref, Verb
from closeloop.words.moment import SystemClock
from support.road import INTERESTED
from support.sides.world import Sides, salesforce_sides, tryton_sides
from support.tryton_server import TrytonServer, running_tryton

HOME = "quentin.zabel@home.example"
JOE = {**INTERESTED, "name": "Quentin Zabel", "company": "Zabel Werke"}


def becomes_a_lead(sides: Sides, email: str) -> str:
    """He fills in a form and comes to a webinar: the hub shows a lead to a seller; the person's id."""
    sides.road.act("form.submitted", "f1", email=email, **JOE)
    sides.road.act("webinar.attended", "w1", email=email, product="robot")
    sides.settle()
    ((person, stage, owner),) = sides.road.rows("SELECT person_id, stage, owner FROM leads")
    assert owner is not None, stage
    return str(person)


def second_contact(sides: Sides, phone: str) -> Ref:
    """A seller enters the same man once more under another name and address, who is then heard of by himself."""
    other = sides.crm.contact("Q. Z.", HOME, phone=phone)
    sides.settle()
    sides.road.act("email.clicked", "c1", email=HOME, product="robot")
    sides.settle()
    assert n_people(sides) == 2
    return other


def n_people(sides: Sides) -> object:
    return sides.road.one("SELECT COUNT(DISTINCT root_id) FROM entities WHERE kind = 'person'")


def state(sides: Sides) -> tuple[object, ...]:
    """Points of each line, acts, and records at both vendors."""
    points = sides.road.rows("SELECT line, SUM(n), SUM(points) FROM sums GROUP BY line ORDER BY line")
    rounded = [(line, n, round(float(str(sum_)), 3)) for line, n, sum_ in points]
    return rounded, sides.road.one("SELECT COUNT(*) FROM touches")


def responds_again(sides: Sides, email: str, person: str) -> None:
    """He answers under the address of the record that is gone: nobody new, nothing new, all counted once."""
    points, n_acts = state(sides)
    n_there = sides.crm.count(), len(sides.ma.leads())
    sides.road.act("form.submitted", "f2", email=email, product="robot")
    sides.settle()
    after, n_after = state(sides)
    assert n_after == int(str(n_acts)) + 1
    lines = {line: n for line, n, _ in points}
    assert sum(n for _, n, _ in after) == sum(lines.values()) + 1, "one act counts once"
    assert (sides.crm.count(), len(sides.ma.leads())) == n_there, "no new record anywhere"
    roots = sides.road.rows("SELECT DISTINCT e.root_id FROM touches t JOIN entities e ON e.id = t.person_id")
    assert roots == [(person,)]


def old_ids_resolve(sides: Sides, person: str, *refs: Ref) -> None:
    for ref in refs:
        assert sides.road.rows(
            "SELECT e.root_id FROM keys k JOIN entities e ON e.id = k.entity_id WHERE k.kind = :kind AND k.value = :id",
            kind=f"crm.{ref.object}", id=ref.id,
        ) == [(person,)], ref  # fmt: skip


def loser_is_deleted(sides: Sides, before: tuple[object, ...]) -> None:
    """The record that went into the other is deleted for good, and a full compare misses it: nothing follows."""
    sides.road.clock.advance(timedelta(minutes=10))
    sides.settle()
    compare(sides.road.hub, "crm", sides.crm.connector, "Contact", "on order", unheard)
    assert sides.cycle() == {}
    assert (n_people(sides), state(sides)) == (1, before)
    assert sides.road.rows("SELECT DISTINCT status FROM leads") == [("open",)]


def owner_is(sides: Sides, user: str) -> None:
    owners = sides.road.rows("SELECT owner FROM leads")
    names = {member.name for member in sides.crm.process.people if member.user == user}
    assert {owner for (owner,) in owners} <= names, (owners, names)


def sold_in_salesforce(sides: Sides) -> tuple[str, Ref, Ref, Ref]:
    """Promoted, converted with a deal of a field seller's; the person, the lead, the contact and the other contact."""
    vendor, email = sides.crm.vendor, "quentin@zabel.example"
    person = becomes_a_lead(sides, email)
    [lead] = vendor.records("Lead")
    other = second_contact(sides, "+49 30 5550001")
    vendor.set_status(lead["Id"], "Qualified")
    sides.settle()
    assert sides.road.one("SELECT stage FROM leads") == "inside_sales"
    sides.road.clock.advance(timedelta(minutes=10))
    field_seller = vendor.users["huber"]
    contact, _, deal = vendor.convert_lead(
        lead["Id"], {"Name": "Robots", "Product__c": "robot", "Amount": 9000}, owner=field_seller
    )
    assert deal is not None
    sides.settle()
    return person, Ref("Lead", lead["Id"]), Ref("Contact", contact), other


def test_a_lead_of_salesforce_stays_one_person_through_all_of_it(database_url: str):
    with salesforce_sides(database_url) as sides:
        person, lead, contact, other = sold_in_salesforce(sides)
        assert sides.road.one("SELECT stage FROM leads") == "field"
        owner_is(sides, sides.crm.vendor.users["huber"])
        before = state(sides)
        sides.road.clock.advance(timedelta(minutes=10))
        sides.crm.vendor.merge(contact.id, other.id)
        sides.settle()
        assert n_people(sides) == 1
        assert state(sides) == before, "as many acts and points as before"
        sides.crm.vendor.purge(other.id)
        loser_is_deleted(sides, before)
        old_ids_resolve(sides, person, lead, contact, other)
        responds_again(sides, HOME, person)
        sides.crm.vendor.log_call(contact.id, sides.crm.sato, "Connected")
        assert sides.cycle() == {}
        assert sides.road.rows("SELECT person_id FROM leads") == [(person,)]
        owner_is(sides, sides.crm.vendor.users["huber"])
        assert sides.stuck() == []


def test_control_without_hearing_what_records_became_there_are_two_people(sqlite_url: str, monkeypatch):
    with salesforce_sides(sqlite_url) as sides:
        _, _, contact, other = sold_in_salesforce(sides)
        pull = sides.crm.connector.pull

        def deaf(cursor):
            page = pull(cursor)
            return replace(page, records=tuple(one for one in page.records if not one.became))

        monkeypatch.setattr(sides.crm.connector, "pull", deaf)
        sides.crm.vendor.merge(contact.id, other.id)
        sides.road.clock.advance(timedelta(minutes=10))
        sides.settle()
        assert n_people(sides) == 2
        sides.road.act("form.submitted", "f2", email=HOME, product="robot")
        sides.settle()
        roots = sides.road.rows("SELECT DISTINCT e.root_id FROM touches t JOIN entities e ON e.id = t.person_id")
        assert len(roots) == 2


@pytest.fixture
def own_tryton(tryton, tmp_path: Path) -> Iterator[TrytonServer]:
    """One for this test alone: a full compare reads whatever others left in a shared one."""
    folder = tmp_path / "tryton"
    folder.mkdir()
    with running_tryton(folder) as server:
        yield server


def test_a_lead_of_a_real_tryton_stays_one_person_through_all_of_it(sqlite_url: str, own_tryton: TrytonServer):
    tryton = own_tryton
    with tryton_sides(sqlite_url, tryton) as sides:
        email = "quentin@zabel.example"
        person = becomes_a_lead(sides, email)
        [(party,)] = sides.road.rows("SELECT value FROM keys WHERE kind = 'crm.Lead'")
        lead, contact = Ref("Lead", str(party)), Ref("Contact", str(party))
        other = second_contact(sides, "+49 30 5550001")
        [deal] = tryton.call("model.sale.opportunity.search", [["party", "=", int(str(party))]], 0, None, None)
        tryton.write("sale.opportunity", deal, employee=int(tryton.mori))
        tryton.call("model.sale.opportunity.opportunity", [deal])
        sides.cycle()
        assert sides.road.one("SELECT stage FROM leads") == "field"
        owner_is(sides, tryton.mori)
        before = state(sides)
        merged_by_another(tryton, other, contact)
        sides.cycle()
        assert n_people(sides) == 1
        assert state(sides) == before, "as many acts and points as before"
        tryton.call("model.party.party.delete", [int(other.id)])
        loser_is_deleted(sides, before)
        old_ids_resolve(sides, person, lead, contact, other)
        responds_again(sides, HOME, person)
        owner_is(sides, tryton.mori)
        assert sides.stuck() == []


def merged_by_another(tryton, loser: Ref, survivor: Ref) -> None:
    """Somebody replaces a party by another with Tryton's own wizard, beside the hub."""
    beside = tryton_connector.connect(tryton.settings, SystemClock())
    [answer] = beside.push([Command("by hand", Verb.MERGE, "Contact", survivor, refs={"loser": loser})])
    assert answer.verified, answer.reason
    beside.close()
