"""Commands reach Salesforce at most once each, and every one has its own answer."""

from __future__ import annotations

import httpx2
import pytest

from closeloop.ports import Command, Outcome, Ref, Verb
from closeloop.words.errors import Transient

KEY = "Closeloop_Key__c"


def create(key, object_name="Lead", attempt=1, refs=(), **fields):
    fields = fields or {"Name": "Joe Smith", "Company": "Acme", "Email": "joe@acme.example"}
    return Command(key, Verb.CREATE, object_name, our_key=key, fields=fields, refs=dict(refs), attempt=attempt)


def update(key, ref, refs=(), **fields):
    return Command(key, Verb.UPDATE, ref.object, ref=ref, fields=fields, refs=dict(refs))


def switch(key, verb, ref, **fields):
    return Command(key, verb, ref.object, ref=ref, fields=fields)


def test_creates_a_lead_with_owner_names_apart_and_our_key(connector, salesforce, sato):
    (answer,) = connector.push([create("k1", refs={"owner": Ref("User", sato)}, Name="Joe van Dyck", Country="DE")])

    (lead,) = salesforce.records("Lead")
    assert (answer.outcome, answer.created, answer.ref) == (Outcome.DONE, True, Ref("Lead", lead["Id"]))
    assert (lead["FirstName"], lead["LastName"], lead["Company"]) == ("Joe", "van Dyck", "[unknown]")
    assert (lead["OwnerId"], lead[KEY], lead["Status"]) == (sato, "k1", "Open")


def test_a_lost_answer_leaves_one_record_and_the_retry_finds_it(connector, salesforce):
    connector.limits()
    salesforce.faults.lose_answers(1)
    (lost,) = connector.push([create("k1")])
    (again,) = connector.push([create("k1", attempt=2)])

    assert lost.outcome is Outcome.TRANSIENT
    assert (again.outcome, again.created) == (Outcome.DONE, False)
    assert salesforce.count("Lead") == 1
    assert salesforce.faults.n_calls("PATCH") == 1


def test_without_the_key_a_lost_answer_makes_two(connector, salesforce):
    """The control: the same loss, the record made by a plain POST that is sent again."""
    record = {"attributes": {"type": "Lead"}, "LastName": "Smith", "Company": "Acme"}
    client = connector._client
    salesforce.faults.lose_answers(1)
    with pytest.raises(Transient, match="did not answer"):
        client.write("POST", "/composite/sobjects", [record])
    client.write("POST", "/composite/sobjects", [record])

    assert salesforce.count("Lead") == 2


def test_a_retry_whose_read_back_comes_too_early_still_makes_no_second_record(connector, salesforce):
    salesforce.faults.delay_reads(60)
    salesforce.faults.lose_answers(1)
    connector.push([create("k1")])
    (again,) = connector.push([create("k1", attempt=2)])

    assert (again.outcome, again.created) == (Outcome.DONE, False)
    assert salesforce.count("Lead") == 1


def test_a_retry_overwrites_nothing_that_a_seller_wrote_meanwhile(connector, salesforce):
    salesforce.faults.lose_answers(1)
    connector.push([create("k1", Name="Joe Smith", Title="Engineer")])
    salesforce.change(salesforce.records("Lead")[0]["Id"], {"Title": "CTO"})
    connector.push([create("k1", attempt=2, Name="Joe Smith", Title="Engineer")])

    assert salesforce.records("Lead")[0]["Title"] == "CTO"


