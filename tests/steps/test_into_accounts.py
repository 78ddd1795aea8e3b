"""A lead of somebody without a contact is converted into the account they belong to: never a second account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from closeloop.inbox.nouns import Click
from closeloop.planning import make_plan
from closeloop.ports import Command, Outcome, Ref, Verb
from support.ends import Ends, come_to_rest, ends_of, merging, read, refs_of_waiting
from support.road import Road, road_on
from support.vendor_words import JOE, clicked, joe_is_a_lead

ACME = "Acme Corp"


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url, merging("crm", "ma", more=", convert: accounts")) as found:
        yield found


def acme(road: Road, ends: Ends) -> str:
    """The CRM keeps Acme, of whom Joe is not a contact; its id."""
    found = ends.crm.create_account(ends.crm.users["abel"], Name=ACME, Website="acme.example")
    come_to_rest(road, ends)
    return str(found)


def typed_in(road: Road, ends: Ends) -> str:
    """Joe says in a form that he is with Acme, not enough to be a lead, and a seller types him in as one."""
    road.act("form.submitted", "f1", email=JOE, name="Joe Miller", company=ACME)
    road.decide()
    seller = ends.crm.users["abel"]
    return str(ends.crm.create_lead(seller, LastName="Miller", FirstName="Joe", Email=JOE, Company=ACME))


def n_of(ends: Ends) -> list[int]:
    return [ends.crm.count(name) for name in ("Contact", "Account", "Opportunity")]


def joe_as_contact(ends: Ends, account: str) -> str:
    seller = ends.crm.users["abel"]
    return str(ends.crm.create_contact(seller, LastName="Miller", FirstName="Joe", Email=JOE, AccountId=account))


def kinds_of_joe(road: Road) -> dict[object, object]:
    """Kind of key → the root that holds it, of Joe's records in the CRM."""
    return dict(road.rows("SELECT kind, root_id FROM v_keys WHERE kind IN ('crm.Lead', 'crm.Contact')"))  # type: ignore[arg-type] # two columns


def test_a_lead_that_nobody_works_on_becomes_a_contact_of_the_account_without_a_deal(road, ends):
    account, lead = acme(road, ends), typed_in(road, ends)
    plan = make_plan(road.hub, ends.connectors, ["crm"], lambda *_: None)
    [line] = [each for each in plan.lines if each.verb == "convert"]
    assert (line.record_id, line.into) == (lead, f"Account {account} (existing), new contact")
    assert ends.crm.get(lead)["IsConverted"] is False
    with road.database.write() as connection:
        connection.exec_driver_sql("UPDATE sending SET mode = 'live'")
    come_to_rest(road, ends)
    row = ends.crm.get(lead)
    assert (row["IsConverted"], row["ConvertedAccountId"], n_of(ends)) == (True, account, [1, 1, 0])
    found = kinds_of_joe(road)
    assert found["crm.Contact"] == found["crm.Lead"]


def test_worked_on_as_a_deal_it_goes_with_the_deal_and_the_crosswalk_follows(road, ends):
    account = acme(road, ends)
    lead_id = joe_is_a_lead(road)
    come_to_rest(road, ends)
    assert (ends.crm.count("Lead"), n_of(ends)) == (1, [0, 1, 0]), "its owner's, as long as it is no deal"
    for choice in ("qualified", "meeting_booked"):
        clicked(road, Click("outcome", lead_id, choice, "Ada"))
    assert road.one("SELECT stage FROM leads") == "field"
    come_to_rest(road, ends)

    [row] = ends.crm.rows("Lead")
    assert (row["IsConverted"], row["ConvertedAccountId"], n_of(ends)) == (True, account, [1, 1, 1])
    [deal], [contact] = ends.crm.rows("Opportunity"), ends.crm.rows("Contact")
    owner = road.one("SELECT owner FROM leads")
    assert {deal["OwnerId"], contact["OwnerId"]} == {road.hub.process.member(str(owner)).user}
    assert (deal["Name"], deal["AccountId"]) == ("Acme Corp – robot", account)
    found = kinds_of_joe(road)
    assert found["crm.Contact"] == found["crm.Lead"] == road.one("SELECT person_id FROM leads")
    shown = road.rows("SELECT object, record_id FROM shown WHERE object = 'Opportunity'")
    assert shown == [("Opportunity", deal["Id"])]
    assert road.one("SELECT COUNT(*) FROM v_keys WHERE kind = 'crm.Opportunity' AND value = :id", id=deal["Id"]) == 1
    assert road.rows("SELECT DISTINCT state FROM commands WHERE source = 'crm' AND verb IN ('create', 'convert')") == [
        ("done",)
    ]
    come_to_rest(road, ends)
    assert n_of(ends) == [1, 1, 1]


