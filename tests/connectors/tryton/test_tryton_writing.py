"""Writing into a real Tryton: nothing twice, nothing over what somebody else wrote, one bad row stops no other."""

from __future__ import annotations

import pytest

from closeloop.connectors.tryton import connect
from closeloop.connectors.tryton.judging import Refused
from closeloop.ports import Command, Outcome, Ref, Verb


def create(key, of="Contact", /, attempt=1, refs=None, **fields):
    return Command(key, Verb.CREATE, of, our_key=key, fields=fields, refs=refs or {}, attempt=attempt)


def update(ref, key="update", refs=None, **fields):
    return Command(key, Verb.UPDATE, ref.object, ref, fields=fields, refs=refs or {})


def keyed(tryton, key):
    return tryton.call("model.party.identifier.search_count", [["code", "=", f"closeloop:{key}"]])


def test_a_create_whose_answer_was_lost_makes_no_second_record(connector, tryton, line, key):
    line.lose.append("party.party.create")
    [lost] = connector.push([create(key, name="Joe")])
    assert lost.outcome is Outcome.TRANSIENT
    [found] = connector.push([create(key, name="Joe", attempt=2)])
    assert (found.outcome, found.created, keyed(tryton, key)) == (Outcome.DONE, False, 1)
    assert connector.read_back("Contact", [key, "never"])[key].id == found.ref.id


def test_without_reading_back_the_lost_answer_makes_two(connector, tryton, line, key):
    line.lose.append("party.party.create")
    connector.push([create(key, name="Joe")])
    connector.push([create(key, name="Joe", attempt=1)])
    assert keyed(tryton, key) == 2


def test_a_deal_whose_answer_was_lost_is_found_by_its_reference(connector, line, key):
    line.lose.append("sale.opportunity.create")
    connector.push([create(key, "Opportunity", subject="Pumps")])
    [found] = connector.push([create(key, "Opportunity", subject="Pumps", attempt=2)])
    assert (found.outcome, found.created) == (Outcome.DONE, False)


def test_a_read_whose_answer_was_lost_is_asked_again(connector, line, made):
    joe = made("Contact", name="Joe")
    line.lose.append("party.party.search_read")
    assert joe in connector.fetch([joe])


@pytest.mark.parametrize("bad", [0, 3, 6])
def test_one_bad_row_among_many_blocks_none_of_the_others(connector, key, bad):
    commands = [create(f"{key}{n}", phone="hello" if n == bad else "+49 30 1234567", name="P") for n in range(7)]
    answers = connector.push(commands)
    assert [answer.outcome is Outcome.DONE for answer in answers] == [n != bad for n in range(7)]
    assert 'phone number "hello"' in answers[bad].reason
    keys = [command.key for command in commands]
    assert set(connector.read_back("Contact", keys)) == {one for one in keys if one != keys[bad]}


def test_without_halving_one_bad_row_blocks_all(connector, tryton, key):
    rows = [{"name": key, "phone": phone} for phone in ("+49 30 1234567", "hello", "+49 30 1234567")]
    with pytest.raises(Refused, match="phone number"):
        connector._client.tell("model.party.party.create", rows)
    assert tryton.call("model.party.party.search_count", [["name", "=", key]]) == 0


def test_one_bad_row_among_updates_blocks_none_of_the_others(connector, made):
    people = [made("Contact", name="Joe", more=str(number)) for number in range(4)]
    commands = [update(ref, key=ref.id, mobile="no" if n == 2 else "+49 170 1234567") for n, ref in enumerate(people)]
    answers = connector.push(commands)
    assert [answer.outcome is Outcome.DONE for answer in answers] == [True, True, False, True]
    assert connector.fetch(people)[people[3]].fields["mobile"] == "+49 170 1234567"


def cut_in(tryton, line, ref):
    """Somebody in Tryton corrects the address after the connector read the person and before it writes."""
    [mechanism] = tryton.read("party.party", int(ref.id), "contact_mechanisms")["contact_mechanisms"]
    line.before["party.party.write"] = lambda: tryton.write(
        "party.contact_mechanism", mechanism, value="joe@seller.example"
    )


def test_what_somebody_wrote_meanwhile_is_not_written_over(connector, tryton, line, made):
    joe = made("Contact", name="Joe", email="joe@acme.example")
    cut_in(tryton, line, joe)
    [answer] = connector.push([update(joe, email="joe@form.example")])
    assert answer.outcome is Outcome.TRANSIENT
    assert "changed it in Tryton meanwhile" in answer.reason
    assert connector.fetch([joe])[joe].fields["email"] == "joe@seller.example"
    [answer] = connector.push([update(joe, email="joe@form.example")])
    assert answer.outcome is Outcome.DONE


def test_without_the_lock_it_is_written_over(connector, tryton, line, made):
    joe = made("Contact", name="Joe", email="joe@acme.example")
    connector._pusher.parties.locks = False
    cut_in(tryton, line, joe)
    [answer] = connector.push([update(joe, email="joe@form.example")])
    assert answer.outcome is Outcome.DONE
    assert connector.fetch([joe])[joe].fields["email"] == "joe@form.example"


def test_a_conflict_over_one_deal_lets_the_others_through(connector, tryton, line, made):
    deals = [made("Opportunity", subject="Pumps", more=str(number)) for number in range(3)]
    line.before["opportunity.write"] = lambda: tryton.write("sale.opportunity", int(deals[1].id), comment="by hand")
    answers = connector.push([update(ref, key=ref.id, description="Valves") for ref in deals])
    expected = [Outcome.DONE, Outcome.TRANSIENT, Outcome.DONE]
    assert [answer.outcome for answer in answers] == expected


