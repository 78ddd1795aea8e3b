"""Two records of Salesforce become one, once, whatever happens to the answer; and each refusal has its plain reason."""

from __future__ import annotations

import httpx2
import pytest

from closeloop.connectors.salesforce.judging import Unreached
from closeloop.connectors.salesforce.soap import merge_call, result_errors
from closeloop.ports import Command, Outcome, Ref, Verb

SOAP = "/services/Soap"


def merge(survivor, loser, key="m1", object_name="Contact", attempt=1, **fields):
    refs = {"loser": Ref(object_name, loser)}
    return Command(key, Verb.MERGE, object_name, Ref(object_name, survivor), fields=fields, refs=refs, attempt=attempt)


@pytest.fixture
def contacts(salesforce, sato):
    """Joe twice: once with his title, once without."""
    known = salesforce.create_contact(sato, FirstName="Joe", LastName="Smith", Email="joe@acme.example")
    again = salesforce.create_contact(sato, FirstName="Joseph", LastName="Smith", Title="CTO")
    return known, again


def became(connector, record_id, object_name="Contact"):
    ref = Ref(object_name, record_id)
    return connector.fetch([ref])[ref].became


def test_the_loser_goes_into_the_survivor_with_what_hung_on_it(connector, salesforce, sato, contacts):
    kept, gone = contacts
    deal = salesforce.create_opportunity(sato, Name="Robots", ContactId=gone)
    call = salesforce.log_call(gone, sato)
    [answer] = connector.push([merge(kept, gone, Title="CTO", HasOptedOutOfEmail=True)])
    assert (answer.outcome, answer.verified, answer.ref) == (Outcome.DONE, True, Ref("Contact", kept))
    [left] = salesforce.records("Contact")
    assert (left["Id"], left["FirstName"], left["Title"], left["HasOptedOutOfEmail"]) == (kept, "Joe", "CTO", True)
    assert (salesforce.get(gone)["IsDeleted"], salesforce.get(gone)["MasterRecordId"]) == (True, kept)
    assert (salesforce.get(call)["WhoId"], salesforce.get(deal)["ContactId"]) == (kept, kept)
    assert became(connector, gone) == (Ref("Contact", kept),)


@pytest.mark.parametrize("object_name", ["Lead", "Account"])
def test_leads_and_accounts_are_merged_the_same_way(connector, salesforce, sato, object_name):
    make = {
        "Lead": lambda name: salesforce.create_lead(sato, LastName=name, Company="Acme"),
        "Account": lambda name: salesforce.create_account(sato, Name=name),
    }[object_name]
    kept, gone = make("one"), make("two")
    [answer] = connector.push([merge(kept, gone, object_name=object_name)])
    assert (answer.outcome, answer.verified) == (Outcome.DONE, True)
    assert became(connector, gone, object_name) == (Ref(object_name, kept),)


def test_signs_that_xml_cannot_hold_or_must_escape_reach_the_vendor_or_are_left_out(connector, salesforce, contacts):
    [answer] = connector.push([merge(*contacts, Title="R&D <lead> \x00\ud83dé", Description="]]>\n&#10;")])
    assert answer.outcome is Outcome.DONE
    [left] = salesforce.records("Contact")
    assert (left["Title"], left["Description"]) == ("R&D <lead> é", "]]>\n&#10;")


def test_a_blank_is_written_as_a_blank_and_a_moment_as_xml_has_it():
    said = {"attributes": {"type": "Lead"}, "id": "00Q1", "Title": None, "At__c": "2026-09-01T09:00:00.000+0000"}
    body = merge_call("session", [(said, "00Q2")]).decode()
    assert ":fieldsToNull>Title<" in body
    assert ":At__c>2026-09-01T09:00:00.000Z<" in body


def test_many_pairs_go_in_one_call_and_each_has_its_own_answer(connector, salesforce, sato):
    people = [salesforce.create_contact(sato, LastName=f"Smith {n}") for n in range(12)]
    pairs = list(zip(people[::2], people[1::2], strict=True))
    salesforce.protect(pairs[2][1])
    salesforce.delete(pairs[4][1])
    answers = connector.push([merge(*pair, key=f"m{n}") for n, pair in enumerate(pairs)])
    done, no, gone = Outcome.DONE, Outcome.PERMANENT, Outcome.CHANGED
    assert [answer.outcome for answer in answers] == [done, done, no, done, gone, done]
    assert "must be able to delete a Contact (INSUFFICIENT_ACCESS_OR_READONLY)" in answers[2].reason
    assert answers[4].reason == f"not merged: Contact {pairs[4][1]} was deleted"
    assert salesforce.faults.n_calls("POST", SOAP) == 1


