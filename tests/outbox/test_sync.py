"""Each side is to hold the winners, where custody lets the hub write; consent goes everywhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.cli.plan import said_of
from closeloop.inbox.nouns import Key
from closeloop.outbox.nouns import Posted
from closeloop.outbox.plans import Change, lines_of
from closeloop.outbox.readiness import Told
from closeloop.outbox.sync import desired, sync, sync_company, writes_companies
from closeloop.ports import Ref, Verb
from closeloop.process.nouns import Path
from support.outgoing import ACME, AT, JOE, b2b, known, winners

B2B = b2b()
LEAD, CONTACT, IN_MA = ("crm", "Lead", "L1"), ("crm", "Contact", "C1"), ("ma", "Lead", "7")
IN_CRM = {"Email": "joe@acme.example", "Name": "Joe Miller", "Phone": "+49301234567", "Title": "CTO"}
AT_MA = {
    "email": "joe@acme.example", "name": "Joe Miller", "phone": "+49301234567", "country": "DE",
    "company": "Acme Corp", "employees": 1200,
}  # fmt: skip


def writes(known_now, custody="sales"):
    """(connection, record) → fields of each update."""
    return {
        (each.source, each.command.ref): dict(each.command.fields)
        for each in sync(known_now, custody, B2B, "m1")
        if each.command.verb is Verb.UPDATE
    }


def test_nothing_is_written_where_everything_is_held():
    assert sync(known({LEAD: IN_CRM, IN_MA: AT_MA}), "sales", B2B, "m1") == []


@pytest.mark.parametrize("spelling", ["+49 30 1234567", "+49 (30) 123-45-67"])
def test_what_is_equal_in_its_normal_form_is_not_written_again(spelling):
    held = {**IN_CRM, "Phone": spelling, "Name": "JOE  MILLER", "Email": "JOE@acme.example"}
    assert writes(known({LEAD: held, IN_MA: AT_MA})) == {}


def test_each_side_gets_what_differs_and_only_that():
    held = {LEAD: {**IN_CRM, "Phone": None}, IN_MA: {**AT_MA, "name": "J. Miller"}}
    assert writes(known(held)) == {
        ("crm", Ref("Lead", "L1")): {"Phone": "+49301234567"},
        ("ma", Ref("Lead", "7")): {"name": "Joe Miller"},
    }


def test_custody_of_marketing_keeps_the_hub_out_of_the_crm():
    held = {LEAD: {**IN_CRM, "Phone": None}, IN_MA: {**AT_MA, "name": "J. Miller"}}
    assert set(writes(known(held), "marketing")) == {("ma", Ref("Lead", "7"))}


def test_an_unknown_custody_lets_nothing_be_written_but_consent():
    held = {LEAD: {**IN_CRM, "Phone": None}, IN_MA: AT_MA}
    assert writes(known(held, person={**JOE, **winners(opted_out=True)}), "nobody") == {
        ("crm", Ref("Lead", "L1")): {"HasOptedOutOfEmail": True},
        ("ma", Ref("Lead", "7")): {"unsubscribed": True},
    }


def test_an_opt_out_reaches_the_crm_whoever_has_custody_and_alone():
    held = {LEAD: {**IN_CRM, "Phone": None}, IN_MA: {**AT_MA, "unsubscribed": True}}
    opted_out = {**JOE, **winners(opted_out=True)}
    assert writes(known(held, person=opted_out), "marketing") == {
        ("crm", Ref("Lead", "L1")): {"HasOptedOutOfEmail": True}
    }


def test_control_a_field_that_custody_binds_does_not_reach_the_crm():
    bound = {**B2B.fields["person"], "opted_out": replace(B2B.fields["person"]["opted_out"], always=False)}
    process = replace(B2B, fields={**B2B.fields, "person": bound})
    held = {LEAD: IN_CRM, IN_MA: {**AT_MA, "unsubscribed": True}}
    assert sync(known(held, person={**JOE, **winners(opted_out=True)}), "marketing", process, "m1") == []


def test_blank_at_the_vendor_and_false_here_are_the_same():
    held = {LEAD: {**IN_CRM, "HasOptedOutOfEmail": None}, IN_MA: AT_MA}
    assert writes(known(held, person={**JOE, **winners(opted_out=False)})) == {}


def test_a_record_of_which_nothing_is_known_waits_for_its_first_reading():
    assert writes(known({IN_MA: AT_MA}, keys=(Key("crm.Lead", "L9"), Key("ma.Lead", "7")))) == {}


def test_a_converted_lead_is_not_written_its_contact_is():
    blank = {**IN_CRM, "Phone": None}
    assert set(writes(known({CONTACT: blank, LEAD: blank, IN_MA: AT_MA}))) == {("crm", Ref("Contact", "C1"))}


def test_each_contact_of_a_person_is_kept_alike():
    blank = {**IN_CRM, "Phone": None}
    held = {CONTACT: blank, ("crm", "Contact", "C2"): blank, IN_MA: AT_MA}
    assert {ref for _, ref in writes(known(held))} == {Ref("Contact", "C1"), Ref("Contact", "C2")}


def test_a_value_without_its_normal_form_is_not_written():
    bad = {**JOE, "phone": JOE["phone"]._replace(value="ring me", valid=False)}
    assert writes(known({LEAD: {**IN_CRM, "Phone": None}, IN_MA: AT_MA}, person=bad)) == {}


def test_an_address_goes_out_as_its_owner_wrote_it():
    held = {LEAD: {**IN_CRM, "Email": None}, IN_MA: AT_MA}
    assert writes(known(held)) == {("crm", Ref("Lead", "L1")): {"Email": "Joe@ACME.example"}}


def test_marketing_learns_the_name_of_everybody_once_with_the_account_beside_it():
    (create,) = sync(known(keys=(Key("email", "joe@acme.example"),)), "marketing", B2B, "m1")
    assert (create.source, create.command.verb, create.command.our_key) == ("ma", Verb.CREATE, "joe")
    assert create.command.key == "ma:create:Lead:joe"
    assert create.command.fields == {
        "email": "Joe@ACME.example", "name": "Joe Miller", "phone": "+49301234567", "country": "DE",
        "company": "Acme Corp", "employees": 1200,
    }  # fmt: skip
    again = sync(known(), "marketing", B2B, "m2")
    assert [each.command.key for each in again] == [create.command.key], "the same key is kept once by the store"
    assert sync(known(pending={("ma", "Lead"): create.command.key}), "marketing", B2B, "m3") == []


@pytest.mark.parametrize(
    "person",
    [winners(name="Joe Miller"), {"email": JOE["email"]._replace(valid=False)}],
    ids=["without_an_address", "with_an_address_that_is_none"],
)
def test_nobody_becomes_a_name_at_marketing_without_an_address(person):
    assert sync(known(person=person), "marketing", B2B, "m1") == []


def test_nothing_here_ever_creates_in_the_crm():
    for custody in ("marketing", "sales"):
        creates = [each for each in sync(known(), custody, B2B, "m1") if each.command.verb is Verb.CREATE]
        assert {each.source for each in creates} == {"ma"}


def test_account_fields_go_onto_marketings_person():
    assert writes(known({LEAD: IN_CRM, IN_MA: {**AT_MA, "company": "ACME Inc", "employees": "1,200"}})) == {
        ("ma", Ref("Lead", "7")): {"employees": 1200}
    }


def test_a_companys_own_records_are_kept_alike_where_a_field_is_written_to_them():
    rule = b2b().fields["account"]["employees"]
    process = replace(b2b(), fields={"account": {"employees": replace(rule, write=(Path("crm", "Account", "Size"),))}})
    here = known({("crm", "Account", "A1"): {"Size": 10}, ("crm", "Account", "A2"): {"Size": 1200}}, person={}, keys=(
        Key("crm.Account", "A2"), Key("crm.Account", "A1"), Key("crm.Account", "A3"), Key("company", "acme"),
    ))  # fmt: skip
    (planned,) = sync_company(here, process, "m1")
    command = planned.command
    assert (planned.source, command.verb, command.ref, command.fields) == (
        "crm", Verb.UPDATE, Ref("Account", "A1"), {"Size": 1200},
    )  # fmt: skip
    assert (writes_companies(process), writes_companies(b2b())) == (True, False)
    assert sync(here, "sales", process, "m1") == []


def test_a_command_says_which_rule_brought_it_about():
    held = {LEAD: {**IN_CRM, "Phone": None, "Name": None}, IN_MA: AT_MA}
    (update,) = sync(known(held), "sales", B2B, "m1")
    assert update.why == "b2b@7 fields: Name, Phone won elsewhere"
    assert (update.message_id, update.person_id) == ("m1", "joe")
    assert update.command.key == "joe:m1:update:crm.Lead:L1"


def test_what_a_new_record_is_to_hold_depends_on_its_object():
    assert desired(B2B, "crm", "Lead", JOE, ACME) == {
        "Email": "Joe@ACME.example", "Name": "Joe Miller", "Phone": "+49301234567",
    }  # fmt: skip
    assert desired(B2B, "crm", "Opportunity", JOE, ACME) == {}


HELD = st.dictionaries(
    st.sampled_from(sorted(IN_CRM)), st.sampled_from([None, "", "Joe Miller", "+49 30 1234567", "joe@acme.example"])
)


@given(HELD, st.sampled_from(["sales", "marketing"]))
def test_what_was_written_is_not_written_again(held, custody):
    shadows = {LEAD: dict(held), IN_MA: dict(AT_MA)}
    for each in sync(known(shadows), custody, B2B, "m1"):
        assert each.command.ref is not None
        shadows[each.source, each.command.ref.object, each.command.ref.id] |= each.command.fields
    assert sync(known(shadows), custody, B2B, "m2") == []


def cleared(known_now, *fields: tuple[str, str]):
    """The same, once a source that may has cleared these."""
    person = {name: winner for name, winner in known_now.person.items() if ("person", name) not in fields}
    return replace(known_now, person=person, cleared=frozenset(fields))


def test_what_was_cleared_is_taken_out_where_it_is_still_held_and_nowhere_else():
    held = {LEAD: {**IN_CRM, "Phone": None}, IN_MA: AT_MA}
    now = cleared(known(held), ("person", "phone"))
    (planned,) = sync(now, "sales", B2B, "m1")
    assert (planned.source, dict(planned.command.fields)) == ("ma", {"phone": None})
    assert planned.why == "b2b@7 fields: phone is empty elsewhere"
    assert "Phone" not in desired(B2B, "crm", "Lead", now.person, now.account), "a new record is not given it either"
    assert (
        writes(cleared(known({LEAD: {**IN_CRM, "Phone": " "}, IN_MA: {**AT_MA, "phone": ""}}), ("person", "phone")))
        == {}
    )


def test_control_without_knowing_that_it_was_cleared_nobody_is_told():
    now = cleared(known({LEAD: {**IN_CRM, "Phone": None}, IN_MA: AT_MA}), ("person", "phone"))
    assert writes(replace(now, cleared=())) == {}


def test_what_was_cleared_goes_out_where_custody_lets_the_hub_write():
    now = cleared(known({LEAD: IN_CRM, IN_MA: AT_MA}), ("person", "phone"))
    assert writes(now, "marketing") == {("ma", Ref("Lead", "7")): {"phone": None}}
    assert writes(now, "sales") == {
        ("ma", Ref("Lead", "7")): {"phone": None},
        ("crm", Ref("Lead", "L1")): {"Phone": None},
    }


def test_a_cleared_field_of_the_account_goes_out_as_well():
    person = known({LEAD: IN_CRM, IN_MA: AT_MA}, account={name: ACME[name] for name in ("employees",)})
    assert writes(replace(person, cleared=frozenset({("account", "company")}))) == {
        ("ma", Ref("Lead", "7")): {"company": None}
    }


def test_a_plan_shows_what_would_be_emptied_with_who_cleared_it():
    now = cleared(known({LEAD: {**IN_CRM, "Phone": None}, IN_MA: AT_MA}), ("person", "phone"))
    posted = [Posted(each, "waiting", 0, AT) for each in sync(now, "sales", B2B, "m1")]
    why = "b2b@7 fields.person.phone: crm.Phone cleared it on 2026-09-01 before ma.phone"
    settled = {**now.person, "phone": winners(phone="")["phone"]._replace(why=why)}
    (line,) = lines_of(posted, {IN_MA: AT_MA}, {"joe": settled}, {"ma": Told((), (), {})}, B2B)
    assert line.who == "Joe Miller"
    assert line.changes == (Change("phone", "+49301234567", None, why),)
    assert said_of(line) == "  ma update Lead 7 (Joe Miller): phone '+49301234567' → (empty)"
