"""What a push will cost is told beforehand, without a call, and is what it then costs."""

from __future__ import annotations

import pytest

from closeloop.ports import Command, Outcome, Ref, Verb


@pytest.fixture
def mixed(salesforce, sato):
    """One command or more of every verb, and of every kind of object that is costed in its own way."""
    leads = [salesforce.create_lead(sato, LastName=f"Smith {n}", Company="Acme") for n in range(8)]
    contacts = [salesforce.create_contact(sato, LastName=f"Smith {n}") for n in range(4)]
    account = salesforce.create_account(sato, Name="Acme")
    of_acme = salesforce.create_contact(sato, LastName="Jones", AccountId=account)
    task = salesforce.log_call(leads[0], sato, Status="Not Started")
    deal = salesforce.create_opportunity(sato, Name="Robots")
    for record_id in (leads[1], contacts[0]):
        salesforce.delete(record_id)

    def about(verb, record_id, refs=(), **fields):
        ref = Ref(salesforce.object_of(record_id), record_id)
        return Command(f"{verb} {record_id}", verb, ref.object, ref, fields=fields, refs=dict(refs))

    loser, person = {"loser": Ref("Contact", contacts[2])}, {"person": Ref("Contact", of_acme)}
    return [
        *(Command(f"c{n}", Verb.CREATE, "Lead", our_key=f"c{n}", fields={"Name": "New"}) for n in range(3)),
        Command("t", Verb.CREATE, "Task", our_key="t", fields={"subject": "Call"}),
        about(Verb.UPDATE, leads[0], Title="CTO"),
        about(Verb.UPDATE, deal, Amount=5),
        about(Verb.DEACTIVATE, leads[0], reason="no_need"),
        about(Verb.DEACTIVATE, leads[2], reason="no_need"),
        about(Verb.DEACTIVATE, task),
        about(Verb.DEACTIVATE, deal),
        about(Verb.REACTIVATE, deal),
        about(Verb.MERGE, contacts[1], loser),
        about(Verb.CONVERT, leads[3], person),
        about(Verb.CONVERT, leads[4]),
        about(Verb.CONVERT, leads[5], opportunity="Robots", status="Closed - Converted"),
        about(Verb.RESTORE, leads[1], Title="CEO"),
        about(Verb.RESTORE, contacts[0]),
        about(Verb.ERASE, leads[6]),
        about(Verb.JOIN, leads[7], list="nurture"),
        Command("x", Verb.CREATE, "Opportunity", refs={"person": Ref("Lead", leads[7])}),
    ]


@pytest.mark.parametrize("warm", [False, True])
def test_a_push_of_all_verbs_costs_exactly_what_was_said(connector, mixed, warm):
    if warm:
        connector.discover()
    before = connector.calls
    told = connector.cost(mixed)
    assert connector.calls == before
    answers = connector.push(mixed)
    assert connector.calls - before == told
    refused = {answer.key for answer in answers if answer.outcome is not Outcome.DONE}
    assert refused == {mixed[-1].key, mixed[-2].key}


def test_a_full_batch_of_one_verb_costs_what_was_said_and_what_it_learned_is_not_asked_again(
    connector, salesforce, sato
):
    leads = [salesforce.create_lead(sato, LastName=f"Smith {n}", Company="Acme") for n in range(200)]
    batch = [Command(i, Verb.DEACTIVATE, "Lead", Ref("Lead", i), fields={"reason": "no_need"}) for i in leads]
    assert connector.cost(batch) == 3
    assert {answer.outcome for answer in connector.push(batch)} == {Outcome.DONE}
    assert connector.calls == 3
    assert connector.cost(batch) == 2


def test_control_a_failure_costs_more_than_was_said(connector, salesforce, joe):
    command = Command("u", Verb.UPDATE, "Lead", Ref("Lead", joe), fields={"Status": "Hot"})
    told = connector.cost([command])
    connector.push([command])
    assert connector.calls > told