def test_three_of_one_person_become_one(connector, salesforce, sato):
    one, two, three = (salesforce.create_contact(sato, LastName="Smith") for _ in range(3))
    answers = connector.push([merge(one, two, "m1"), merge(one, three, "m2")])
    assert [answer.outcome for answer in answers] == [Outcome.DONE, Outcome.DONE]
    assert salesforce.count("Contact") == 1


def test_what_somebody_merged_already_is_done_and_what_went_elsewhere_is_followed(connector, salesforce, sato):
    one, two, three, four = (salesforce.create_contact(sato, LastName="Smith") for _ in range(4))
    salesforce.merge(one, two)
    salesforce.merge(three, four)
    [same, elsewhere] = connector.push([merge(one, two, "m1"), merge(one, four, "m2")])
    assert (same.outcome, same.verified) == (Outcome.DONE, True)
    assert (elsewhere.outcome, elsewhere.became) == (Outcome.CHANGED, (Ref("Contact", three),))
    [moved] = connector.push([merge(four, one, "m3")])
    assert (moved.outcome, moved.ref, moved.became) == (
        Outcome.CHANGED, Ref("Contact", four), (Ref("Contact", three),),
    )  # fmt: skip


def test_a_lead_that_was_converted_is_followed_to_its_contact(connector, salesforce, sato, joe):
    contact, *_ = salesforce.convert_lead(joe)
    other = salesforce.create_lead(sato, LastName="Smith", Company="Acme")
    [answer] = connector.push([merge(other, joe, object_name="Lead")])
    assert (answer.outcome, answer.became[0]) == (Outcome.CHANGED, Ref("Contact", contact))


def test_a_lost_answer_is_looked_for_and_nothing_is_merged_a_second_time(connector, salesforce, contacts):
    connector.limits()
    salesforce.faults.lose_answers(1)
    [lost] = connector.push([merge(*contacts)])
    assert (lost.outcome, salesforce.count("Contact")) == (Outcome.TRANSIENT, 1)
    [again] = connector.push([merge(*contacts, attempt=2)])
    assert (again.outcome, again.verified, again.reason) == (Outcome.DONE, True, "merged by an earlier attempt")
    assert salesforce.faults.n_calls("POST", SOAP) == 1


def test_control_a_repeat_that_does_not_know_it_is_one_asks_the_vendor_again(connector, salesforce, contacts):
    connector.limits()
    salesforce.faults.lose_answers(1)
    connector.push([merge(*contacts)])
    connector.push([merge(*contacts)])
    assert salesforce.faults.n_calls("POST", SOAP) == 2


def test_a_read_back_that_comes_too_early_is_waited_for(connector, salesforce, contacts, clock):
    salesforce.faults.delay_reads(60)
    clock.advance(salesforce.faults.read_delay)
    [early] = connector.push([merge(*contacts)])
    assert (early.outcome, "does not show it yet" in early.reason) == (Outcome.TRANSIENT, True)
    [twice] = connector.push([merge(*contacts, attempt=2)])
    assert (twice.outcome, "still shows both" in twice.reason) == (Outcome.TRANSIENT, True)
    clock.advance(salesforce.faults.read_delay)
    [late] = connector.push([merge(*contacts, attempt=3)])
    assert (late.outcome, late.verified) == (Outcome.DONE, True)


def test_a_record_that_no_reader_sees_yet_is_not_taken_for_deleted(connector, salesforce, contacts, sato):
    salesforce.faults.delay_reads(60)
    fresh = salesforce.create_contact(sato, LastName="Smith")
    salesforce.merge(contacts[0], fresh)
    [answer] = connector.push([merge(contacts[0], fresh)])
    assert answer.outcome is Outcome.TRANSIENT
    [never] = connector.push([merge(contacts[0], "0035g00000ZZZZZAAA", "m2")])
    assert (never.outcome, never.became) == (Outcome.CHANGED, ())


def test_an_ended_session_is_renewed_and_calls_are_counted(connector, salesforce, contacts):
    connector.discover()
    salesforce.expire_tokens()
    [answer] = connector.push([merge(*contacts)])
    assert answer.outcome is Outcome.DONE
    assert salesforce.faults.n_calls("POST", SOAP) == 2
    assert connector.limits().calls_left == 15_000 - salesforce.faults.calls_today


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (lambda faults: faults.outage(), Outcome.TRANSIENT),
        (lambda faults: faults.fail_next(502), Outcome.TRANSIENT),
        (lambda faults: faults.limit(per_day=0), Outcome.TRANSIENT),
    ],
)
def test_what_the_vendor_cannot_do_now_is_tried_again(connector, salesforce, contacts, fault, outcome):
    connector.discover()
    fault(salesforce.faults)
    [answer] = connector.push([merge(*contacts)])
    assert answer.outcome is outcome
    assert salesforce.count("Contact") == 2


