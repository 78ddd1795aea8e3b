"""`matching` says in which systems a merge of the hub is carried out too; in none unless the process says so."""

from __future__ import annotations

import pytest

from closeloop.process.json_schema import json_schema
from closeloop.process.load import load_files
from closeloop.process.nouns import Matching
from closeloop.words.errors import ProcessError


def loaded(sound_files, more=""):
    return load_files({**sound_files, "b2b.yaml": sound_files["b2b.yaml"] + more.encode()}, "b2b.yaml")


def test_by_default_no_merge_is_carried_out_anywhere_else(sound_files):
    assert loaded(sound_files).matching == Matching(())
    assert loaded(sound_files, "matching: {}\n").matching == Matching(())


def test_names_the_systems_in_which_a_merge_is_carried_out_too(sound_files):
    assert loaded(sound_files, "matching: {merge_in: [ma, crm]}\n").matching.merge_in == ("ma", "crm")


def test_the_schema_for_editors_has_the_key_and_closes_it():
    schema = json_schema()
    part = schema["$defs"]["MatchingPart"]
    assert schema["properties"]["matching"]["$ref"] == "#/$defs/MatchingPart"
    assert (part["additionalProperties"], set(part["properties"])) == (
        False, {"merge_in", "convert", "account_ties"},
    )  # fmt: skip


def test_leads_are_converted_in_the_systems_that_can_where_that_is_said(sound_files):
    assert loaded(sound_files, "matching: {merge_in: [ma, crm]}\n").matching.convert_in == ()
    assert loaded(sound_files, "matching: {merge_in: [ma, crm], convert: true}\n").matching.convert_in == ("crm",)
    assert loaded(sound_files, "matching: {merge_in: [crm], convert: true}\n").matching.into_accounts == ()


def test_leads_go_into_accounts_only_where_that_is_said(sound_files):
    matching = loaded(sound_files, "matching: {merge_in: [ma, crm], convert: accounts}\n").matching
    assert (matching.convert_in, matching.into_accounts) == (("crm",), ("crm",))
    with pytest.raises(ProcessError, match="convert"):
        loaded(sound_files, "matching: {merge_in: [crm], convert: contacts}\n")


def test_conversion_without_a_system_that_converts_is_an_error(sound_files):
    with pytest.raises(ProcessError, match="no system of `merge_in` converts leads; valid kinds: salesforce"):
        loaded(sound_files, "matching: {merge_in: [ma], convert: true}\n")


def test_names_what_chooses_among_accounts_in_order(sound_files):
    more = "matching: {account_ties: [same country, top of hierarchy, most people, most records, least created]}\n"
    assert loaded(sound_files, more).matching.account_ties == (
        "same country", "top of hierarchy", "most people", "most records", "least created",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ties", "fault"),
    [
        ("[nearest]", "'nearest' is no tie-breaker; valid are 'same country'"),
        ("[most revenue]", "revenue"),
        ("[most people, most people]", "'most people' stands there twice"),
    ],
)
def test_a_tie_breaker_that_does_not_exist_is_an_error_with_its_line(sound_files, ties, fault):
    n_lines = sound_files["b2b.yaml"].count(b"\n")
    with pytest.raises(ProcessError) as caught:
        loaded(sound_files, f"matching:\n  account_ties: {ties}\n")
    (found,) = caught.value.faults
    assert (found.file, found.line) == ("b2b.yaml", n_lines + 2)
    assert fault in found.what
