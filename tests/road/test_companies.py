"""What changes of a company reaches the records of its people, and its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from closeloop import flow
from closeloop.crew import pump
from closeloop.flow import Hub
from closeloop.inbox.nouns import Click
from closeloop.measure.reject_rows import reject_rows
from closeloop.planning import apply_plan, make_plan
from closeloop.ports import Outcome, Record, Ref
from closeloop.process.nouns import Process
from closeloop.rescoring import apply_rescore, plan_rescore
from closeloop.steps.concerned import queue_concerned
from support.ends import Ends, come_to_rest, ends_of, merging
from support.replayed import differences_of_a_replay
from support.road import Road, b2b_changed, road_on
from support.vendor_words import CONTACT, JOE, answered, clicked, told
from support.versions import version


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url, merging("ma")) as found:
        yield found


def two_of_acme(road: Road, ends: Ends) -> str:
    """An account with two contacts, in marketing too."""
    seller = ends.crm.users["abel"]
    acme = ends.crm.create_account(seller, Name="Acme")
    for name in ("Joe", "Ann"):
        address = f"{name.lower()}@acme.example"
        ends.crm.create_contact(seller, FirstName=name, LastName="Miller", Email=address, AccountId=acme)
    come_to_rest(road, ends)
    assert called(ends) == ["Acme", "Acme"]
    return acme


def called(ends: Ends) -> list[object]:
    """Their company's name, as marketing has it."""
    return [lead["company"] for lead in ends.ma.leads()]


def renamed(road: Road, ends: Ends) -> list[object]:
    ends.crm.change(two_of_acme(road, ends), {"Name": "Acme Robotics"})
    come_to_rest(road, ends)
    return called(ends)


def test_a_companys_new_name_reaches_the_marketing_records_of_its_people(road, ends, tmp_path):
    assert renamed(road, ends) == ["Acme Robotics", "Acme Robotics"]
    assert not differences_of_a_replay(road, tmp_path)


def test_control_without_the_step_they_keep_the_old_one(road, ends, monkeypatch):
    steps = tuple(step for step in flow.STEPS if step is not queue_concerned)
    monkeypatch.setattr("closeloop.flow.STEPS", steps)
    assert renamed(road, ends) == ["Acme", "Acme"]


def test_those_of_a_large_company_come_in_parts(road, ends, monkeypatch):
    monkeypatch.setattr("closeloop.steps.concerned.AT_ONCE", 1)
    assert renamed(road, ends) == ["Acme Robotics", "Acme Robotics"]
    assert road.one("SELECT COUNT(*) FROM receipts WHERE door = 'again'") == 2


def test_a_company_that_changes_twice_in_one_moment_calls_them_twice(road, ends):
    acme = two_of_acme(road, ends)
    for name in ("Acme Robotics", "Acme Robots"):  # the clock of the road stands still between them
        ends.crm.change(acme, {"Name": name})
        for _ in range(2):
            pump(road.hub, ends.connectors)
    assert called(ends) == ["Acme Robots", "Acme Robots"]


def test_an_account_that_is_read_after_its_people_reaches_them_too(road):
    at = road.clock.now()
    named = {"Email": JOE, "FirstName": "Joe", "LastName": "Miller"}
    told(road, Record("Contact", CONTACT, "person", at, named, refs={"account": Ref("Account", "001A")}))
    told(road, Record("Account", "001A", "account", at, {"Name": "Acme"}))
    assert road.one("SELECT COUNT(*) FROM receipts WHERE door = 'again'") == 1


def test_where_nothing_of_it_changed_nobody_is_called(road, ends):
    acme = two_of_acme(road, ends)
    ends.crm.change(acme, {"Website": "https://acme.example"})
    come_to_rest(road, ends)
    assert road.one("SELECT COUNT(*) FROM receipts WHERE door = 'again'") == 0


# What goes into the records of the companies themselves.


SIZES = "employees: {trust: [crm.NumberOfEmployees, ma.employees], write: [ma], as: integer}"


@cache
def sizes_to_the_crm() -> Process:
    """A company's size is believed from forms first, and written to its account in the CRM."""
    trust, write = "[form.employees, crm.NumberOfEmployees]", "[crm.Account.NumberOfEmployees]"
    return b2b_changed((SIZES, f"employees: {{trust: {trust}, write: {write}, as: integer}}"))


@pytest.fixture
def sizing(sqlite_url: str) -> Iterator[tuple[Road, Ends, str]]:
    """A road, both ends, and Acme's account: the CRM says that ten work there, Joe among them."""
    with acme_of_ten(sqlite_url) as found:
        yield found


@contextmanager
def acme_of_ten(url: str, process: Process | None = None) -> Iterator[tuple[Road, Ends, str]]:
    with road_on(url, process or sizes_to_the_crm()) as road, ends_of(road) as ends:
        seller = ends.crm.users["abel"]
        acme = ends.crm.create_account(seller, Name="Acme", NumberOfEmployees=10)
        ends.crm.create_contact(seller, FirstName="Joe", LastName="Miller", Email=JOE, AccountId=acme)
        come_to_rest(road, ends)
        yield road, ends, acme


def says(road: Road, employees: int, key: str = "f1") -> None:
    road.act("form.submitted", key, email=JOE, company="Acme", employees=employees)