def test_a_locked_record_is_tried_again(connector, salesforce, contacts):
    salesforce.lock_row(contacts[1])
    [answer] = connector.push([merge(*contacts)])
    assert (answer.outcome, "UNABLE_TO_LOCK_ROW" in answer.reason) == (Outcome.TRANSIENT, True)


def test_one_bad_field_spoils_its_own_merge_alone(connector, salesforce, sato):
    people = [salesforce.create_contact(sato, LastName=f"Smith {n}") for n in range(4)]
    bad, good = merge(people[0], people[1], "bad", Shoe_Size__c=44), merge(people[2], people[3], "good")
    answers = connector.push([bad, good])
    assert [answer.outcome for answer in answers] == [Outcome.PERMANENT, Outcome.DONE]
    assert "No such column 'Shoe_Size__c'" in answers[0].reason


def test_what_can_never_be_merged_is_refused_without_a_call(connector, salesforce, contacts, joe):
    task = Command("t", Verb.MERGE, "Task", Ref("Task", "00T1"), refs={"loser": Ref("Task", "00T2")})
    mixed = Command("x", Verb.MERGE, "Contact", Ref("Contact", contacts[0]), refs={"loser": Ref("Lead", joe)})
    alone = Command("a", Verb.MERGE, "Contact", Ref("Contact", contacts[0]))
    answers = connector.push([task, mixed, alone])
    assert {answer.outcome for answer in answers} == {Outcome.PERMANENT}
    assert answers[1].reason.startswith("salesforce merges no Lead into a Contact; valid are two of one object")
    assert salesforce.faults.n_calls("POST", SOAP) == 0


def test_a_change_of_the_loser_in_the_same_push_keeps_its_place(connector, salesforce, contacts):
    kept, gone = contacts
    change = Command("u", Verb.UPDATE, "Contact", Ref("Contact", gone), fields={"Title": "CEO"})
    before, after = connector.push([change, merge(kept, gone)])
    assert (before.outcome, after.outcome) == (Outcome.DONE, Outcome.DONE)
    [late] = connector.push([change])
    assert (late.outcome, late.became) == (Outcome.CHANGED, (Ref("Contact", kept),))


def test_a_merge_is_pulled_as_a_record_that_became_another(connector, salesforce, contacts):
    first = connector.pull(None)
    connector.push([merge(*contacts)])
    [merged] = [record for record in connector.pull(first.cursor).records if record.id == contacts[1]]
    assert (merged.became, merged.deleted) == ((Ref("Contact", contacts[0]),), False)


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><x>&a;</x>'


@pytest.mark.parametrize("answer", [BOMB, OUTSIDE, "<x>", "", "<html><body>busy</body></html>"])
def test_an_answer_that_is_no_soap_is_not_believed_and_no_entity_is_ever_resolved(answer):
    response = httpx2.Response(200, content=answer.encode(), headers={"Content-Type": "text/xml"})
    if answer.startswith("<html"):
        assert result_errors(response) == []
        return
    with pytest.raises(Unreached, match="what answered for salesforce"):
        result_errors(response)


def test_faults_of_the_whole_call_say_what_to_do():
    fault = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>sf:{0}</faultcode>'
        "<faultstring>{0}: no</faultstring></e:Fault></e:Body></e:Envelope>"
    )
    said = {}
    codes = (
        "UNKNOWN_EXCEPTION", "REQUEST_LIMIT_EXCEEDED", "API_DISABLED_FOR_ORG", "INVALID_SESSION_ID", "INVALID_FIELD",
    )  # fmt: skip
    for code in codes:
        body = fault.format(code).encode()
        response = httpx2.Response(500, content=body, headers={"Content-Type": "text/xml; charset=utf-8"})
        with pytest.raises(Exception, match=code) as caught:
            result_errors(response)
        said[code] = type(caught.value).__name__
    assert said == {
        "UNKNOWN_EXCEPTION": "Transient", "REQUEST_LIMIT_EXCEEDED": "Transient", "API_DISABLED_FOR_ORG": "Permanent",
        "INVALID_SESSION_ID": "Permanent", "INVALID_FIELD": "BadCall",
    }  # fmt: skip
