"""What was deleted or merged away comes back as it was; what is erased does not."""

from __future__ import annotations

from closeloop.ports import Command, Outcome, Ref, Verb


def restore(ref, key="r1", attempt=1, our_key=None, **fields):
    return Command(key, Verb.RESTORE, ref.object, ref, our_key=our_key, fields=fields, attempt=attempt)


def erase(ref, key="e1", attempt=1):
    return Command(key, Verb.ERASE, ref.object, ref, attempt=attempt)


def test_a_deleted_lead_comes_back_with_its_fields(connector, salesforce, joe):
    ref = Ref("Lead", joe)
    before = connector.fetch([ref])[ref]
    salesforce.delete(joe)
    [answer] = connector.push([restore(ref, **{**before.fields, "Title": "CTO"})])
    assert (answer.outcome, answer.verified, answer.created, answer.ref) == (Outcome.DONE, True, False, ref)
    row = salesforce.get(joe)
    assert (row["IsDeleted"], row["Title"], row["LastName"], row["Country"]) == (False, "CTO", "Smith", "DE")


def test_a_merge_is_undone_the_loser_is_itself_again(connector, salesforce, sato):
    kept, gone = (salesforce.create_contact(sato, LastName="Smith", Title=title) for title in ("CEO", "CTO"))
    was = connector.fetch([Ref("Contact", gone)])[Ref("Contact", gone)].fields
    salesforce.merge(kept, gone)
    [answer] = connector.push([restore(Ref("Contact", gone), **was)])
    assert (answer.outcome, answer.verified) == (Outcome.DONE, True)
    assert [row["Title"] for row in salesforce.records("Contact")] == ["CEO", "CTO"]
    assert salesforce.get(gone)["MasterRecordId"] is None
    assert connector.fetch([Ref("Contact", gone)])[Ref("Contact", gone)].became == ()


def test_what_has_left_the_bin_is_made_anew_under_our_key_once(connector, salesforce, joe):
    salesforce.delete(joe)
    salesforce.purge(joe)
    command = restore(Ref("Lead", joe), our_key="k9", FirstName="Joe", LastName="Smith", Company="Acme", IsDeleted=True)
    connector.discover()
    salesforce.faults.lose_answers(1)
    [lost] = connector.push([command])
    [answer] = connector.push([restore(Ref("Lead", joe), attempt=2, our_key="k9", **command.fields)])
    [row] = salesforce.records("Lead")
    assert (lost.outcome, answer.outcome, answer.ref) == (Outcome.TRANSIENT, Outcome.DONE, Ref("Lead", row["Id"]))
    assert (row["Closeloop_Key__c"], row["Name"]) == ("k9", "Joe Smith")


def test_what_stands_is_left_standing_and_a_converted_lead_is_followed(connector, salesforce, joe, sato):
    other = salesforce.create_lead(sato, LastName="S", Company="A")
    contact, *_ = salesforce.convert_lead(other)
    stands, converted = connector.push([restore(Ref("Lead", joe)), restore(Ref("Lead", other), "r2")])
    assert (stands.outcome, stands.verified) == (Outcome.DONE, True)
    assert (converted.outcome, converted.became[0]) == (Outcome.CHANGED, Ref("Contact", contact))


def test_a_value_that_is_no_longer_valid_says_that_the_record_is_back_without_it(connector, salesforce, joe):
    salesforce.delete(joe)
    [answer] = connector.push([restore(Ref("Lead", joe), Status="Hot")])
    assert answer.outcome is Outcome.PERMANENT
    assert answer.reason.startswith("taken out of the bin, but not as it was: Lead.Status cannot be 'Hot'")
    assert salesforce.get(joe)["IsDeleted"] is False


def test_a_record_whose_key_is_taken_stays_in_the_bin_with_the_reason(connector, salesforce, sato):
    old = salesforce.create_lead(sato, LastName="S", Company="A", Closeloop_Key__c="k1")
    salesforce.delete(old)
    salesforce.create_lead(sato, LastName="S", Company="A", Closeloop_Key__c="k1")
    [answer] = connector.push([restore(Ref("Lead", old))])
    assert answer.outcome is Outcome.PERMANENT
    assert answer.reason.startswith("not taken out of the bin: Lead.Closeloop_Key__c: duplicate value found")


def test_an_erased_record_is_gone_for_good(connector, salesforce, joe, sato):
    ref = Ref("Lead", joe)
    [answer] = connector.push([erase(ref)])
    assert answer.outcome is Outcome.DONE
    assert salesforce.row(joe) is None
    assert connector.fetch([ref]) == {}
    [again] = connector.push([erase(ref, attempt=2)])
    assert (again.outcome, again.reason) == (Outcome.DONE, "gone")


def test_control_a_record_that_is_only_deleted_can_be_brought_back(connector, salesforce, joe):
    connector._client.delete([joe])
    [back] = connector.push([restore(Ref("Lead", joe))])
    assert (back.outcome, salesforce.count("Lead")) == (Outcome.DONE, 1)


def test_an_erasure_goes_on_where_a_lost_answer_ended_it_and_takes_a_merged_record_too(connector, salesforce, sato):
    one, two, three = (Ref("Contact", salesforce.create_contact(sato, LastName=f"S{n}")) for n in range(3))
    salesforce.merge(two.id, three.id)
    salesforce.faults.lose_answers(1)
    [lost] = connector.push([erase(one)])
    assert (lost.outcome, salesforce.row(one.id)["IsDeleted"]) == (Outcome.TRANSIENT, True)
    answers = connector.push([erase(one, "e1", attempt=2), erase(three, "e2")])
    assert [answer.outcome for answer in answers] == [Outcome.DONE, Outcome.DONE]
    assert (salesforce.row(one.id), salesforce.row(three.id), salesforce.count("Contact")) == (None, None, 1)


def test_what_may_not_be_deleted_says_which_right_is_missing(connector, salesforce, joe):
    salesforce.protect(joe)
    [answer] = connector.push([erase(Ref("Lead", joe))])
    assert answer.outcome is Outcome.PERMANENT
    assert answer.reason.startswith("not erased: the integration user may not erase this Lead")


def test_without_a_record_there_is_nothing_to_do(connector):
    answers = connector.push([Command(verb, verb, "Lead") for verb in (Verb.RESTORE, Verb.ERASE)])
    assert [answer.outcome for answer in answers] == [Outcome.PERMANENT] * 2
    assert answers[0].reason == 'restore needs the record concerned ("ref")'
