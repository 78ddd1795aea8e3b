"""Reasons that systems give are grouped by cause, whatever ids and values are in them."""

from __future__ import annotations

import pytest

from closeloop.outbox.rejects import cause_of

SAME = [
    (
        "Lead.Country cannot be 'Germny': valid is DE, FR (INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST)",
        "Lead.Country cannot be 'Atlantis': valid is DE, FR (INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST)",
        "not_on_list:lead.country",
    ),
    (
        "Lead.Title has 190 characters, at most 128: 'aaaa'… (STRING_TOO_LONG)",
        "Lead.Title has 131 characters, at most 128: 'bbbb'… (STRING_TOO_LONG)",
        "too_long:lead.title",
    ),
    (
        "Title: 190 characters; valid are at most 128: 'aaaa'…",
        "Lead.Title has 131 characters, at most 128: 'bbbb'… (STRING_TOO_LONG)",
        "too_long:lead.title",
    ),
    (
        "Lead.Email is not an e-mail address: 'joe@' (INVALID_EMAIL_ADDRESS)",
        "Lead.Email is not an e-mail address: 'ann' (INVALID_EMAIL_ADDRESS)",
        "bad_address:lead.email",
    ),
    (
        "Lead.OwnerId: user 0055g00000ABCDEAA1 may no longer own records; choose another (INACTIVE_OWNER_OR_USER)",
        "Lead.OwnerId: user 0055g00000ABCDEAA2 may no longer own records; choose another (INACTIVE_OWNER_OR_USER)",
        "inactive_owner:lead.ownerid",
    ),
    (
        "title = 'x' (valid is string of at most 5 characters): too long (Marketo code 1077); the value is longer",
        "title = 'yy' (valid is string of at most 5 characters): too long (Marketo code 1077); the value is longer",
        "too_long:lead.title",
    ),
    (
        "no such colour 17 for joe@acme.example",
        "no such colour 4 for ann@acme.example",
        "other:update:Lead:no such colour … for …",
    ),
    (
        "Contact.meal choice held back: crm and ma overrule each other: crm holds 'is required', ma says 'too long'",
        "Contact.meal choice held back: the hub and crm overrule each other: crm holds nothing, the hub says 7",
        "loop:contact.meal choice",
    ),
    ("gave up after 100 attempts: HTTP 503", "gave up after 101 attempts: HTTP 503", "gave_up:http …"),
]


@pytest.mark.parametrize(("one", "other", "key"), SAME, ids=[key for *_, key in SAME])
def test_values_and_ids_do_not_part_what_has_one_cause(one: str, other: str, key: str):
    causes = {cause_of("update", "Lead", reason) for reason in (one, other)}
    assert len({cause.key for cause in causes}) == 1
    assert causes.pop().key == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Lead.Country cannot be 'x': valid is DE (INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST)",
            "Lead.Status cannot be 'x': valid is Open (INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST)",
        ),
        ("Lead needs Company (REQUIRED_FIELD_MISSING)", "Lead needs LastName (REQUIRED_FIELD_MISSING)"),
        ("Amount: no discounts (FIELD_CUSTOM_VALIDATION_EXCEPTION)", "No robots (FIELD_CUSTOM_VALIDATION_EXCEPTION)"),
        ("something odd", "something else"),
    ],
)
def test_control_what_must_be_mended_apart_stays_apart(one: str, other: str):
    assert cause_of("update", "Lead", one).key != cause_of("update", "Lead", other).key


def test_cause_and_remedy_are_plain_words_and_name_the_field():
    cause = cause_of("create", "Lead", "Lead needs Company, LastName (REQUIRED_FIELD_MISSING)")
    assert cause.what == "a field that the system demands is empty: Lead.Company, Lead.LastName"
    assert "then try again" in cause.remedy
    assert "joe" not in cause_of("update", "Lead", "odd thing with joe@acme.example and 'Joe'").what


def test_a_system_that_says_nothing_has_a_cause_too():
    assert cause_of("update", "Lead", "").what == "the system gave no reason"
