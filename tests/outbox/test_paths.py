"""A path of the process that a system does not have is named with the closest one that it has; what may be, is not."""

from __future__ import annotations

from closeloop.outbox.paths import unknown_paths
from closeloop.ports import Shape, ShapeField
from support.purchases import b2b_with

RECORDS = "records: {purchase: {of: person, from: crm.Order__c, has: {amount: {from: Amont__c, as: money}}}}\n"


def shape(name, *fields):
    return Shape(name, "person", tuple(ShapeField(each, "string", writable=True) for each in fields))


CRM = [
    shape("Lead", "Email", "Name", "Phone", "Title", "Country", "HasOptedOutOfEmail", "Status", "IsConverted"),
    shape("Contact", "Email", "Name", "Phone", "Title"), shape("Account", "Name", "NumberOfEmployees"),
    shape("Task", "CallDisposition"), shape("Event", "Type"), shape("Opportunity", "IsWon", "IsClosed", "StageName"),
]  # fmt: skip


def test_nothing_is_said_of_a_process_whose_fields_are_all_there():
    assert unknown_paths(b2b_with(""), "crm", CRM) == []


def test_a_field_or_an_object_that_is_not_there_is_named_with_its_place_and_the_closest():
    process = b2b_with(RECORDS, ("crm.Title, ma.title", "crm.Titel, ma.title"), ("crm.Account.Name", "crm.Acount.Name"))
    assert unknown_paths(process, "crm", [*CRM, shape("Order__c", "Amount__c")]) == [
        "fields.person.title: crm.Titel: no object has such a field; did you mean 'Title'?",
        "fields.account.company: crm.Acount.Name: there is no object Acount; did you mean 'Account'?",
        "records.purchase.has.amount: crm.Order__c.Amont__c: Order__c has no such field; did you mean 'Amount__c'?",
    ]


def test_an_object_that_tells_no_fields_may_have_any():
    assert unknown_paths(b2b_with(RECORDS), "crm", [*CRM, shape("Order__c")]) == []