def test_an_address_is_changed_in_place_added_and_taken_away(connector, tryton, made):
    joe = made("Contact", name="Joe", email="joe@acme.example", phone="+49 30 1234567")
    connector.push([update(joe, email="joe@new.example", website="https://joe.example", phone=None)])
    fields = connector.fetch([joe])[joe].fields
    reached = {name: fields[name] for name in ("email", "phone", "website")}
    assert reached == {"email": "joe@new.example", "phone": None, "website": "https://joe.example"}
    assert len(tryton.read("party.party", int(joe.id), "contact_mechanisms")["contact_mechanisms"]) == 2


def test_a_person_changes_company_and_country(connector, made):
    old, new = made("Account", name="Old", more="old"), made("Account", name="New", more="new")
    joe = made("Contact", name="Joe", country="DE", refs={"account": old})
    connector.push([update(joe, country="JP", refs={"account": new})])
    record = connector.fetch([joe])[joe]
    assert (record.fields["country"], record.refs["account"]) == ("JP", new)


def test_a_deal_is_moved_by_its_buttons_and_what_a_sale_makes_is_refused(connector, tryton, made):
    owner, acme = Ref("User", tryton.sato), made("Account", name="Acme")
    deal = made("Opportunity", subject="Pumps", refs={"account": acme, "owner": owner})
    states = ("opportunity", "lost", "lead")
    for state in states:
        [answer] = connector.push([update(deal, state=state, key=state)])
        assert answer.outcome is Outcome.DONE, answer.reason
        assert connector.fetch([deal])[deal].fields["state"] == state
    [answer] = connector.push([update(deal, state="won")])
    assert answer.outcome is Outcome.PERMANENT
    assert "valid is lead, opportunity, lost, cancelled" in answer.reason


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"amount": "much"}, "Opportunity.amount cannot be 'much': valid is a number with a dot"),
        ({"end_date": "soon"}, "valid is a date such as"),
        ({"currency": "XXX"}, "no currency with the code 'XXX'"),
        ({"colour": "red"}, "no field 'colour' that can be written; valid is description, comment"),
        ({"amount": "1.23456"}, "number of digits"),
        ({"conversion_probability": 7}, "Conversion Probability"),
        ({"state": "opportunity"}, "required for field"),
    ],
)
def test_a_field_that_tryton_cannot_hold_is_named_in_plain_words(connector, made, fields, said):
    deal = made("Opportunity", subject="Pumps")
    [answer] = connector.push([update(deal, **fields)])
    assert answer.outcome is Outcome.PERMANENT
    assert said in answer.reason


def test_an_owner_who_is_no_employee_is_refused(connector, key):
    [answer] = connector.push([create(key, "Opportunity", refs={"owner": Ref("User", "999")}, subject="Pumps")])
    assert answer.outcome is Outcome.PERMANENT
    [answer] = connector.push([create(key, "Opportunity", refs={"owner": Ref("User", "005A")}, subject="Pumps")])
    assert "is no id of Tryton" in answer.reason


def test_a_record_that_is_gone_is_told_as_changed(connector, tryton, made):
    joe = made("Contact", name="Joe")
    tryton.call("model.party.party.delete", [int(joe.id)])
    [answer] = connector.push([update(joe, name="Jo")])
    assert (answer.outcome, answer.became) == (Outcome.CHANGED, ())


def test_a_push_costs_what_was_foreseen(tryton, line, clock, key):
    connector = connect({**tryton.settings, "url": line.url}, clock)

    def pushed(*commands):
        foreseen, before = connector.cost(commands), connector.calls
        answers = connector.push(commands)
        assert all(answer.outcome is Outcome.DONE for answer in answers), answers
        assert connector.calls - before == foreseen
        return [answer.ref for answer in answers]

    acme, other = pushed(
        create(f"{key}1", "Account", name="Acme", country="DE"), create(f"{key}2", "Account", name="B")
    )
    owner = {"owner": Ref("User", tryton.sato)}
    joe, jim = pushed(
        create(f"{key}3", name="Joe", email="joe@acme.example", refs={"account": acme}), create(f"{key}4", name="Jo")
    )
    [ann] = pushed(create(f"{key}5", "Lead", name="Ann", packet="{}", refs=owner))
    [deal] = pushed(
        create(
            f"{key}6", "Opportunity", subject="Pumps", currency="EUR", state="opportunity",
            refs={"account": acme, "person": joe, **owner},
        )
    )  # fmt: skip
    pushed(update(joe, key="a", name="Jo", country="JP"), update(deal, key="b", amount=5, state="lead"))
    pushed(update(ann, key="a", name="Anna", refs=owner), update(other, key="b", name="Bee"))
    pushed(
        *(
            Command(f"off{ref.object}", Verb.DEACTIVATE, ref.object, ref, fields={"reason": "no"})
            for ref in (joe, ann, deal)
        )
    )
    pushed(
        *(
            Command(f"on{ref.object}", Verb.REACTIVATE, ref.object, ref, fields={"owner": tryton.mori})
            for ref in (joe, ann, deal)
        )
    )
    pushed(Command("merge", Verb.MERGE, "Contact", joe, fields={"phone": "+49 30 1234567"}, refs={"loser": jim}))
    pushed(*(Command(f"no{ref.object}", Verb.ERASE, ref.object, ref) for ref in (ann, deal, other)))
    pushed(Command("back", Verb.RESTORE, "Lead", ann, our_key=f"{key}7", fields={"name": "Ann"}))
    assert line.calls() == connector.calls
    connector.close()