def test_while_it_waits_it_goes_into_a_contact_that_appears_and_makes_no_second_one(road, ends):
    account, lead = acme(road, ends), typed_in(road, ends)
    read(road, ends)
    assert refs_of_waiting(road) == [{"account": ["Account", account]}]
    contact = joe_as_contact(ends, account)
    read(road, ends)
    assert refs_of_waiting(road) == [{"person": ["Contact", contact]}]
    come_to_rest(road, ends)
    assert (ends.crm.get(lead)["ConvertedContactId"], n_of(ends)) == (contact, [1, 1, 0])


def test_while_it_waits_with_a_deal_it_goes_into_that_contact_with_the_deal(road, ends):
    account = acme(road, ends)
    lead_id = joe_is_a_lead(road)
    come_to_rest(road, ends)
    for choice in ("qualified", "meeting_booked"):
        clicked(road, Click("outcome", lead_id, choice, "Ada"))
    contact = joe_as_contact(ends, account)
    read(road, ends)
    [refs] = refs_of_waiting(road)
    assert (refs["person"], "account" in refs) == (["Contact", contact], False)
    come_to_rest(road, ends)
    assert n_of(ends) == [1, 1, 1]


def test_the_deal_is_of_the_owner_that_the_lead_has_when_it_is_sent(road, ends):
    acme(road, ends)
    lead_id = joe_is_a_lead(road)
    come_to_rest(road, ends)
    for choice in ("qualified", "meeting_booked"):
        clicked(road, Click("outcome", lead_id, choice, "Ada"))
    [before] = refs_of_waiting(road)
    for _ in range(4):
        road.clock.advance(timedelta(days=1))
        road.hub.tick()
        road.decide()
    come_to_rest(road, ends)
    user = road.hub.process.member(str(road.one("SELECT owner FROM leads"))).user
    assert {row["OwnerId"] for row in ends.crm.rows("Opportunity")} == {user} != {before["owner"][1]}


def test_one_whose_company_the_crm_does_not_keep_is_left_alone(road, ends):
    acme(road, ends)
    seller = ends.crm.users["abel"]
    ends.crm.create_lead(seller, LastName="Weber", Email="max@other.example", Company="Other Works")
    come_to_rest(road, ends)
    assert road.rows("SELECT state FROM commands WHERE verb = 'convert'") == []


def test_control_with_convert_true_a_lead_without_a_contact_stays_one(database_url):
    with road_on(database_url, merging("crm", "ma", more=", convert: true")) as road, ends_of(road) as ends:
        acme(road, ends)
        typed_in(road, ends)
        come_to_rest(road, ends)
        assert road.rows("SELECT state FROM commands WHERE verb = 'convert'") == []


def test_control_without_the_account_named_a_second_one_is_made(road, ends):
    acme(road, ends)
    lead = ends.crm.create_lead(ends.crm.users["abel"], LastName="Miller", Email=JOE, Company=ACME)
    road.clock.advance(timedelta(minutes=1))
    [answer] = ends.connectors["crm"].push([Command("k", Verb.CONVERT, "Lead", Ref("Lead", lead))])
    assert (answer.outcome, n_of(ends)) == (Outcome.DONE, [1, 2, 0])
