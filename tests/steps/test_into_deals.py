"""A lead that is worked on as a deal goes into the deal that is there: never a second deal, and never by a guess."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from closeloop.crew import pump
from closeloop.inbox.nouns import Click
from closeloop.planning import apply_plan, approve_plan, make_plan
from closeloop.ports import Value
from closeloop.process.nouns import Process
from support.ends import Ends, ends_of, merging, read, refs_of_waiting
from support.road import Road, road_on
from support.vendor_words import JOE, clicked, joe_is_a_lead


def accounts() -> Process:
    return merging("crm", "ma", more=", convert: accounts")


@pytest.fixture
def both(database_url: str) -> Iterator[tuple[Road, Ends]]:
    with road_on(database_url, accounts()) as road, ends_of(road) as ends:
        yield road, ends


@pytest.fixture
def road(sqlite_url: str) -> Iterator[Road]:
    with road_on(sqlite_url, accounts()) as found:
        yield found


def rest(road: Road, ends: Ends, times: int = 1) -> None:
    """The CRM is sent to and read, some minutes apart; marketing has no part in these stories."""
    for _ in range(times):
        pump(road.hub, {"crm": ends.connectors["crm"]}, listen=False)
        read(road, ends)


def acme(ends: Ends) -> str:
    return str(ends.crm.create_account(ends.crm.users["abel"], Name="Acme Corp", Website="acme.example"))


def contact(ends: Ends, account: str, email: str, name: str) -> str:
    return str(ends.crm.create_contact(ends.crm.users["abel"], LastName=name, Email=email, AccountId=account))


def deal(ends: Ends, account: str, product: str | None = "robot", **more: Value) -> str:
    seller = ends.crm.users["abel"]
    return str(ends.crm.create_opportunity(seller, Name="Line 4", AccountId=account, Product__c=product, **more))


def at_the_deal(road: Road, ends: Ends) -> str:
    """Joe's lead, a Lead in the CRM, is worked on as a deal from now on; its id."""
    lead_id = joe_is_a_lead(road)
    rest(road, ends)
    for choice in ("qualified", "meeting_booked"):
        clicked(road, Click("outcome", lead_id, choice, "Ada"))
    return lead_id


def came_of(ends: Ends) -> tuple[object, ...]:
    """What Joe's Lead became: contact, account and deal; and how many of each there are."""
    [row] = ends.crm.rows("Lead")
    ids = [row[f"Converted{name}Id"] for name in ("Contact", "Account", "Opportunity")]
    return (*ids, *(ends.crm.count(name) for name in ("Contact", "Account", "Opportunity")))


def of_the_lead(road: Road) -> tuple[object, ...]:
    [found] = road.rows("SELECT stage, status, amount_minor FROM leads")
    return found


def test_the_open_deal_of_the_account_is_planned_and_taken_and_what_becomes_of_it_counts_for_the_lead(both):
    road, ends = both
    account = acme(ends)
    ann = contact(ends, account, "ann@acme.example", "Lee")
    robots = deal(ends, account, ContactId=ann, Amount=48000)
    lead_id = at_the_deal(road, ends)
    plan = make_plan(road.hub, ends.connectors, ["crm"], lambda *_: None)
    [line] = [each for each in plan.lines if each.verb == "convert"]
    assert line.into == f"Account {account} (existing), new contact, Opportunity {robots} (existing)"
    assert came_of(ends) == (None, None, None, 1, 1, 1)
    apply_plan(road.hub, ends.connectors, plan, "Ada", lambda *_: None, lambda _: True)
    [joe] = {str(row["Id"]) for row in ends.crm.rows("Contact")} - {ann}
    assert came_of(ends) == (joe, account, robots, 2, 1, 1)
    roles = ends.crm.rows("OpportunityContactRole")
    assert [(row["ContactId"], row["IsPrimary"]) for row in roles] == [(ann, True), (joe, False)]

    rest(road, ends)
    shown = road.rows("SELECT lead_id, record_id FROM shown WHERE object = 'Opportunity'")
    assert shown == [(lead_id, robots)]
    assert of_the_lead(road) == ("field", "open", 4_800_000)
    ends.crm.set_stage(robots, "Proposal", Amount=52000)
    rest(road, ends)
    assert road.one("SELECT COUNT(*) FROM lead_events WHERE kind = 'milestone' AND choice = 'proposal'") == 1
    ends.crm.close(robots, won=True)
    rest(road, ends)
    assert of_the_lead(road) == ("customer", "won", 5_200_000)
    assert came_of(ends)[3:] == (2, 1, 1)


