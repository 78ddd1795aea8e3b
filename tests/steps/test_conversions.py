"""A lead beside a contact of the same person is converted into it, where the process says so; no deal comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from closeloop.planning import make_plan
from support.ends import Ends, come_to_rest, ends_of, merging, n_writes
from support.road import Road, road_on
from support.vendor_words import JOE, joe_is_a_lead


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url, merging("crm", "ma", more=", convert: true")) as found:
        yield found


def lead_beside_contact(road: Road, ends: Ends) -> tuple[str, str]:
    """Joe is a contact of Acme, and a seller types him in as a lead."""
    seller = ends.crm.users["abel"]
    acme = ends.crm.create_account(seller, Name="Acme Corp")
    contact = ends.crm.create_contact(seller, LastName="Miller", FirstName="Joe", Email=JOE, AccountId=acme)
    come_to_rest(road, ends)
    lead = ends.crm.create_lead(seller, LastName="Miller", FirstName="Joe", Email=JOE, Company="Acme Corp", Title="CTO")
    return contact, lead


def conversions(road: Road) -> list[tuple[object, ...]]:
    return road.rows("SELECT ref_id, state, verified FROM commands WHERE verb = 'convert'")


def test_a_lead_goes_into_the_contact_and_its_account_and_nothing_new_comes_of_it(road, ends):
    contact, lead = lead_beside_contact(road, ends)
    come_to_rest(road, ends)

    assert conversions(road) == [(lead, "done", 1)]
    row = ends.crm.get(lead)
    assert (row["IsConverted"], row["ConvertedContactId"], row["ConvertedOpportunityId"]) == (True, contact, None)
    assert [ends.crm.count(name) for name in ("Contact", "Account", "Opportunity")] == [1, 1, 0]
    assert road.one("SELECT COUNT(*) FROM entities WHERE kind = 'person'") == 1
    whose = dict(road.rows("SELECT kind, entity_id FROM keys WHERE kind IN ('crm.Lead', 'crm.Contact')"))
    assert whose["crm.Lead"] == whose["crm.Contact"]
    writes = n_writes(ends)
    come_to_rest(road, ends)
    assert n_writes(ends) == writes


def test_a_plan_shows_what_goes_into_what(road, ends):
    contact, lead = lead_beside_contact(road, ends)
    plan = make_plan(road.hub, ends.connectors, ["crm"], lambda *_: None)
    [line] = [each for each in plan.lines if each.verb == "convert"]
    assert (line.object, line.record_id, line.into) == ("Lead", lead, f"Contact {contact}")
    assert ends.crm.get(lead)["IsConverted"] is False


def test_by_default_it_is_left_to_sellers(database_url):
    with road_on(database_url, merging("crm", "ma")) as road, ends_of(road) as ends:
        _, lead = lead_beside_contact(road, ends)
        come_to_rest(road, ends)
        assert (conversions(road), ends.crm.get(lead)["IsConverted"]) == ([], False)


def test_a_lead_that_somebody_works_on_is_their_own_to_convert(road, ends):
    joe_is_a_lead(road)
    come_to_rest(road, ends)
    assert ends.crm.count("Lead") == 1
    seller = ends.crm.users["abel"]
    ends.crm.create_contact(seller, LastName="Miller", FirstName="Joe", Email=JOE)
    come_to_rest(road, ends)
    assert conversions(road) == []


def test_an_answer_that_is_lost_converts_nothing_twice(road, ends):
    _, lead = lead_beside_contact(road, ends)
    road.hub.listen("crm", ends.connectors["crm"])
    road.decide()
    ends.crm.faults.lose_answers(1)
    come_to_rest(road, ends)
    assert conversions(road) == [(lead, "done", 1)]
    assert [ends.crm.count(name) for name in ("Contact", "Account", "Opportunity")] == [1, 1, 0]


def test_the_conversion_is_no_news_of_the_persons_other_leads(road, ends):
    """Joe has an open lead as a task of his contact: that somebody typed him in again is no outcome of it."""
    seller = ends.crm.users["abel"]
    acme = ends.crm.create_account(seller, Name="Acme Corp")
    ends.crm.create_contact(seller, LastName="Miller", FirstName="Joe", Email=JOE, AccountId=acme)
    come_to_rest(road, ends)
    joe_is_a_lead(road)
    come_to_rest(road, ends)
    before = road.rows("SELECT id, stage, status, responded_at FROM leads")
    ends.crm.create_lead(seller, LastName="Miller", FirstName="Joe", Email=JOE, Company="Acme Corp")
    road.clock.advance(timedelta(minutes=1))
    come_to_rest(road, ends)
    assert road.rows("SELECT state, reason FROM commands WHERE verb = 'convert'") == [("done", None)]
    assert road.rows("SELECT id, stage, status, responded_at FROM leads") == before