def test_each_record_of_a_batch_has_its_own_answer(connector, salesforce):
    fine = [create(f"fine{n}") for n in range(3)]
    bad = [
        create("status", Name="A", Status="Hot"),
        create("email", Name="B", Email="no address"),
        create("long", Name="C", Title="x" * 200),
        create("owner", refs={"owner": Ref("User", salesforce.add_user("gone@example.com", "Gone", active=False))}),
    ]
    answers = {answer.key: answer for answer in connector.push([fine[0], *bad, *fine[1:]])}

    assert [answers[f"fine{n}"].outcome for n in range(3)] == [Outcome.DONE] * 3
    assert salesforce.count("Lead") == 3
    reasons = {command.key: answers[command.key].reason for command in bad}
    assert {answers[command.key].outcome for command in bad} == {Outcome.PERMANENT}
    assert "Lead.Status cannot be 'Hot': valid is Open, Working, Qualified" in reasons["status"]
    assert "Lead.Email is not an e-mail address: 'no address'" in reasons["email"]
    assert "Lead.Title has 200 characters, at most 128" in reasons["long"]
    assert "may no longer own records" in reasons["owner"]


def test_a_field_that_salesforce_does_not_know_spoils_only_its_own_command(connector, salesforce):
    """Salesforce refuses such a call as a whole, naming the field: the rest is sent again."""
    commands = [create(f"k{n}") for n in range(9)]
    commands[4] = create("k4", Name="Joe", Favourite_Colour__c="red")
    answers = connector.push(commands)

    assert [answer.outcome for answer in answers].count(Outcome.DONE) == 8
    assert answers[4].outcome is Outcome.PERMANENT
    assert "Lead has no field Favourite_Colour__c" in answers[4].reason
    assert salesforce.count("Lead") == 8
    assert salesforce.faults.n_calls("PATCH") == 2


def test_a_call_refused_as_a_whole_without_saying_why_is_sent_in_halves(connector, salesforce):
    connector.discover()
    salesforce.faults.fail_next(400)
    answers = connector.push([create("k1"), create("k2"), create("k3")])

    assert [answer.outcome for answer in answers] == [Outcome.DONE] * 3
    assert salesforce.faults.n_calls("PATCH") == 3


def test_an_object_that_salesforce_does_not_have_costs_one_call(connector, salesforce):
    answers = connector.push([create(f"k{n}", "Robot__c") for n in range(9)])

    assert {answer.outcome for answer in answers} == {Outcome.PERMANENT}
    assert salesforce.faults.n_calls("PATCH") == 1


def test_a_row_lock_is_worth_another_try(connector, salesforce, joe):
    salesforce.lock_row(joe)
    ref = Ref("Lead", joe)

    assert connector.push([update("u1", ref, Title="CTO")])[0].outcome is Outcome.TRANSIENT
    assert connector.push([update("u1", ref, Title="CTO")])[0].outcome is Outcome.DONE


def test_commands_about_one_record_keep_their_order(connector, salesforce, joe):
    ref = Ref("Lead", joe)
    connector.push([update("u1", ref, Title="Engineer"), update("u2", ref, Title="CTO")])

    assert salesforce.get(joe)["Title"] == "CTO"


def test_an_update_of_a_converted_lead_says_where_the_person_is_now(connector, salesforce, joe):
    contact, account, _ = salesforce.convert_lead(joe)
    (answer,) = connector.push([update("u1", Ref("Lead", joe), Title="CTO")])

    assert answer.outcome is Outcome.CHANGED
    assert answer.became == (Ref("Contact", contact), Ref("Account", account))


def test_a_create_whose_record_was_converted_meanwhile_says_so(connector, salesforce):
    salesforce.faults.lose_answers(1)
    connector.push([create("k1")])
    lead = salesforce.records("Lead")[0]["Id"]
    contact, _, _ = salesforce.convert_lead(lead)

    for attempt in (1, 2):
        (answer,) = connector.push([create("k1", attempt=attempt)])
        assert (answer.outcome, answer.ref) == (Outcome.CHANGED, Ref("Lead", lead))
        assert answer.became[0] == Ref("Contact", contact)


