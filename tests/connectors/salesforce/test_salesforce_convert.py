"""A lead is converted into the contact that it is and the deal that is there, once, whatever happens to the answer."""

from __future__ import annotations

import pytest

from closeloop.ports import Command, Outcome, Ref, Verb

SOAP = "/services/Soap"


def convert(lead, key="v1", attempt=1, refs=(), **fields):
    return Command(key, Verb.CONVERT, "Lead", Ref("Lead", lead), fields=fields, refs=dict(refs), attempt=attempt)


@pytest.fixture
def acme(salesforce, sato):
    return salesforce.create_account(sato, Name="Acme")


@pytest.fixture
def contact(salesforce, sato, acme):
    return salesforce.create_contact(sato, LastName="Smith", Email="joe@acme.example", AccountId=acme)


def test_a_lead_goes_into_the_contact_and_its_account_and_no_deal_is_made(connector, salesforce, joe, contact, acme):
    call = salesforce.log_call(joe, salesforce.users["Sato"])
    [answer] = connector.push([convert(joe, refs={"person": Ref("Contact", contact)})])
    assert (answer.outcome, answer.verified, answer.ref) == (Outcome.DONE, True, Ref("Lead", joe))
    assert answer.became == (Ref("Contact", contact), Ref("Account", acme))
    assert salesforce.get(call)["WhoId"] == contact
    assert (salesforce.count("Contact"), salesforce.count("Account"), salesforce.count("Opportunity")) == (1, 1, 0)


def test_what_is_not_named_is_made_anew_and_a_deal_where_its_name_is_given(connector, salesforce, joe, mori):
    [answer] = connector.push([convert(joe, refs={"owner": Ref("User", mori)}, opportunity="Robots for Acme")])
    contact, account, deal = answer.became
    assert (answer.outcome, contact.object, account.object) == (Outcome.DONE, "Contact", "Account")
    row = salesforce.get(deal.id)
    assert (row["Name"], row["OwnerId"], row["ContactId"]) == ("Robots for Acme", mori, contact.id)
    assert connector.fetch([Ref("Lead", joe)])[Ref("Lead", joe)].became == answer.became


def test_a_lead_goes_into_a_deal_of_the_account_whose_own_values_stay_and_its_contact_gets_a_role(
    connector, salesforce, joe, sato, acme
):
    salesforce.change(joe, {"Product__c": "robot", "Region__c": "dach"})
    deal = salesforce.create_opportunity(sato, Name="Line 4", AccountId=acme, Product__c="sensor")
    into = {"account": Ref("Account", acme), "opportunity": Ref("Opportunity", deal)}
    [answer] = connector.push([convert(joe, refs=into)])
    contact, *others = answer.became
    assert (answer.outcome, answer.verified, others) == (Outcome.DONE, True, [into["account"], into["opportunity"]])
    row = salesforce.get(deal)
    assert [row[name] for name in ("Name", "Product__c", "Region__c", "OwnerId")] == ["Line 4", "sensor", "dach", sato]
    [role] = salesforce.records("OpportunityContactRole")
    assert (role["OpportunityId"], role["ContactId"], role["IsPrimary"]) == (deal, contact.id, True)
    assert (salesforce.count("Account"), salesforce.count("Opportunity")) == (1, 1)


def test_a_deal_of_another_account_and_two_deals_at_once_are_refused_and_nothing_is_made(
    connector, salesforce, joe, sato, contact
):
    elsewhere = salesforce.create_opportunity(sato, Name="X", AccountId=salesforce.create_account(sato, Name="B"))
    deal = Ref("Opportunity", elsewhere)
    person = Ref("Contact", contact)
    [answer] = connector.push([convert(joe, refs={"person": person, "opportunity": deal})])
    assert (answer.outcome, "does not belong to the account" in answer.reason) == (Outcome.PERMANENT, True)
    n = salesforce.faults.n_calls("POST", SOAP)
    both, alone, wrong = connector.push(
        [
            convert(joe, "b", refs={"person": person, "opportunity": deal}, opportunity="Robots"),
            convert(joe, "a", refs={"opportunity": deal}),
            convert(joe, "w", refs={"person": person, "opportunity": person}),
        ]
    )
    assert "one to be made" in both.reason
    assert 'refs["account"]' in alone.reason
    assert wrong.reason == f'a Lead goes into an Opportunity, and refs["opportunity"] is the Contact {contact}'
    assert (salesforce.faults.n_calls("POST", SOAP), salesforce.count("Contact")) == (n, 1)
    assert salesforce.get(joe)["IsConverted"] is False


