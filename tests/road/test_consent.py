"""An opt-out told anywhere holds everywhere within one cycle, and nothing that comes later takes it back (F13)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from closeloop.inbox.nouns import Click
from closeloop.process.load import load_files
from closeloop.process.nouns import Process
from closeloop.steps import record
from support.erased import Story, story, with_list

JOE, HOME = "joe@acme.example", "joe@home.example"
BELIEVED = "{trust: {any_true: [desk, list.opted_out, ma.unsubscribed, crm.HasOptedOutOfEmail]}"
RULE = f"{BELIEVED}, write: [crm, ma], gate: ignores}}"
NEWEST = "{trust: [{newest: [list.opted_out, ma.unsubscribed, crm.HasOptedOutOfEmail]}], as: boolean"


@pytest.fixture
def told(database_url: str, tmp_path: Path):
    with story(database_url, tmp_path) as found:
        yield found


@pytest.fixture
def on_sqlite(sqlite_url: str, tmp_path: Path):
    with story(sqlite_url, tmp_path) as found:
        yield found


def with_rule(rule: str) -> Process:
    """The process with another rule for opting out."""
    files = dict(with_list().files)
    said = files["b2b.yaml"].decode()
    assert RULE in said
    return load_files({**files, "b2b.yaml": said.replace(RULE, rule).encode()}, "b2b.yaml")


def known_to_both(told: Story, email: str = JOE) -> tuple[str, int]:
    """A name that no gate let through, and that both systems hold for reasons of their own."""
    seller = next(iter(told.systems.crm.users.values()))
    contact = told.systems.crm.create_contact(seller, FirstName="Joe", LastName="Miller", Email=email)
    lead = told.systems.ma.create_lead(email=email, firstName="Joe", lastName="Miller")
    told.rest()
    assert told.road.one("SELECT COUNT(*) FROM leads") == 0
    return contact, lead


def sides(told: Story) -> set[tuple[str, bool]]:
    """Who is opted out: every record of a person in each system, and whether it says so."""
    crm = [row for name in ("Contact", "Lead") for row in told.systems.crm.records(name)]
    found = {(str(row["Email"]), bool(row["HasOptedOutOfEmail"])) for row in crm}
    return found | {(str(row["email"]), bool(row["unsubscribed"])) for row in told.systems.ma.instance.leads()}


def opt_out_in_sales(told: Story, contact: str) -> None:
    told.systems.crm.change(contact, {"HasOptedOutOfEmail": True})
    told.rest()


def test_an_opt_out_of_a_name_holds_everywhere_within_one_cycle(told: Story):
    by_sales, by_marketing, by_file = (f"{name}@acme.example" for name in ("ann", "bob", "eve"))
    contact, _ = known_to_both(told, by_sales)
    _, lead = known_to_both(told, by_marketing)
    known_to_both(told, by_file)
    assert {out for _, out in sides(told)} == {False}
    told.systems.crm.change(contact, {"HasOptedOutOfEmail": True})
    told.systems.ma.unsubscribe(lead)
    told.import_list([{"mail": by_file, "opted_out": "yes"}], "optout.csv")
    assert sides(told) == {(each, True) for each in (by_sales, by_marketing, by_file)}


def come_anew(told: Story) -> None:
    """He opts out in sales; both records are deleted, the file is imported again, and new records are entered."""
    contact, lead = known_to_both(told)
    told.import_list([{"mail": JOE, "name": "Joe Miller", "opted_out": ""}])
    opt_out_in_sales(told, contact)
    told.systems.crm.delete(contact)
    told.systems.ma.delete_lead(lead)
    told.rest()
    told.import_list([{"mail": JOE, "name": "Joe Miller", "opted_out": ""}], "blank.csv")
    told.import_list([{"mail": JOE, "name": "Joe M. Miller", "opted_out": "no"}], "revive.csv")
    seller = next(iter(told.systems.crm.users.values()))
    told.systems.crm.create_contact(seller, FirstName="Joe", LastName="Miller", Email=JOE, HasOptedOutOfEmail=False)
    told.systems.ma.create_lead(email=JOE, firstName="Joe", lastName="Miller", unsubscribed=False)
    told.rest()


def test_stays_when_the_record_is_deleted_and_the_file_imported_again(told: Story):
    come_anew(told)
    assert sides(told) == {(JOE, True)}


def test_control_if_whoever_was_never_asked_may_say_no_a_new_record_takes_it_back(on_sqlite: Story, monkeypatch):
    monkeypatch.setattr(record, "_without_revivals", lambda _, values: values)
    come_anew(on_sqlite)
    assert (JOE, False) in sides(on_sqlite)


def test_a_seller_who_ticked_the_box_can_untick_it(on_sqlite: Story):
    contact, _ = known_to_both(on_sqlite)
    opt_out_in_sales(on_sqlite, contact)
    on_sqlite.systems.crm.change(contact, {"HasOptedOutOfEmail": False})
    on_sqlite.rest()
    assert sides(on_sqlite) == {(JOE, False)}


def test_covers_every_address_of_a_merged_person(on_sqlite: Story):
    contact, _ = known_to_both(on_sqlite)
    other = on_sqlite.systems.ma.create_lead(email=HOME, firstName="Joe", lastName="Miller", phone="+49 30 777123")
    on_sqlite.systems.crm.change(contact, {"Phone": "+49 30 777123"})
    on_sqlite.rest()
    for (pair,) in on_sqlite.road.rows("SELECT id FROM pairs WHERE state = 'open'"):
        on_sqlite.road.hub.click(Click("same", str(pair), "", "Ada"))
    on_sqlite.rest()
    assert on_sqlite.person_of(JOE) == on_sqlite.person_of(HOME)
    on_sqlite.systems.ma.unsubscribe(other)
    on_sqlite.rest(timedelta(minutes=1))
    assert {out for _, out in sides(on_sqlite)} == {True}


def test_control_by_the_newest_value_a_file_takes_an_opt_out_back(sqlite_url: str, tmp_path: Path):
    with story(sqlite_url, tmp_path, with_rule(RULE.replace(BELIEVED, NEWEST))) as told:
        contact, _ = known_to_both(told)
        opt_out_in_sales(told, contact)
        told.import_list([{"mail": JOE, "opted_out": "no"}], "revive.csv")
        assert (JOE, False) in sides(told)


def test_control_behind_the_gate_an_opt_out_of_a_name_never_reaches_sales(sqlite_url: str, tmp_path: Path):
    gated = RULE.replace(", gate: ignores", "")
    with story(sqlite_url, tmp_path, with_rule(gated)) as told:
        told.systems.ma.unsubscribe(known_to_both(told)[1])
        told.rest()
        assert sides(told) == {(JOE, True), (JOE, False)}