def test_a_task_for_a_converted_lead_says_where_the_person_is_now(connector, salesforce, joe):
    contact, _, _ = salesforce.convert_lead(joe)
    (answer,) = connector.push([create("t1", "Task", refs={"person": Ref("Lead", joe)}, Subject="Call Joe")])

    assert (answer.outcome, answer.ref, answer.became[0]) == (
        Outcome.CHANGED,
        Ref("Lead", joe),
        Ref("Contact", contact),
    )
    assert salesforce.count("Task") == 0


@pytest.mark.parametrize("fate", ["delete", "merge"])
def test_an_update_of_a_record_that_is_gone_is_answered_changed(connector, salesforce, joe, sato, fate):
    other = salesforce.create_lead(sato, LastName="Smith", Company="Acme")
    if fate == "delete":
        salesforce.delete(joe)
    else:
        salesforce.merge(other, joe)
    (answer,) = connector.push([update("u1", Ref("Lead", joe), Title="CTO")])

    assert answer.outcome is Outcome.CHANGED
    assert answer.became == (() if fate == "delete" else (Ref("Lead", other),))


def test_a_task_goes_to_its_owner_about_the_person(connector, salesforce, joe, sato):
    refs = {"person": Ref("Lead", joe), "owner": Ref("User", sato)}
    connector.push([create("t1", "Task", refs=refs, Subject="Call")])

    (task,) = salesforce.records("Task")
    assert (task["WhoId"], task["OwnerId"], task["Status"], task[KEY]) == (joe, sato, "Not Started", "t1")


def test_the_words_of_a_handover_find_their_fields_and_a_task_that_is_done_is_ticked_off(connector, salesforce, joe):
    said = {"subject": "Call Joe", "product": "robot", "region": "dach", "company": "Acme", "packet": "{}"}
    (made,) = connector.push([create("t1", "Task", refs={"person": Ref("Lead", joe)}, **said)])
    (done,) = connector.push([update("u1", made.ref, done=True)])

    (task,) = salesforce.records("Task")
    assert done.outcome is Outcome.DONE
    assert (task["Subject"], task["Product__c"], task["Region__c"], task["Closeloop_Packet__c"], task["Status"]) == (
        "Call Joe",
        "robot",
        "dach",
        "{}",
        "Completed",
    )


def test_a_deal_is_made_with_its_contact_in_one_step(connector, salesforce, sato):
    contact = salesforce.create_contact(sato, LastName="Smith")
    refs = {"person": Ref("Contact", contact), "owner": Ref("User", sato)}
    (answer,) = connector.push([create("o1", "Opportunity", refs=refs, Product__c="robot")])

    (deal,), (role,) = salesforce.records("Opportunity"), salesforce.records("OpportunityContactRole")
    assert (deal["Name"], deal["StageName"], deal["CloseDate"]) == ("robot", "Prospecting", "2026-11-30")
    assert (role["OpportunityId"], role["ContactId"], role["IsPrimary"]) == (deal["Id"], contact, True)
    assert answer.ref == Ref("Opportunity", deal["Id"])


def test_a_deal_about_a_lead_is_refused_with_the_reason(connector, joe):
    (answer,) = connector.push([create("o1", "Opportunity", refs={"person": Ref("Lead", joe)}, Name="Robots")])

    assert answer.outcome is Outcome.PERMANENT
    assert "convert it first" in answer.reason


def test_deactivates_a_lead_by_the_recipe_reads_it_back_and_undoes_it(connector, salesforce, joe, mori):
    ref = Ref("Lead", joe)
    (off,) = connector.push([switch("d1", Verb.DEACTIVATE, ref, reason="unresponsive")])
    row = salesforce.get(joe)
    assert (off.outcome, off.verified) == (Outcome.DONE, True)
    assert (row["Status"], row["Closeloop_Inactive__c"], row["Closeloop_Reason__c"]) == (
        "Unqualified",
        True,
        "unresponsive",
    )
    assert not connector.fetch([ref])[ref].active
    assert salesforce.count("Lead", open_only=True) == 0

    (on,) = connector.push([switch("r1", Verb.REACTIVATE, ref, owner=mori)])
    row = salesforce.get(joe)
    assert (on.outcome, on.verified) == (Outcome.DONE, True)
    assert (row["Status"], row["Closeloop_Inactive__c"], row["Closeloop_Reason__c"], row["OwnerId"]) == (
        "Open",
        False,
        None,
        mori,
    )
    assert connector.fetch([ref])[ref].active


