"""What a message states becomes values; what it leaves blank or does not mention writes nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from closeloop.inbox.nouns import Message, Reported
from closeloop.ports import Record
from closeloop.record.builtin import rules_for
from closeloop.record.report import LONGEST, relate, report
from closeloop.record.settle import winners_of
from closeloop.record.typed import typed
from closeloop.words.money import Money

AT = datetime(2026, 9, 1, tzinfo=UTC)
IDS = {"person": "joe", "account": "acme", "opportunity": "deal", "campaign": "spring"}


def reported(process, *values, ids=IDS):
    message = Message("form:1", "form", "r", 0, "event", AT, AT, values=tuple(Reported(*each) for each in values))
    return report(message, ids, process)


def test_a_value_is_kept_in_its_normal_form_and_as_given(process):
    (value,) = reported(process, ("person", "form.email", "Joe+demo@ACME.example"))
    assert (value.entity_id, value.field, value.path, value.at) == ("joe", "email", "form.email", AT)
    assert (value.value, value.given, value.valid, value.message_id) == (
        "joe@acme.example", "Joe+demo@ACME.example", True, "form:1",
    )  # fmt: skip


@pytest.mark.parametrize("blank", [None, "", "  ", "\t\n"])
def test_a_blank_value_states_nothing_so_it_never_beats_one(process, blank):
    assert reported(process, ("person", "crm.Title", blank), ("person", "crm.Email", blank)) == []


def test_a_path_that_the_process_does_not_list_and_an_unknown_entity_state_nothing(process):
    assert reported(process, ("person", "form.shoe_size", 43), ("account", "form.email", "joe@acme.example")) == []
    assert reported(process, ("account", "form.company", "Acme"), ids={"person": "joe"}) == []


def test_what_does_not_have_the_form_is_kept_as_invalid(process):
    (value,) = reported(process, ("person", "form.email", "none of your business"))
    assert (value.value, value.valid) == ("none of your business", False)


def test_a_phone_is_read_by_the_habits_of_the_country_stated_beside_it(process):
    country, phone = reported(process, ("person", "form.country", "Germany"), ("person", "form.tel", "030 123456"))
    assert (country.value, phone.value, phone.valid) == ("DE", "+4930123456", True)
    (alone,) = reported(process, ("person", "form.tel", "030 123456"))
    assert not alone.valid


def test_text_that_is_too_long_is_not_valid_and_does_not_fill_the_database(process):
    (value,) = reported(process, ("person", "form.title", "x" * (LONGEST + 1)))
    assert not value.valid
    assert len(value.value) == len(value.given) == LONGEST


@pytest.mark.parametrize(("given", "kept"), [(float("nan"), "nan"), (2**70, str(2**70)), ("a\ud800b", "a?b")])
def test_what_a_database_cannot_hold_is_kept_as_text(process, given, kept):
    (value,) = reported(process, ("person", "form.title", given))
    assert value.given == kept


@pytest.mark.parametrize(
    ("amount", "currency", "money"),
    [
        (48000, "EUR", Money(4_800_000, "EUR")), (48000.5, "EUR", Money(4_800_050, "EUR")),
        (48000.0, "JPY", Money(48000, "JPY")), ("48000 EUR", "USD", Money(4_800_000, "EUR")),
        (48000, None, None), (0.1 + 0.2, "EUR", None),
    ],
)  # fmt: skip
def test_the_amount_of_a_deal_has_the_currency_of_its_record_and_nothing_is_guessed(process, amount, currency, money):
    values = reported(
        process,
        ("opportunity", "crm.Opportunity.Amount", amount),
        ("opportunity", "crm.Opportunity.CurrencyIsoCode", currency),
        ("opportunity", "crm.Opportunity.IsClosed", False),
    )
    deal = typed(winners_of("opportunity", values, process), "opportunity", process)
    assert deal == {"amount": money, "is_closed": False, "open": True, "won": False}


@pytest.mark.parametrize(("currency", "valid"), [("EUR", True), (None, False)])
def test_an_amount_that_changes_alone_has_the_currency_that_its_record_still_holds(process, currency, valid):
    record = Record("Opportunity", "006", "opportunity", AT, {"Amount": 52000, "CurrencyIsoCode": currency})
    news = (Reported("opportunity", "crm.Opportunity.Amount", 52000),)
    [value] = report(Message("crm:1", "crm", "r", 0, "record", AT, AT, values=news, record=record), IDS, process)
    assert (value.value, value.valid) == (("52000.00 EUR", True) if currency else ("52000", False))


def test_relations_are_values_whose_newest_wins(process):
    old = relate("deal", "account", "acme", path="crm.Opportunity.account", at=AT, message_id="crm:1")
    new = relate("deal", "account", "beta", path="crm.Opportunity.account", at=AT.replace(day=2), message_id="crm:2")
    assert winners_of("opportunity", [new, old], process)["account"].value == "beta"


def test_what_the_process_declares_replaces_what_is_built_in(process):
    assert rules_for(process, "person")["owner"].form == "text"
    assert rules_for(process, "person")["email"] is process.fields["person"]["email"]
    assert rules_for(process, "starship") == {}