def test_one_that_a_seller_converted_without_the_deal_is_followed(connector, salesforce, joe, sato, contact, acme):
    deal = salesforce.create_opportunity(sato, Name="Line 4", AccountId=acme)
    salesforce.convert_lead(joe, account_id=acme, contact_id=contact)
    into = {"person": Ref("Contact", contact), "opportunity": Ref("Opportunity", deal)}
    [answer] = connector.push([convert(joe, refs=into)])
    assert (answer.outcome, answer.became[0]) == (Outcome.CHANGED, Ref("Contact", contact))


def test_a_lost_answer_is_looked_for_and_nothing_is_converted_twice(connector, salesforce, joe):
    connector.discover()
    connector.push([Command("u", Verb.CONVERT, "Lead", Ref("Lead", "00Q5g00000zzzzz"))])  # so that the status is known
    salesforce.faults.lose_answers(1)
    [lost] = connector.push([convert(joe)])
    assert (lost.outcome, salesforce.count("Contact")) == (Outcome.TRANSIENT, 1)
    n = salesforce.faults.n_calls("POST", SOAP)
    [again] = connector.push([convert(joe, attempt=2)])
    assert (again.outcome, again.verified, again.reason) == (Outcome.DONE, True, "converted by an earlier attempt")
    assert (salesforce.faults.n_calls("POST", SOAP), salesforce.count("Contact")) == (n, 1)


def test_control_a_repeat_that_does_not_know_it_is_one_asks_again_and_takes_it_for_a_sellers(
    connector, salesforce, joe
):
    connector.discover()
    salesforce.faults.lose_answers(1)
    connector.push([convert(joe)])
    [again] = connector.push([convert(joe)])
    assert (again.outcome, salesforce.faults.n_calls("POST", SOAP)) == (Outcome.CHANGED, 2)


def test_a_lead_that_a_seller_converted_is_followed_or_done_where_it_went_the_same_way(
    connector, salesforce, joe, sato, contact
):
    elsewhere, *_ = salesforce.convert_lead(joe)
    [answer] = connector.push([convert(joe, refs={"person": Ref("Contact", contact)})])
    assert (answer.outcome, answer.became[0]) == (Outcome.CHANGED, Ref("Contact", elsewhere))
    assert answer.reason == f"not converted: it became Contact {elsewhere}"
    [same] = connector.push([convert(joe, refs={"person": Ref("Contact", elsewhere)})])
    assert (same.outcome, same.verified) == (Outcome.DONE, True)


def test_a_lead_of_a_queue_needs_an_owner(connector, salesforce, joe, sato):
    queue = salesforce.add_queue("Inbound")
    salesforce.change(joe, {"OwnerId": queue}, by=sato)
    [answer] = connector.push([convert(joe)])
    assert answer.outcome is Outcome.PERMANENT
    assert "belongs to a queue" in answer.reason
    assert 'refs["owner"]' in answer.reason
    [done] = connector.push([convert(joe, refs={"owner": Ref("User", sato)})])
    assert done.outcome is Outcome.DONE


def test_each_refusal_is_its_own_and_a_wrong_one_is_refused_without_a_call(connector, salesforce, sato, joe, contact):
    locked, gone = (salesforce.create_lead(sato, LastName=name, Company="A") for name in ("Locked", "Gone"))
    salesforce.lock_row(locked)
    salesforce.delete(gone)
    wrong = Command("w", Verb.CONVERT, "Contact", Ref("Contact", contact))
    into_a_lead = convert(joe, "i", refs={"person": Ref("Lead", locked)})
    bad_status = convert(joe, "b", status="Open")
    commands = [wrong, into_a_lead, convert(locked, "l"), convert(gone, "g"), bad_status]
    answers = {answer.key: answer for answer in connector.push(commands)}
    assert {key: answer.outcome for key, answer in answers.items()} == {
        "w": Outcome.PERMANENT, "i": Outcome.PERMANENT, "l": Outcome.TRANSIENT, "g": Outcome.CHANGED,
        "b": Outcome.PERMANENT,
    }  # fmt: skip
    assert answers["w"].reason == "salesforce converts Leads alone, and not a Contact"
    assert answers["i"].reason == f'a Lead goes into a Contact, and refs["person"] is the Lead {locked}'
    assert "invalid convertedStatus: Open" in answers["b"].reason


def test_an_early_read_back_is_not_called_verified(connector, salesforce, joe, clock):
    salesforce.faults.delay_reads(60)
    clock.advance(salesforce.faults.read_delay)
    [early] = connector.push([convert(joe)])
    assert (early.outcome, "does not show it yet" in early.reason) == (Outcome.TRANSIENT, True)
    clock.advance(salesforce.faults.read_delay)
    [late] = connector.push([convert(joe, attempt=2)])
    assert (late.outcome, late.verified, salesforce.count("Contact")) == (Outcome.DONE, True, 1)