def test_what_a_read_back_does_not_show_yet_is_not_called_verified(connector, salesforce, joe):
    salesforce.faults.delay_reads(60)
    (answer,) = connector.push([switch("d1", Verb.DEACTIVATE, Ref("Lead", joe), reason="no_need")])

    assert (answer.outcome, answer.verified) == (Outcome.TRANSIENT, False)
    assert salesforce.get(joe)["Closeloop_Inactive__c"] is True


def test_deactivates_contacts_tasks_and_open_deals_but_leaves_finished_ones(connector, salesforce, joe, sato):
    contact = salesforce.create_contact(sato, LastName="Smith")
    to_do = salesforce.log_call(joe, sato, Status="Not Started")
    called = salesforce.log_call(joe, sato, "Connected")
    lost, won = (salesforce.create_opportunity(sato, Name=name) for name in ("open", "won"))
    salesforce.close(won, won=True)
    tasks, deals = [Ref("Task", to_do), Ref("Task", called)], [Ref("Opportunity", lost), Ref("Opportunity", won)]
    refs = [Ref("Contact", contact), *tasks, *deals]
    answers = connector.push([switch(ref.id, Verb.DEACTIVATE, ref, reason="bad_timing") for ref in refs])

    assert [(answer.outcome, answer.verified) for answer in answers] == [(Outcome.DONE, True)] * 5
    assert salesforce.get(contact)["Closeloop_Inactive__c"] is True
    assert [salesforce.get(task)["Status"] for task in (to_do, called)] == ["Deferred", "Completed"]
    assert [salesforce.get(deal)["StageName"] for deal in (lost, won)] == ["Closed Lost", "Closed Won"]
    assert salesforce.get(lost)["Loss_Reason__c"] == "bad_timing"


@pytest.mark.parametrize(
    ("verb", "object_name"), [(Verb.JOIN, "Lead"), (Verb.TELL, "Lead"), (Verb.DEACTIVATE, "Account")]
)
def test_what_salesforce_cannot_do_is_refused_plainly(connector, verb, object_name):
    (answer,) = connector.push([Command("x", verb, object_name, ref=Ref(object_name, "0015g0000000001AAA"))])

    assert answer.outcome is Outcome.PERMANENT
    assert answer.reason.startswith(f"salesforce cannot {verb} a {object_name}")


def test_reads_back_by_our_keys(connector, salesforce):
    connector.push([create("k1"), create("it's k2")])

    found = connector.read_back("Lead", ["k1", "it's k2", "k3"])
    assert set(found) == {"k1", "it's k2"}
    assert found["k1"].our_key == "k1"


def test_our_own_finished_call_is_no_touch_of_a_seller(connector, salesforce, joe):
    refs = {"person": Ref("Lead", joe)}
    connector.push([create("t1", "Task", refs=refs, Subject="Call", TaskSubtype="Call", Status="Completed")])

    (task,) = [record for record in connector.pull(None).records if record.object == "Task"]
    assert task.touch is None


def test_no_answer_at_all_is_worth_another_try_for_each_command(salesforce, connector, monkeypatch):
    def nobody(*args, **kwargs):
        raise httpx2.ConnectError("connection refused")

    monkeypatch.setattr(connector._client.session._http, "send", nobody)
    answers = connector.push([create("k1"), create("k2", attempt=2)])
    assert [answer.outcome for answer in answers] == [Outcome.TRANSIENT] * 2
