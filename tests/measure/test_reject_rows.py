"""A refused command tells each field, both values, what the system takes, whose it is, and where that was agreed."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pytest

from closeloop.db import Database
from closeloop.measure.reject_lines import COLUMNS, rows_as_csv
from closeloop.measure.reject_rows import RejectRow, Tried, reject_rows
from closeloop.outbox.store.shapes import save_shapes
from closeloop.ports import Shape, ShapeField
from closeloop.steps.keep_out import WHY as BY_ORDER
from support.road import b2b
from support.side_window import JOE, LEAD_JOE, NOW, Seed, at

REASON = "Lead.Title has 190 characters, at most 128: 'Head of '… (STRING_TOO_LONG)"
LEAD = Shape("Lead", "person", (
    ShapeField("Title", "string", writable=True, max_length=128),
    ShapeField("Phone", "phone", writable=True),
    ShapeField("Status", "picklist", writable=True, required=True, allowed=tuple(f"S{n}" for n in range(14))),
    ShapeField("Company", "string", writable=True, required=True, filled=True),
    ShapeField("CreatedDate", "moment", writable=False),
))  # fmt: skip


@pytest.fixture
def database(empty) -> Database:
    return empty.database


def refuse(database: Database, key: str, reason: str, fields: dict[str, object], **more: object) -> None:
    seed = Seed()
    seed.command(
        key, "crm", "update", at(1), state="dead", reason=reason, fields=json.dumps(fields), ref_object="Lead",
        ref_id="00Q1", answered_at=at(1, 10), **{"person_id": JOE, **more},
    )  # fmt: skip
    with database.write() as connection:
        seed.write(connection)


def seen(database: Database, *keys: str, process=None) -> list[RejectRow]:
    with database.read() as connection:
        return list(reject_rows(connection, process or b2b(), keys))


def known(database: Database) -> None:
    """Joe, of Yamada's team, with a record in the CRM; and what the CRM says of its leads."""
    seed = Seed()
    seed.person(JOE, at(1))
    seed.value(JOE, "name", "Joe Miller", "crm.Name", at(1), wins="crm.Name")
    held = {"Title": "CTO", "Phone": "+4930", "_owner": b2b().people[0].user, "_state": "active"}
    seed.other("shadows", source="crm", object="Lead", record_id="00Q1", fields=json.dumps(held))
    with database.write() as connection:
        seed.write(connection)
        save_shapes(connection, "crm", [LEAD], NOW)


def field(row: RejectRow, name: str) -> Tried:
    return next(each for each in row.fields if each.name == name)


def test_each_field_has_both_values_what_the_system_takes_and_the_line_that_decides_it(database):
    known(database)
    refuse(database, "k1", REASON, {"Title": "Head of " * 24, "Phone": "+49301"})
    (row,) = seen(database, "k1", "none")
    line = next(no for no, each in enumerate(b2b().files["b2b.yaml"].decode().splitlines(), 1) if "crm.Title" in each)
    assert field(row, "Title") == Tried(
        "Title",
        "Head of " * 24,
        "CTO",
        "string, at most 128 characters",
        "fields.person.title",
        line,
        "",
        is_named=True,
    )
    assert (field(row, "Phone").held, field(row, "Phone").allowed) == ("+4930", "phone")
    assert [each.name for each in row.named] == ["Title"]
    assert (row.called, row.owner, row.cause.key) == ("Joe Miller", b2b().people[0].name, "too_long:lead.title")
    assert (row.rule, row.told_at, row.state) == ("stages.telemarketing.show_as", NOW, "dead")
    assert row.line > 1


def test_the_owner_of_the_lead_counts_before_that_of_the_record_and_a_new_owner_is_a_field(database):
    known(database)
    seed = Seed()
    seed.lead(LEAD_JOE, JOE, at(1), owner="abe")
    with database.write() as connection:
        seed.write(connection)
    refs = json.dumps({"owner": ["User", "0055g00000GONEAAA"]})
    gone = "Lead.OwnerId: user 0055g00000GONEAAA may no longer own records (INACTIVE_OWNER_OR_USER)"
    refuse(database, "k1", gone, {}, lead_id=LEAD_JOE, refs=refs)
    (row,) = seen(database, "k1")
    assert row.owner == "abe"
    (given,) = row.named
    assert (given.name, given.tried, given.held) == ("owner", "0055g00000GONEAAA", b2b().people[0].name)
    assert given.rule == "stages.telemarketing.show_as"


def test_what_the_process_file_does_not_decide_by_field_is_decided_where_the_command_is_or_nowhere(database):
    known(database)
    refuse(database, "k1", "Lead has no field Colour (INVALID_FIELD)", {"Colour": "red"})
    refuse(database, "k2", "no robots (FIELD_CUSTOM_VALIDATION_EXCEPTION)", {}, why=BY_ORDER)
    (of_field,), (of_none,) = seen(database, "k1"), seen(database, "k2")
    assert (field(of_field, "Colour").rule, field(of_field, "Colour").line) == (of_field.rule, of_field.line)
    assert of_field.rule == "stages.telemarketing.show_as"
    assert (of_none.rule, of_none.line) == ("", 0)


def test_a_field_that_must_be_given_and_one_that_is_not_there_say_so(database):
    known(database)
    refuse(database, "k1", "Lead needs Status (REQUIRED_FIELD_MISSING)", {"Title": "CTO"})
    refuse(database, "k2", "Lead has no field Colour (INVALID_FIELD)", {"Colour": "red"})
    needs, unknown = seen(database, "k1", "k2")
    (status,) = needs.named
    assert (status.name, status.tried, status.held) == ("Status", None, None)
    assert status.allowed == f"one of {', '.join(f'S{n}' for n in range(12))} and 2 more, must be given"
    assert field(unknown, "Colour").allowed == "no such field may be written there"


def test_what_only_one_side_sees_is_said_to_be_so(database):
    process = b2b()
    person = process.fields["person"]
    rules = {**person, "title": replace(person["title"], seen_by="sales")}
    refuse(database, "k1", REASON, {"Title": "x"}, person_id=None)
    (row,) = seen(database, "k1", process=replace(process, fields={**process.fields, "person": rules}))
    assert (field(row, "Title").seen_by, row.called, row.owner, row.told_at) == ("sales", "", "", None)
    assert field(row, "Title").allowed == "", "the system said nothing yet"


def test_the_export_has_a_line_for_each_field_at_fault_and_nothing_that_a_spreadsheet_would_run(database):
    known(database)
    refuse(database, "k1", REASON, {"Title": "=HYPERLINK(1)", "Phone": "+49301"})
    refuse(database, "k2", "no robots (FIELD_CUSTOM_VALIDATION_EXCEPTION)", {"Title": "CTO", "Phone": "+49301"})
    with database.read() as connection:
        said = rows_as_csv(reject_rows(connection, b2b(), ["k1", "k2"]))
    first, second = csv.DictReader(said.splitlines())
    assert tuple(first) == COLUMNS
    assert first["cause"] == "crm:too_long:lead.title"
    assert (first["field"], first["tried"], first["held"]) == ("Title", "'=HYPERLINK(1)", "CTO")
    assert (first["record"], first["called"], first["owner"]) == ("00Q1", "Joe Miller", b2b().people[0].name)
    assert "make the field longer" in first["remedy"]
    assert (second["field"], second["rule"], second["key"]) == ("", "stages.telemarketing.show_as", "k2")
    assert first["answered_at"] == "2026-09-01T10:00:00Z"