def test_the_persons_own_deal_comes_first_and_their_contact_is_kept_also_where_the_answer_is_lost(road, ends):
    account = acme(ends)
    at_the_deal(road, ends)
    joe = contact(ends, account, JOE, "Miller")
    deal(ends, account)
    own = deal(ends, account, ContactId=joe)
    read(road, ends)
    plan = make_plan(road.hub, ends.connectors, ["crm"], lambda *_: None)
    [line] = [each for each in plan.lines if each.verb == "convert"]
    assert line.into == f"Contact {joe}, Account {account}, Opportunity {own}"
    with road.database.write() as connection:
        connection.exec_driver_sql("UPDATE sending SET mode = 'live'")
    ends.crm.faults.lose_answers(1)
    rest(road, ends, 2)
    assert road.rows("SELECT state, verified FROM commands WHERE verb = 'convert'") == [("done", 1)]
    assert road.rows("SELECT record_id FROM shown WHERE object = 'Opportunity'") == [(own,)]
    assert came_of(ends) == (joe, account, own, 1, 1, 2)
    assert len(ends.crm.rows("OpportunityContactRole")) == 1


def test_the_deal_that_the_hub_made_for_a_known_contact_takes_the_lead_and_there_is_no_second_one(road, ends):
    account = acme(ends)
    lead_id = joe_is_a_lead(road)
    rest(road, ends)
    joe = contact(ends, account, JOE, "Miller")
    rest(road, ends)
    assert ends.crm.count("Opportunity") == 0
    for choice in ("qualified", "meeting_booked"):
        clicked(road, Click("outcome", lead_id, choice, "Ada"))
    assert refs_of_waiting(road) == [], "its deal is made first"
    rest(road, ends, 2)
    [made] = ends.crm.rows("Opportunity")
    assert came_of(ends) == (joe, account, made["Id"], 1, 1, 1)
    assert road.rows("SELECT record_id FROM shown WHERE object = 'Opportunity'") == [(made["Id"],)]


def test_where_several_may_be_it_none_is_taken_and_none_is_made_until_one_is_left(road, ends):
    account = acme(ends)
    first = deal(ends, account)
    at_the_deal(road, ends)
    assert [refs["opportunity"] for refs in refs_of_waiting(road)] == [["Opportunity", first]]
    second = deal(ends, account)
    read(road, ends)
    road.act("page.viewed", "p1", email=JOE)
    road.decide()
    assert refs_of_waiting(road) == []
    [(said,)] = road.rows("SELECT reason FROM messages WHERE reason LIKE '%not converted%'")
    assert f"several open deals may be its own ({first}, {second})" in said
    rest(road, ends)
    assert came_of(ends) == (None, None, None, 0, 1, 2)

    ends.crm.close(second, won=False)
    read(road, ends)
    road.act("page.viewed", "p2", email=JOE)
    rest(road, ends)
    assert came_of(ends)[1:] == (account, first, 1, 1, 2)


def test_a_closed_deal_one_for_something_else_and_one_of_another_account_are_not_taken(road, ends):
    account = acme(ends)
    other = str(ends.crm.create_account(ends.crm.users["abel"], Name="Other Works"))
    closed = deal(ends, account)
    there = {deal(ends, account, "sensor"), deal(ends, other), closed}
    ends.crm.close(closed, won=False)
    at_the_deal(road, ends)
    rest(road, ends)
    assert came_of(ends)[1:2] + came_of(ends)[3:] == (account, 1, 2, 4)
    assert came_of(ends)[2] not in there


def test_control_where_no_deal_is_looked_for_a_second_one_is_made(road, ends, monkeypatch):
    monkeypatch.setattr("closeloop.steps.conversions._likely", lambda *_: ())
    account = acme(ends)
    there = deal(ends, account)
    at_the_deal(road, ends)
    rest(road, ends)
    assert came_of(ends)[1:2] + came_of(ends)[3:] == (account, 1, 1, 2)
    assert came_of(ends)[2] != there


def the_deal_is_another_one_now(road: Road, ends: Ends, account: str, closed: str) -> str:
    """Before the lead went into its deal, that one was closed, and another one opened; the new one."""
    ends.crm.close(closed, won=False)
    opened = deal(ends, account)
    read(road, ends)
    road.act("page.viewed", "p1", email=JOE)
    road.decide()
    return opened


def test_what_waits_goes_into_the_deal_of_now_and_says_so(road, ends):
    account = acme(ends)
    first = deal(ends, account)
    at_the_deal(road, ends)
    read(road, ends)
    second = the_deal_is_another_one_now(road, ends, account, first)
    ((refs, why),) = road.rows("SELECT refs, why FROM commands WHERE verb = 'convert'")
    assert (second in str(refs), second in str(why), first in str(why)) == (True, True, False)


def test_what_was_approved_for_one_deal_goes_into_no_other_before_it_is_planned_anew(road, ends):
    account = acme(ends)
    first = deal(ends, account)
    at_the_deal(road, ends)
    approve_plan(road.hub, make_plan(road.hub, ends.connectors, ["crm"], lambda *_: None), "Ada")
    second = the_deal_is_another_one_now(road, ends, account, first)
    rest(road, ends)
    assert came_of(ends)[2] is None
    plan = make_plan(road.hub, ends.connectors, ["crm"], lambda *_: None)
    apply_plan(road.hub, ends.connectors, plan, "Ada", lambda *_: None, lambda _: True)
    assert came_of(ends)[2] == second
