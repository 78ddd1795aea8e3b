"""Each refusal of Salesforce is told with field, value, what would be valid and what to do."""

from __future__ import annotations

import pytest

from closeloop.connectors.salesforce.simulator.objects import text
from closeloop.connectors.salesforce.simulator.schema import Rule
from closeloop.ports import Command, Outcome, Ref, Verb


def update(ref, **fields):
    return Command("u", Verb.UPDATE, ref.object, ref, fields=fields)


def everything(connector, cursor=None):
    page = connector.pull(cursor)
    return page.records, page.cursor


@pytest.fixture
def lead(joe):
    return Ref("Lead", joe)


def test_a_picklist_changed_at_the_vendor_is_told_as_it_is_now(connector, salesforce, lead):
    connector.discover()
    salesforce.schema.set_choices("Lead", "Status", "Open", "New")
    [answer] = connector.push([update(lead, Status="Working")])
    assert answer.outcome is Outcome.PERMANENT
    assert answer.reason.startswith("Lead.Status cannot be 'Working': valid is Open, New (")


def test_a_field_deleted_at_the_vendor_is_named_and_reading_goes_on_without_it(connector, salesforce, lead):
    salesforce.schema.add_field("Lead", text("Colour__c"))
    connector.push([update(lead, Colour__c="red")])
    [record], cursor = everything(connector)
    assert record.fields["Colour__c"] == "red"
    salesforce.schema.drop_field("Lead", "Colour__c")
    [answer] = connector.push([update(lead, Colour__c="blue")])
    assert answer.outcome is Outcome.PERMANENT
    assert answer.reason.startswith("Lead has no field Colour__c: add it in Salesforce, or take it out")
    salesforce.set_status(lead.id, "Working")
    [record], _ = everything(connector, cursor)
    assert (record.fields["Status"], "Colour__c" in record.fields) == ("Working", False)


def test_reading_goes_on_when_the_field_went_between_two_pulls(connector, salesforce, lead):
    salesforce.schema.add_field("Lead", text("Colour__c"))
    _, cursor = everything(connector)
    salesforce.schema.drop_field("Lead", "Colour__c")
    salesforce.set_status(lead.id, "Working")
    [record], _ = everything(connector, cursor)
    assert (record.fields["Status"], lead in connector.fetch([lead])) == ("Working", True)


def test_a_validation_rule_is_quoted_with_the_value(connector, salesforce, lead):
    rule = Rule("Lead", lambda row: row.get("Phone") == "0", "A phone has digits", "Phone")
    salesforce.schema.rules.append(rule)
    [answer] = connector.push([update(lead, Phone="0")])
    assert answer.outcome is Outcome.PERMANENT
    wanted = "a validation rule of Lead about Phone = '0' says: A phone has digits; change the value, or the rule"
    assert answer.reason.startswith(wanted)
    assert connector.push([update(lead, Phone="1")])[0].outcome is Outcome.DONE


def test_a_duplicate_rule_is_quoted(connector, salesforce, lead):
    salesforce.schema.unique["Lead"] = "Email"
    fields = {"Name": "Joe", "Email": "joe@acme.example"}
    [answer] = connector.push([Command("c", Verb.CREATE, "Lead", our_key="c", fields=fields)])
    assert answer.outcome is Outcome.PERMANENT
    assert "a duplicate rule of Lead says: Use one of these records?; merge with the one that is there" in answer.reason


def test_a_value_that_does_not_fit_is_named_with_what_would(connector, lead):
    wanted = [
        ({"Title": "x" * 129}, "Lead.Title has 129 characters, at most 128"),
        ({"LastName": None}, "Lead needs LastName (REQUIRED_FIELD_MISSING)"),
        ({"IsConverted": True}, "Lead.IsConverted cannot be written by the integration user: give it the right"),
        ({"NumberOfEmployees": "many"}, "Lead.NumberOfEmployees cannot hold 'many': it is of type int"),
        ({"Email": "joe"}, "Lead.Email is not an e-mail address: 'joe'"),
    ]
    for fields, said in wanted:
        [answer] = connector.push([update(lead, **fields)])
        assert answer.outcome is Outcome.PERMANENT
        assert answer.reason.startswith(said)


def test_an_inactive_owner_is_named(connector, salesforce, lead):
    gone = salesforce.add_user("gone@example.com", "Gone", active=False)
    [answer] = connector.push([Command("u", Verb.UPDATE, "Lead", lead, refs={"owner": Ref("User", gone)})])
    assert answer.reason.startswith(f"Lead.OwnerId: user {gone} may no longer own records; choose an active user")


def test_a_row_lock_is_told_and_tried_again(connector, salesforce, lead):
    salesforce.lock_row(lead.id)
    [answer] = connector.push([update(lead, Title="CTO")])
    assert answer.outcome is Outcome.TRANSIENT
    assert answer.reason.startswith("somebody else writes to this Lead just now")


def test_many_refusals_of_one_kind_are_explained_by_one_description(connector, salesforce):
    connector.discover()
    before = connector.calls
    bad = [
        Command(f"c{n}", Verb.CREATE, "Lead", our_key=f"c{n}", fields={"Name": "A", "Status": "Hot"}) for n in range(9)
    ]
    answers = connector.push(bad)
    assert all("valid is Open" in answer.reason for answer in answers)
    assert connector.calls - before == 2
