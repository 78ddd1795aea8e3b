"""Rows become records, and fields become columns, whatever the driver or file gives."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from closeloop.declared import seen
from closeloop.declared.read import read_declared
from closeloop.declared.rows import endings_in, recipe, to_record, to_row
from closeloop.declared.values import as_text, holds, moment, plain
from closeloop.ports import Ref
from closeloop.words.errors import BadInput

SEEN = datetime(2026, 9, 1, 9, tzinfo=UTC)
DECLARED = read_declared(
    "erp.yaml",
    b"""
objects:
  Contact:
    entity: person
    from: contacts
    id: [tenant, id]
    changed: at
    fields: {Email: email, Status: state}
    values: {Status: {"1": open, "2": closed}}
    key: key
    refs: {account: {to: Firm, by: firm}, person: {to: Contact, by: [tenant, boss]}}
    deleted: {gone: "*"}
    inactive: {off: [true, "1"], why: [null, "left"]}
    active: {off: false, why: null}
    became: {to: Contact, by: [tenant2, into]}
    merges: {from: m, loser: lost, survivor: won, each: '(\\d+):\\d+', at: at}
    deletes: {from: d, id: id}
    write: [Email, Status, account, person]
  Firm: {entity: account, from: firms, id: id, key: key}
""",
)
CONTACT, FIRM = DECLARED.objects["Contact"], DECLARED.objects["Firm"]


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        (" a", " a"),
        (True, True),
        (7, 7),
        (1.5, 1.5),
        (float("nan"), None),
        (Decimal("12.50"), "12.5"),
        (Decimal(10005534), 10005534),
        (Decimal("0.1000000000000000055"), "0.1000000000000000055"),
        (date(2026, 9, 1), "2026-09-01"),
        (datetime(2026, 9, 1, 9, tzinfo=timezone(timedelta(hours=2))), "2026-09-01T07:00:00Z"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        ({"b": 1, "a": [2]}, '{"a": [2], "b": 1}'),
        (b"\x01\xff", "01ff"),
    ],
)
def test_brings_what_a_driver_has_to_a_plain_value(given, made):
    assert plain(given) == made
    assert type(plain(given)) is type(made)


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("2026-09-01T09:00:00Z", SEEN),
        ("2026-09-01 9:00:00", SEEN),
        ("2026-09-01 09:00:00.000 UTC", SEEN),
        ("2026-09-01 11:00:00+02:00", SEEN),
        ("2026-09-01 11:00:00+02", SEEN),
        ("2026-09-01 09:00", SEEN),
        (SEEN.replace(tzinfo=None), SEEN),
        (1788253200, SEEN),
        (1788253200000, SEEN),
        ("2026-09-01", datetime(2026, 9, 1, tzinfo=UTC)),
        (date(2026, 9, 1), datetime(2026, 9, 1, tzinfo=UTC)),
        ("", None),
    ],
)
def test_reads_a_moment_in_each_usual_form(given, made):
    assert moment(given) == made


@pytest.mark.parametrize("given", ["tomorrow", "01.09.2026", "2026-02-30", "2026-09-01 25:00:00", True, 1e30])
def test_what_is_no_moment_is_refused(given):
    with pytest.raises(BadInput, match="moment"):
        moment(given)


def test_a_moment_without_a_zone_is_in_the_declared_one():
    assert moment("2026-09-01 11:00", ZoneInfo("Europe/Berlin")) == SEEN


def test_a_row_becomes_a_record():
    row = {"tenant": 1, "id": 12.0, "email": "", "state": 1, "key": "k", "firm": 7, "boss": 3, "gone": None, "at": SEEN}
    record = to_record(CONTACT, row, SEEN)
    assert (record.id, record.our_key, record.fields) == ("1:12", "k", {"Email": None, "Status": "open"})
    assert record.refs == {"account": Ref("Firm", "7"), "person": Ref("Contact", "1:3")}
    assert (record.deleted, record.active, record.became, record.changed_at) == (False, True, (), SEEN)


def test_a_column_that_is_not_there_is_unknown_and_an_id_is_needed():
    assert to_record(CONTACT, {"tenant": 1, "id": 2}, SEEN).fields == {}
    assert to_record(FIRM, {"id": "007", "title": "Acme", "key": "k"}, SEEN).fields == {"id": "007", "title": "Acme"}
    with pytest.raises(BadInput, match="a row without tenant and id"):
        to_record(CONTACT, {"tenant": 1, "id": " "}, SEEN)


def test_a_merged_row_is_no_deleted_one():
    row = {"tenant": 1, "id": 2, "gone": "2026-09-01", "tenant2": 1, "into": 9}
    assert (to_record(CONTACT, row, SEEN).became, to_record(CONTACT, row, SEEN).deleted) == (
        (Ref("Contact", "1:9"),),
        False,
    )
    assert to_record(CONTACT, {**row, "into": None}, SEEN).deleted
    # Some systems point a record that lives at itself.
    assert to_record(CONTACT, {**row, "into": 2}, SEEN).became == ()


def test_every_column_of_a_condition_must_hold():
    assert not to_record(CONTACT, {"tenant": 1, "id": 2, "off": "TRUE", "why": ""}, SEEN).active
    assert not to_record(CONTACT, {"tenant": 1, "id": 2, "off": 1, "why": "left"}, SEEN).active
    assert to_record(CONTACT, {"tenant": 1, "id": 2, "off": True, "why": "ill"}, SEEN).active
    assert not holds({}, {"off": True})


def test_a_cell_may_end_several_records():
    (merges,), (deletes,) = CONTACT.merges, CONTACT.deletes
    row = {"lost": "3:1672531200;4:1672531200;9:1", "won": 9, "at": "2026-08-01"}
    made = list(endings_in(CONTACT, merges, row, SEEN))
    assert [(each.id, each.became, each.deleted) for each in made] == [
        ("3", (Ref("Contact", "9"),), False),
        ("4", (Ref("Contact", "9"),), False),
    ]
    assert made[0].changed_at == datetime(2026, 8, 1, tzinfo=UTC)
    assert [(each.id, each.deleted) for each in endings_in(CONTACT, deletes, {"id": 5}, SEEN)] == [("5", True)]
    assert list(endings_in(CONTACT, merges, {"lost": "3:1", "won": ""}, SEEN)) == []


def test_fields_become_columns_and_only_those_that_may():
    fields = {"Email": "joe@acme.example", "Status": "closed", "packet": "for the hub alone"}
    refs = {"person": Ref("Contact", "1:3"), "owner": Ref("User", "x")}
    assert to_row(CONTACT, fields, refs) == {"email": "joe@acme.example", "state": "2", "tenant": "1", "boss": "3"}
    with pytest.raises(
        BadInput, match=r"Contact.Phone may not be written; `write` .* names Email, Status, account, person"
    ):
        to_row(CONTACT, {"Phone": "1"})
    with pytest.raises(BadInput, match="leads to a Lead; valid is a Contact"):
        to_row(CONTACT, {}, {"person": Ref("Lead", "1:3")})


def test_a_recipe_writes_the_first_value_of_each_column():
    assert recipe(CONTACT, active=False, present="now") == {"off": True, "why": None}
    assert recipe(CONTACT, active=True, present="now") == {"off": False, "why": None}
    with pytest.raises(BadInput, match="Firm has no `inactive`"):
        recipe(FIRM, active=False, present="now")


def test_a_digest_tells_rows_apart_but_not_the_order_of_columns():
    row = {"id": 1, "email": "joe@acme.example"}
    assert seen.digest(row) == seen.digest(dict(reversed(row.items())))
    assert len({seen.digest(row), seen.digest({**row, "email": None}), seen.digest({**row, "id": "1 "})}) == 3
    many = {seen.digest({"id": number}) for number in range(1000)}
    assert (len(many), seen.unpack(seen.pack(many)), len(seen.pack(many))) == (1000, many, 8000)


def test_ids_of_several_types_are_one_text():
    assert [as_text(each) for each in (12, 12.0, " 12 ", Decimal(12), None, "")] == ["12"] * 4 + [None, None]
