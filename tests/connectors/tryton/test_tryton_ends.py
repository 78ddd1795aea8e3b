"""Records of a real Tryton switched off and on, made one, forgotten and brought back."""

from __future__ import annotations

import pytest

from closeloop.ports import Command, Outcome, Ref, Verb


def on(ref, verb, key="once", attempt=1, refs=None, **fields):
    return Command(f"{key}{ref.id}", verb, ref.object, ref, key, fields, refs or {}, attempt)


def test_a_contact_is_made_inactive_with_a_note_that_says_why_and_comes_back(connector, tryton, made, everything):
    joe = made("Contact", name="Joe")
    cursor = everything(None)[1]
    [answer] = connector.push([on(joe, Verb.DEACTIVATE, reason="left the company")])
    assert (answer.outcome, answer.verified) == (Outcome.DONE, True)
    notes = tryton.call(
        "model.ir.note.search_read", [["resource", "=", f"party.party,{joe.id}"]], 0, None, None, ["message"]
    )
    assert [note["message"] for note in notes] == ["Closeloop: left the company"]
    [record] = {record.id: record for record in everything(cursor)[0] if record.id == joe.id}.values()
    assert record.active is False
    [answer] = connector.push([on(joe, Verb.REACTIVATE)])
    assert answer.verified
    assert connector.fetch([joe])[joe].active


def test_a_deactivation_whose_answer_was_lost_is_found_done_and_noted_once(connector, tryton, line, made):
    joe = made("Contact", name="Joe")
    line.lose.append("party.party.write")
    [answer] = connector.push([on(joe, Verb.DEACTIVATE, reason="left")])
    assert answer.outcome is Outcome.TRANSIENT
    [answer] = connector.push([on(joe, Verb.DEACTIVATE, reason="left", attempt=2)])
    assert (answer.outcome, answer.verified) == (Outcome.DONE, True)
    assert tryton.call("model.ir.note.search_count", [["resource", "=", f"party.party,{joe.id}"]]) == 1


def test_a_deal_is_lost_for_a_reason_and_taken_up_again(connector, tryton, made):
    deal = made("Opportunity", subject="Pumps", refs={"owner": Ref("User", tryton.sato)})
    [answer] = connector.push([on(deal, Verb.DEACTIVATE, reason="price")])
    assert answer.verified
    fields = connector.fetch([deal])[deal].fields
    assert (fields["state"], fields["lost_reason"], fields["is_closed"]) == ("lost", "price", True)
    [answer] = connector.push([on(deal, Verb.REACTIVATE, owner=tryton.mori)])
    assert answer.verified
    record = connector.fetch([deal])[deal]
    assert (record.fields["state"], record.fields["end_date"], record.fields["lost_reason"]) == ("lead", None, None)
    assert record.refs["owner"].id == tryton.mori


@pytest.fixture
def pair(made, tryton):
    joe = made("Contact", name="Joe Smith", email="joe@acme.example", more="joe")
    jo = made("Contact", name="Jo Smith", email="jo@acme.example", more="jo")
    deal = made("Opportunity", subject="Pumps", refs={"person": jo})
    return joe, jo, deal


def test_two_persons_of_different_names_become_one_and_keep_their_deals(connector, pair, everything, key):
    joe, jo, deal = pair
    cursor = everything(None)[1]
    [answer] = connector.push([on(joe, Verb.MERGE, refs={"loser": jo}, mobile="+49 170 1234567")])
    assert (answer.outcome, answer.verified) == (Outcome.DONE, True), answer.reason
    told = {(record.object, record.id): record for record in everything(cursor)[0]}
    assert told["Contact", jo.id].became == (joe,)
    assert told["Contact", joe.id].fields["email"] == "joe@acme.example"
    assert told["Contact", joe.id].fields["mobile"] == "+49 170 1234567"
    assert connector.fetch([deal])[deal].refs["person"] == joe
    [answer] = connector.push([on(jo, Verb.UPDATE, name="J")])
    assert (answer.outcome, answer.became) == (Outcome.CHANGED, (joe,))
    again = Command(f"{key}jo", Verb.CREATE, "Contact", our_key=f"{key}jo", fields={"name": "Jo"}, attempt=2)
    [answer] = connector.push([again])
    assert (answer.ref, answer.created) == (joe, False), "the loser's key is found at the survivor"