def updates(road: Road) -> list[tuple[object, ...]]:
    """What was to be written to accounts: fields and how it stands."""
    return road.rows(
        "SELECT fields, state, person_id IN (SELECT id FROM entities WHERE kind = 'account') FROM commands"
        " WHERE object = 'Account' ORDER BY created_at, key"
    )


def test_a_companys_field_goes_into_its_own_record_once(database_url, tmp_path):
    with acme_of_ten(database_url) as (road, ends, acme):
        says(road, 1200)
        come_to_rest(road, ends)
        come_to_rest(road, ends)
        assert ends.crm.get(acme)["NumberOfEmployees"] == 1200
        assert updates(road) == [('{"NumberOfEmployees": 1200}', "done", True)]
        assert not differences_of_a_replay(road, tmp_path)


def test_what_a_seller_sets_back_is_written_again_by_the_order_of_trust(sizing):
    road, ends, acme = sizing
    says(road, 1200)
    come_to_rest(road, ends)
    ends.crm.change(acme, {"NumberOfEmployees": 11})
    come_to_rest(road, ends)
    assert ends.crm.get(acme)["NumberOfEmployees"] == 1200
    assert len(updates(road)) == 2


def test_what_waits_is_superseded_by_what_is_said_later(sizing):
    road, ends, acme = sizing
    says(road, 1200)
    road.decide()
    says(road, 1300, "f2")
    road.decide()
    come_to_rest(road, ends)
    assert road.rows("SELECT fields, reason FROM commands WHERE object = 'Account' ORDER BY created_at, key") == [
        ('{"NumberOfEmployees": 1200}', "not sent any more: what the record is to hold was decided anew"),
        ('{"NumberOfEmployees": 1300}', None),
    ]
    assert ends.crm.get(acme)["NumberOfEmployees"] == 1300


def refused_at_first(road: Road, ends: Ends, acme: str) -> str:
    """The CRM does not take the size; the key of what it refused."""
    says(road, 1200)
    road.decide()
    key = str(road.one("SELECT key FROM commands WHERE object = 'Account'"))
    answered(road, key, outcome=Outcome.PERMANENT, reason="NumberOfEmployees: too many")
    come_to_rest(road, ends)
    assert ends.crm.get(acme)["NumberOfEmployees"] == 10
    with road.database.read() as connection:
        (row,) = reject_rows(connection, road.hub.process, [key])
    assert (row.called, row.object, row.record_id) == ("Acme", "Account", acme)
    return key


def test_what_was_refused_goes_out_again_as_it_is_decided_then(sizing):
    road, ends, acme = sizing
    key = refused_at_first(road, ends, acme)
    road.clock.advance(timedelta(minutes=1))
    assert clicked(road, Click("retry", key, "", "Ada")) == ("decided", "sent again, as it is decided now")
    come_to_rest(road, ends)
    assert ends.crm.get(acme)["NumberOfEmployees"] == 1200
    assert len(updates(road)) == 1


def test_what_was_refused_and_is_not_needed_any_more_is_not_sent_again(sizing):
    road, ends, acme = sizing
    key = refused_at_first(road, ends, acme)
    ends.crm.change(acme, {"NumberOfEmployees": 1200})
    come_to_rest(road, ends)
    state, reason = clicked(road, Click("retry", key, "", "Ada"))
    assert (state, str(reason).partition(":")[0]) == ("decided", "no longer needed")
    come_to_rest(road, ends)
    assert len(updates(road)) == 1


def test_a_process_that_believes_another_size_brings_it_to_the_company_as_well(sqlite_url):
    written = "write: [crm.Account.NumberOfEmployees]"
    seven, eight = (
        version(n, (SIZES, SIZES.replace("crm.NumberOfEmployees, ma.employees", trust).replace("write: [ma]", written)))
        for n, trust in ((7, "crm.NumberOfEmployees, form.employees"), (8, "form.employees, crm.NumberOfEmployees"))
    )
    with acme_of_ten(sqlite_url, seven) as (road, ends, acme):
        says(road, 1200)
        come_to_rest(road, ends)
        assert updates(road) == []
        hub = Hub(road.database, eight, road.clock)
        hub.begin()
        apply_rescore(hub, plan_rescore(hub, lambda *_: None), lambda *_: None)
        come_to_rest(replace(road, hub=hub), ends)
        assert ends.crm.get(acme)["NumberOfEmployees"] == 1200


def test_a_plan_names_the_company_and_applying_it_does_just_that(sizing):
    road, ends, acme = sizing
    says(road, 1200)
    plan = make_plan(road.hub, ends.connectors, ["crm", "ma"], lambda *_: None)
    (line,) = [line for line in plan.lines if line.object == "Account"]
    (change,) = line.changes
    assert (line.who, change.old, change.new, line.record_id) == ("Acme", 10, 1200, acme)
    assert change.why.startswith("b2b@7 fields.account.employees: form.employees of")
    applied = apply_plan(road.hub, ends.connectors, plan, "Ada", lambda *_: None, lambda _: True)
    assert (dict(applied.done["crm"]), applied.unlike) == (plan.counts["crm"], ())
    assert ends.crm.get(acme)["NumberOfEmployees"] == 1200
