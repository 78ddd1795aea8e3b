"""Every living record is listed, whole and once, by query or by bulk job, and equal to what a pull tells of it."""

from __future__ import annotations

import pytest

from closeloop.connectors.salesforce import connect
from closeloop.connectors.salesforce.simulator.objects import plain, points_to
from closeloop.ports import Ref
from closeloop.words.errors import Permanent


def every(connector, name):
    records, after = [], None
    while True:
        page = connector.scan(name, after)
        records += page.records
        after = page.cursor
        if not page.more:
            return records


def pulled(connector, cursor=None):
    records = []
    while True:
        page = connector.pull(cursor)
        records += page.records
        cursor = page.cursor
        if not page.more:
            return records


@pytest.fixture
def base(salesforce, sato, clock):
    """A bit of everything, one of each deleted."""
    campaign = salesforce.insert("Campaign", {"Name": "Robots 2026", "ActualCost": 1200.0}, by=sato)
    account = salesforce.create_account(sato, Name="Acme", NumberOfEmployees=12)
    contact = salesforce.create_contact(sato, LastName="Smith", AccountId=account, HasOptedOutOfEmail=True)
    leads = [salesforce.create_lead(sato, LastName=f"S{n}", Company="A", Description='a "b",\nc') for n in range(7)]
    salesforce.add_member(campaign, leads[0], "Attended")
    deal = salesforce.create_opportunity(sato, Name="Robots", ContactId=contact, Amount=12000.5, CampaignId=campaign)
    salesforce.set_stage(deal, "Qualification")
    salesforce.log_call(leads[0], sato, "Connected")
    salesforce.book_meeting(contact, sato, clock.now())
    salesforce.delete(leads[6])
    return deal


@pytest.mark.parametrize("bulk_from", ["2000", "0"])
def test_a_scan_tells_what_a_pull_tells_page_by_page(salesforce, base, clock, bulk_from):
    patience = {"bulk_poll_seconds": "0.001", "bulk_from": bulk_from, "page_size": "3"}
    connector = connect({**salesforce.settings, **patience}, clock)
    told = {(record.object, record.id): record for record in pulled(connector) if not record.deleted}
    listed = [record for name in connector.objects() for record in every(connector, name)]
    connector.close()
    assert len(listed) == len(told) == 14
    assert {(record.object, record.id): record for record in listed} == told
    assert bool(salesforce.bulk.jobs) == (bulk_from == "0")


def test_the_objects_are_listed_with_those_first_that_others_point_to(connector, salesforce, base):
    names = connector.objects()
    assert names[:6] == ("Campaign", "Account", "Contact", "Lead", "OpportunityContactRole", "Opportunity")
    assert {name: connector.count(name) for name in ("Lead", "Contact", "CampaignMember")} == {
        "Lead": 6, "Contact": 1, "CampaignMember": 1,
    }  # fmt: skip
    with pytest.raises(Permanent, match=r"Robot__c is not read here; valid are Campaign, Account"):
        connector.count("Robot__c")


def test_an_object_that_the_organisation_lacks_is_left_out(connector, salesforce, joe):
    for name in ("Campaign", "CampaignMember", "OpportunityHistory"):
        del salesforce.schema.objects[name]
    assert "CampaignMember" not in connector.objects()
    assert [record.id for record in pulled(connector)] == [joe]


def test_a_place_of_another_making_and_a_job_that_is_gone_say_so(salesforce, base, clock):
    connector = connect(
        {**salesforce.settings, "bulk_from": "0", "bulk_poll_seconds": "0.001", "page_size": "2"}, clock
    )
    first = connector.scan("Lead", None)
    salesforce.bulk.jobs.clear()
    with pytest.raises(Permanent, match="scan from the beginning with None"):
        connector.scan("Lead", first.cursor)
    with pytest.raises(Permanent, match="not one of ours"):
        connector.scan("Lead", "page 2")
    connector.close()


def test_a_custom_object_is_read_as_what_the_settings_say_it_is(salesforce, joe, sato, clock):
    buyer, price = points_to("Buyer__c", "Lead", "Contact"), plain("Price__c", "double")
    salesforce.schema.add_object("Purchase__c", "a01", buyer, price, points_to("OwnerId", "User"))
    bought = salesforce.insert("Purchase__c", {"Buyer__c": joe, "Price__c": 12.0}, by=sato)
    plainly = connect(salesforce.settings, clock)
    told = {shape.object: shape for shape in plainly.discover()}
    assert told["Purchase__c"].fields == ()
    assert "Purchase__c" not in plainly.objects()
    plainly.close()
    connector = connect({**salesforce.settings, "objects": "Purchase__c:activity"}, clock)
    [record] = every(connector, "Purchase__c")
    assert (record.id, record.entity, record.fields["Price__c"]) == (bought, "activity", 12)
    assert record.refs == {"person": Ref("Lead", joe), "owner": Ref("User", sato)}
    assert record in pulled(connector)
    connector.close()


def test_a_record_of_ones_own_is_read_with_all_fields_and_whoever_any_of_them_points_to(salesforce, joe, sato, clock):
    buyer, price = points_to("BillToId", "Lead", "Contact"), plain("TotalAmount", "double")
    salesforce.schema.add_object("Order", "801", buyer, price, points_to("OwnerId", "User"))
    bought = salesforce.insert("Order", {"BillToId": joe, "TotalAmount": 12.0}, by=sato)
    connector = connect({**salesforce.settings, "objects": "Order:record"}, clock)
    [record] = every(connector, "Order")
    assert (record.id, record.entity, record.fields["TotalAmount"]) == (bought, "record", 12)
    assert record.refs == {"person": Ref("Lead", joe), "owner": Ref("User", sato)}
    connector.close()


def test_a_mark_is_followed_by_what_changes_from_then_on_and_nothing_older(connector, salesforce, base, joe, clock):
    mark = connector.mark()
    assert pulled(connector, mark) == []
    salesforce.set_status(joe, "Working")
    assert [record.id for record in pulled(connector, mark)] == [joe]


def test_control_a_cursor_that_remembers_nothing_tells_again_what_is_older(connector, salesforce, base, joe):
    connector._puller._moved = lambda mark, *_, **__: mark
    mark = connector.mark()
    del connector._puller._moved
    assert len(pulled(connector, mark)) > 1


def test_a_record_that_becomes_visible_late_is_not_lost_between_a_mark_and_its_pull(connector, salesforce, sato):
    late = salesforce.create_lead(sato, LastName="Late", Company="Acme")
    hidden = salesforce._tables["Lead"]._versions.pop(late)
    mark = connector.mark()
    salesforce._tables["Lead"]._versions[late] = hidden
    assert [record.id for record in pulled(connector, mark)] == [late]