def test_of_two_leads_the_survivor_is_told_once(connector, made, everything):
    ann, other = made("Lead", name="Ann", more="1"), made("Lead", name="Ann", more="2")
    cursor = everything(None)[1]
    [answer] = connector.push([on(ann, Verb.MERGE, refs={"loser": other})])
    assert answer.verified
    told = {(record.object, record.id): record for record in everything(cursor)[0]}
    assert told["Lead", other.id].became == (ann,)
    assert told["Lead", ann.id].became == ()
    scanned = [record.id for record in connector.scan("Lead", None).records]
    assert (scanned.count(ann.id), scanned.count(other.id)) == (1, 0)


def test_a_merge_whose_answer_was_lost_is_found_done_by_its_loser(connector, pair, line):
    joe, jo, _ = pair
    line.lose += ["warning.skip", "party.replace.execute"]
    [answer] = connector.push([on(joe, Verb.MERGE, refs={"loser": jo})])
    assert answer.outcome is Outcome.TRANSIENT
    sent = line.sent["wizard.party.replace.create"]
    line.lose[:] = []
    [answer] = connector.push([on(joe, Verb.MERGE, refs={"loser": jo}, attempt=2)])
    assert (answer.outcome, answer.verified) == (Outcome.DONE, True)
    [answer] = connector.push([on(joe, Verb.MERGE, refs={"loser": jo}, attempt=3)])
    assert answer.verified
    assert line.sent["wizard.party.replace.create"] == sent + 1


def test_deals_are_not_merged_and_the_answer_says_what_to_do(connector, made):
    deals = [made("Opportunity", subject="Pumps", more=str(number)) for number in range(2)]
    [answer] = connector.push([on(deals[0], Verb.MERGE, refs={"loser": deals[1]})])
    assert answer.outcome is Outcome.PERMANENT
    assert "cancel one" in answer.reason


def test_a_person_to_whom_nothing_refers_is_deleted(connector, tryton, made):
    joe = made("Contact", name="Joe", email="joe@acme.example")
    for _ in range(2):
        [answer] = connector.push([on(joe, Verb.ERASE)])
        assert answer.outcome is Outcome.DONE
    assert (
        tryton.call("model.party.party.search_count", [["id", "=", int(joe.id)], ["active", "in", [True, False]]]) == 0
    )


def test_a_person_with_a_deal_is_blanked_so_that_the_deal_stays_whole(connector, tryton, made):
    joe = made("Contact", name="Joe", email="joe@acme.example", more="joe")
    owner = {"person": joe, "owner": Ref("User", tryton.sato)}
    deal = made("Opportunity", subject="Pumps", state="opportunity", refs=owner)
    [answer] = connector.push([on(joe, Verb.ERASE)])
    assert answer.outcome is Outcome.DONE, answer.reason
    record = connector.fetch([joe])[joe]
    said = (record.fields["name"], record.fields["email"], record.our_key, record.active)
    assert said == (None, None, None, False)
    assert connector.fetch([deal])[deal].refs["person"] == joe


def test_a_deleted_deal_and_person_are_made_anew_with_what_they_were(connector, made):
    joe = made("Contact", name="Joe", email="joe@acme.example", more="joe")
    deal = made("Opportunity", subject="Pumps", amount="5.50", refs={"person": joe})
    before = connector.fetch([joe, deal])
    [answer] = connector.push([on(deal, Verb.ERASE)])
    assert answer.outcome is Outcome.DONE
    connector.push([on(joe, Verb.ERASE)])
    assert connector.fetch([joe, deal]) == {}
    keys = {ref: str(before[ref].our_key) for ref in (joe, deal)}
    [person] = connector.push([on(joe, Verb.RESTORE, keys[joe], **before[joe].fields)])
    again = {"person": person.ref}
    [answer] = connector.push([on(deal, Verb.RESTORE, keys[deal], refs=again, **before[deal].fields)])
    assert (person.created, answer.created) == (True, True)
    after = connector.fetch([person.ref, answer.ref])
    assert after[person.ref].fields | {"code": None} == before[joe].fields | {"code": None}
    assert after[answer.ref].fields | {"number": None} == before[deal].fields | {"number": None}
    assert (after[person.ref].our_key, after[answer.ref].our_key) == (keys[joe], keys[deal])


@pytest.mark.parametrize("verb", [Verb.CONVERT, Verb.JOIN, Verb.TELL, Verb.MAIL])
def test_what_tryton_cannot_do_is_said_with_what_to_do_instead(connector, verb):
    [answer] = connector.push([on(Ref("Lead", "1"), verb)])
    assert answer.outcome is Outcome.PERMANENT
    assert answer.reason.startswith(f"tryton cannot {verb} a Lead: ")
    assert connector.cost([on(Ref("Lead", "1"), verb)]) == 0
