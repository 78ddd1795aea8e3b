"""Whoever has a role in a deal has that deal, with the role; nobody else, and only while they have it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from closeloop.inbox.nouns import Click
from closeloop.measure.timeline import timeline
from closeloop.ports import Record, Ref
from support.purchases import CONTACT, b2b_with
from support.road import INTERESTED, Road, page_of, road_on

JOE, DEAL = "joe@acme.example", Ref("Opportunity", "0065g00000A0001AAA")
OTHER = Ref("Contact", "0035g00000A0002AAA")
DECIDES = ("open_deal:    ", "decides:      \"exists(opportunity, role == 'Decision Maker')\"\n  open_deal:    ")


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    asked = ('unless: "opted_out or open_deal"', 'unless: "opted_out or open_deal or decides"')
    with road_on(database_url, b2b_with("", DECIDES, asked)) as found:
        yield found


def told(road: Road, *records: Record) -> None:
    road.clock.advance(timedelta(minutes=1))
    road.hub.take_in([page_of(records, road.clock.now())])
    road.decide()


def people_and_deal(road: Road) -> list[Record]:
    now, owner = road.clock.now(), Ref("User", "0055g00000S0010AAB")
    fields = {
        "StageName": "Proposal",
        "IsClosed": False,
        "IsWon": False,
        "Product__c": "robot",
        "Region__c": "dach",
        "OwnerId": owner.id,
    }
    return [
        Record("Contact", CONTACT.id, "person", now, {"Email": JOE, "Country": "DE"}),
        Record("Contact", OTHER.id, "person", now, {"Email": "may@acme.example"}),
        Record("Opportunity", DEAL.id, "opportunity", now, fields, {"person": OTHER, "owner": owner}),
    ]  # fmt: skip


def role(road: Road, *, deleted: bool = False, name: str = "Decision Maker") -> Record:
    return Record(
        "OpportunityContactRole", "00K1", "role", road.clock.now(), {"Role": name, "IsPrimary": False},
        {"person": CONTACT, "opportunity": DEAL}, deleted=deleted,
    )  # fmt: skip


def has_deal(road: Road, n: int) -> bool:
    road.act("form.submitted", f"f{n}", email=JOE, **INTERESTED)
    road.decide()
    person = road.one("SELECT root_id FROM v_keys WHERE kind = 'email' AND value = :email", email=JOE)
    ((why,),) = road.rows("SELECT why FROM verdicts WHERE person_id = :id AND product = 'robot'", id=person)
    return not next(part["held"] for part in json.loads(str(why)) if part["text"].startswith("not ("))


def test_a_deal_is_open_for_who_has_only_a_role_in_it_and_its_owner_is_alerted(road):
    told(road, *people_and_deal(road))
    assert not has_deal(road, 1)
    assert road.rows("SELECT * FROM alerts") == []
    told(road, role(road))
    assert has_deal(road, 2)
    assert road.one("SELECT COUNT(*) FROM alerts") == 1
    assert road.one("SELECT value FROM v_winners WHERE kind = 'role' AND field = 'role'") == '"Decision Maker"'


def test_the_role_is_a_name_in_conditions_also_of_a_deal_that_is_closed(road):
    contact, other, deal = people_and_deal(road)
    closed = Record(deal.object, deal.id, "opportunity", deal.changed_at, {**deal.fields, "IsClosed": True}, deal.refs)
    told(road, contact, other, closed, role(road, name="Evaluator"))
    assert not has_deal(road, 1)
    told(road, role(road))
    assert has_deal(road, 2)


def test_a_role_that_was_taken_away_counts_no_more(road):
    told(road, *people_and_deal(road), role(road))
    assert has_deal(road, 1)
    told(road, role(road, deleted=True))
    assert not has_deal(road, 2)


def test_a_role_of_who_is_erased_is_theirs_no_more(road):
    told(road, *people_and_deal(road), role(road))
    assert has_deal(road, 1)
    person = str(road.one("SELECT root_id FROM v_keys WHERE kind = 'email' AND value = :email", email=JOE))
    road.hub.click(Click("erase", person, "asked", "Ada"))
    road.decide()
    assert road.rows("SELECT subject_id FROM messages WHERE subject_id = :id", id=person) == []
    assert JOE.encode() not in b"".join(bytes(body) for (body,) in road.rows("SELECT body FROM receipts"))  # type: ignore[call-overload] # bytes of both drivers


def test_the_stages_of_a_deal_are_on_the_timeline_of_everybody_with_a_role_in_it(road):
    contact, other, deal = people_and_deal(road)
    history = json.dumps(
        [["Prospecting", "2026-05-01T09:00:00.000+0000", "u"], ["Proposal", "2026-07-01T09:00:00Z", "u"]]
    )
    fields = {**deal.fields, "Name": "Robots", "stage_history": history}
    kept = Record(deal.object, deal.id, "opportunity", deal.changed_at, fields, deal.refs)
    told(road, contact, other, kept, role(road))
    person = str(road.one("SELECT root_id FROM v_keys WHERE kind = 'email' AND value = :email", email=JOE))
    with road.database.read() as connection:
        happened = [one for one in timeline(connection, person) if one.lane == "Sales"]
    assert [(one.at.date().isoformat(), one.kind, one.detail) for one in happened] == [
        ("2026-07-01", "deal stage", "Proposal, Robots, as Decision Maker"),
        ("2026-05-01", "deal stage", "Prospecting, Robots, as Decision Maker"),
    ]


def test_without_a_history_the_stages_are_those_that_the_hub_was_told_of(road):
    told(road, *people_and_deal(road), role(road))
    road.clock.advance(timedelta(days=3))
    *_, deal = people_and_deal(road)
    told(
        road,
        Record(deal.object, deal.id, "opportunity", deal.changed_at, {**deal.fields, "StageName": "Won"}, deal.refs),
    )
    person = str(road.one("SELECT root_id FROM v_keys WHERE kind = 'email' AND value = :email", email=JOE))
    with road.database.read() as connection:
        happened = [one for one in timeline(connection, person) if one.lane == "Sales"]
    assert [one.detail.partition(",")[0] for one in happened] == ["Won", "Proposal"]
    assert all(one.message_id.startswith("crm:Opportunity:") for one in happened)
