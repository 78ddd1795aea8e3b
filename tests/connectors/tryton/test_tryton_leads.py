"""A lead in Tryton is a person and the opportunity that puts them before a seller, until the seller moves it on."""

from __future__ import annotations

import pytest

from closeloop.ports import Command, Outcome, Ref, Verb


@pytest.fixture
def ann(tryton, made):
    owner = {"owner": Ref("User", tryton.sato)}
    fields = {"name": "Ann", "email": "ann@b.example", "company": "B", "product": "Pumps", "packet": '{"score": 70}'}
    return made("Lead", refs=owner, **fields)


def deal_of(tryton, lead):
    [deal] = tryton.call("model.sale.opportunity.search", [["party", "=", int(lead.id)]], 0, None, None)
    return deal


def on(ref, verb, **fields):
    return Command(f"{verb}{sorted(fields)}", verb, ref.object, ref, fields=fields)


def test_a_new_person_comes_before_the_seller_with_what_is_known(connector, tryton, ann, key):
    record = connector.fetch([ann])[ann]
    assert (record.our_key, record.active, record.became) == (key, True, ())
    assert record.refs == {"owner": Ref("User", tryton.sato)}
    seen = tryton.read("sale.opportunity", deal_of(tryton, ann), "state", "description", "comment", "employee")
    shown = {"state": "lead", "description": "B – Pumps", "comment": '{"score": 70}', "employee": int(tryton.sato)}
    assert seen == {"id": seen["id"], **shown}
    assert Ref("Contact", ann.id) not in connector.fetch([Ref("Contact", ann.id)])


def test_a_lead_goes_to_another_seller(connector, tryton, ann):
    owner = {"owner": Ref("User", tryton.mori)}
    [answer] = connector.push(
        [Command("u", Verb.UPDATE, "Lead", ann, fields={"mobile": "+49 170 1234567"}, refs=owner)]
    )
    assert answer.outcome is Outcome.DONE
    record = connector.fetch([ann])[ann]
    assert (record.fields["mobile"], record.refs["owner"].id) == ("+49 170 1234567", tryton.mori)


def test_a_lead_that_its_seller_moves_on_becomes_a_contact_and_an_opportunity(connector, tryton, ann, everything):
    cursor = everything(None)[1]
    deal = deal_of(tryton, ann)
    tryton.call("model.sale.opportunity.opportunity", [deal])
    told = {(record.object, record.id): record for record in everything(cursor)[0]}
    contact, opportunity = Ref("Contact", ann.id), Ref("Opportunity", str(deal))
    assert told["Lead", ann.id].became == (contact, opportunity)
    assert told["Contact", ann.id].became == ()
    assert told["Opportunity", str(deal)].refs["person"] == contact
    [answer] = connector.push([on(ann, Verb.UPDATE, name="Anna")])
    assert (answer.outcome, answer.became) == (Outcome.CHANGED, (contact, opportunity))
    [answer] = connector.push([on(ann, Verb.DEACTIVATE, reason="spam")])
    assert answer.outcome is Outcome.CHANGED


def test_a_lead_that_its_seller_gives_up_is_a_lost_deal_of_a_contact(connector, tryton, ann):
    deal = deal_of(tryton, ann)
    tryton.write("sale.opportunity", deal, lost_reason="no budget")
    tryton.call("model.sale.opportunity.lost", [deal])
    lost = Ref("Opportunity", str(deal))
    record = connector.fetch([lost])[lost]
    assert (record.active, record.fields["is_closed"], record.fields["lost_reason"]) == (False, True, "no budget")


def test_a_lead_is_called_off_and_given_again(connector, tryton, ann):
    [answer] = connector.push([on(ann, Verb.DEACTIVATE, reason="spam")])
    assert (answer.outcome, answer.verified) == (Outcome.DONE, True)
    assert connector.fetch([ann])[ann].active is False
    assert tryton.read("sale.opportunity", deal_of(tryton, ann), "state")["state"] == "cancelled"
    [answer] = connector.push([on(ann, Verb.REACTIVATE, owner=tryton.mori)])
    assert (answer.outcome, answer.verified) == (Outcome.DONE, True)
    record = connector.fetch([ann])[ann]
    assert (record.active, record.refs["owner"].id, record.fields["state"]) == (True, tryton.mori, "lead")


@pytest.mark.parametrize("lost", ["party.party.create", "sale.opportunity.create"])
def test_whichever_answer_is_lost_there_is_one_lead_in_the_end(connector, tryton, line, key, lost):
    command = Command(key, Verb.CREATE, "Lead", our_key=key, fields={"name": "Ann"})
    line.lose.append(lost)
    [answer] = connector.push([command])
    assert answer.outcome is Outcome.TRANSIENT
    [answer] = connector.push([Command(key, Verb.CREATE, "Lead", our_key=key, fields={"name": "Ann"}, attempt=2)])
    assert answer.outcome is Outcome.DONE
    assert tryton.call("model.party.identifier.search_count", [["code", "=", f"closeloop:{key}"]]) == 1
    assert deal_of(tryton, answer.ref)


def test_a_lead_whose_owner_is_nobody_leaves_no_half_of_itself(connector, tryton, key):
    refs = {"owner": Ref("User", "999")}
    [answer] = connector.push([Command(key, Verb.CREATE, "Lead", our_key=key, fields={"name": "Ann"}, refs=refs)])
    assert (answer.outcome, answer.ref) == (Outcome.PERMANENT, None)
    assert tryton.call("model.party.identifier.search_count", [["code", "=", f"closeloop:{key}"]]) == 0
