"""Two contacts of different accounts become one at the account that won; of three, each goes into the oldest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from closeloop.inbox.nouns import Click
from closeloop.planning import make_plan
from support.ends import Ends, come_to_rest, merging, read
from support.replayed import differences_of_a_replay
from support.road import Road, road_on
from support.vendor_words import JOE, clicked


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url, merging("crm")) as found:
        yield found


def account(ends: Ends, name: str) -> str:
    return str(ends.crm.create_account(ends.crm.users["abel"], Name=name))


def contact(ends: Ends, name: str, **fields: str) -> str:
    return str(ends.crm.create_contact(ends.crm.users["abel"], LastName=name, **fields))


def joe_changed_jobs(road: Road, ends: Ends) -> tuple[str, str, str]:
    """Joe's two contacts, who turn out to be one as the newer is given his address; and the account of that one."""
    old, new = account(ends, "Acme"), account(ends, "Globex")
    first = contact(ends, "Miller", Email=JOE, AccountId=old)
    come_to_rest(road, ends)
    second = contact(ends, "Miller", Title="CTO", AccountId=new)
    come_to_rest(road, ends)
    ends.crm.change(second, {"Email": JOE})
    return first, second, new


def go_live(road: Road, ends: Ends) -> None:
    with road.database.write() as connection:
        connection.exec_driver_sql("UPDATE sending SET mode = 'live'")
    road.clock.advance(timedelta(minutes=5))
    come_to_rest(road, ends)


def believed(road: Road) -> set[object]:
    """The accounts that the hub takes people to belong to."""
    return {json.loads(str(value)) for (value,) in road.rows("SELECT value FROM winners WHERE field = 'account'")}


def test_the_survivor_goes_to_the_account_that_won_as_planned_and_the_hub_learns_nothing_new(road, ends):
    first, second, new = joe_changed_jobs(road, ends)
    plan = make_plan(road.hub, ends.connectors, ["crm"], lambda *_: None)
    [line] = [each for each in plan.lines if each.verb == "merge"]
    assert (line.record_id, line.loser) == (first, second)
    assert {change.field: change.new for change in line.changes} == {"Title": "CTO", "account": new}
    won = believed(road)
    go_live(road, ends)
    [left] = ends.crm.records("Contact")
    assert (left["Id"], left["AccountId"]) == (first, new)
    assert believed(road) == won
    assert make_plan(road.hub, ends.connectors, ["crm"], lambda *_: None).lines == ()


def test_control_without_it_the_crm_holds_another_account_than_the_hub_believes_in(road, ends, monkeypatch):
    monkeypatch.setattr("closeloop.steps.merged_accounts._records", lambda *_: {})
    _, _, new = joe_changed_jobs(road, ends)
    make_plan(road.hub, ends.connectors, ["crm"], lambda *_: None)
    go_live(road, ends)
    [left] = ends.crm.records("Contact")
    assert left["AccountId"] != new
    assert accounts_of_those_believed(road) == [new]


def waiting_for_the_account(road: Road, ends: Ends) -> tuple[str, str, str]:
    """The merge waits and is to take the survivor to the newer account: survivor, loser, that account."""
    found = joe_changed_jobs(road, ends)
    read(road, ends)
    assert refs_of_merge(road)["account"] == ["Account", found[2]]
    road.clock.advance(timedelta(minutes=5))
    return found


def refs_of_merge(road: Road) -> dict[str, list[str]]:
    [(refs,)] = road.rows("SELECT refs FROM commands WHERE verb = 'merge'")
    return dict(json.loads(str(refs)))


def test_a_merge_that_waits_leaves_the_survivor_where_a_seller_puts_it_meanwhile(road, ends):
    first, _, _ = waiting_for_the_account(road, ends)
    third = account(ends, "Initech")
    ends.crm.change(first, {"AccountId": third})
    read(road, ends)
    come_to_rest(road, ends)
    [left] = ends.crm.records("Contact")
    assert (left["AccountId"], accounts_of_those_believed(road)) == (third, [third])


def test_control_without_that_the_merge_takes_it_away_again(road, ends, monkeypatch):
    monkeypatch.setattr("closeloop.steps.plan.follow_accounts", lambda *_: None)
    first, _, new = waiting_for_the_account(road, ends)
    ends.crm.change(first, {"AccountId": account(ends, "Initech")})
    read(road, ends)
    come_to_rest(road, ends)
    [left] = ends.crm.records("Contact")
    assert left["AccountId"] == new


@pytest.mark.parametrize("what", ["deleted", "merged"])
def test_a_merge_that_waits_goes_out_without_an_account_that_is_gone_or_with_what_became_of_it(road, ends, what):
    first, _, new = waiting_for_the_account(road, ends)
    other = account(ends, "Globex Corp")
    if what == "deleted":
        ends.crm.delete(new)
    else:
        ends.crm.merge(other, new)
    read(road, ends)
    come_to_rest(road, ends)
    [left] = ends.crm.records("Contact")
    assert left["Id"] == first
    assert road.rows("SELECT state FROM commands WHERE verb = 'merge'") == [("done",)]
    assert what == "deleted" or left["AccountId"] == other


def test_refused_for_an_account_that_went_unheard_of_it_says_so_and_tried_again_it_goes_out(road, ends):
    first, _, new = waiting_for_the_account(road, ends)
    ends.crm.delete(new)
    road.hub.deliver("crm", ends.connectors["crm"], "w")
    road.decide()
    [(state, reason)] = road.rows("SELECT state, reason FROM commands WHERE verb = 'merge'")
    assert (state, f"Account {new} is gone" in str(reason)) == ("dead", True)
    read(road, ends)
    clicked(road, Click("retry", str(road.one("SELECT key FROM commands WHERE verb = 'merge'")), "", "head of sales"))
    come_to_rest(road, ends)
    assert [row["Id"] for row in ends.crm.records("Contact")] == [first]


def test_a_survivor_whose_own_account_won_stays_where_it_is(road, ends):
    first, _, _ = joe_changed_jobs(road, ends)
    road.clock.advance(timedelta(minutes=5))
    third = account(ends, "Initech")
    ends.crm.change(first, {"AccountId": third})
    read(road, ends)
    [refs] = road.rows("SELECT refs FROM commands WHERE verb = 'merge'")
    assert "account" not in json.loads(str(refs[0]))
    assert accounts_of_those_believed(road) == [third]


def at_the_newer_with_one_of_two_contacts_changed(road: Road, ends: Ends) -> str:
    """Two contacts that the CRM keeps apart under one address; something of the older changes, but not its account."""
    old, new = account(ends, "Acme"), account(ends, "Globex")
    first = contact(ends, "Miller", Email=JOE, AccountId=old)
    come_to_rest(road, ends)
    contact(ends, "Miller", Email=JOE, AccountId=new)
    come_to_rest(road, ends)
    assert accounts_of_those_believed(road) == [new]
    ends.crm.change(first, {"Title": "CTO"})
    come_to_rest(road, ends)
    return new


def test_what_a_record_says_again_as_something_else_of_it_changes_is_no_newer_than_it_was(road, ends):
    new = at_the_newer_with_one_of_two_contacts_changed(road, ends)
    assert accounts_of_those_believed(road) == [new]


def test_control_without_that_any_write_to_a_record_makes_its_account_the_newest(road, ends, monkeypatch):
    monkeypatch.setattr("closeloop.steps.unheard.pointed_before", lambda *_: frozenset())
    new = at_the_newer_with_one_of_two_contacts_changed(road, ends)
    assert accounts_of_those_believed(road) != [new]


def accounts_of_those_believed(road: Road) -> list[object]:
    """Their ids in the CRM."""
    [id_] = believed(road)
    return [each for (each,) in road.rows(f"SELECT value FROM keys WHERE kind = 'crm.Account' AND entity_id = '{id_}'")]


def three_of_whom_the_newer_two_are_linked_first(road: Road, ends: Ends) -> tuple[str, str, str]:
    one = contact(ends, "Miller", FirstName="Joe")
    come_to_rest(road, ends)
    two = contact(ends, "Miller", Email=JOE)
    come_to_rest(road, ends)
    three = contact(ends, "Smith")
    come_to_rest(road, ends)
    ends.crm.change(three, {"Email": JOE})
    read(road, ends)
    return one, two, three


def into(road: Road) -> dict[str, tuple[str, object]]:
    """Loser → survivor and state of the merges planned."""
    found = road.rows("SELECT ref_id, refs, state FROM commands WHERE verb = 'merge' ORDER BY created_at, no, key")
    return {json.loads(str(refs))["loser"][1]: (str(ref), state) for ref, refs, state in found}


def test_of_three_each_goes_into_the_oldest_at_once_though_two_were_to_be_merged_before(
    road, ends, database_url, tmp_path
):
    one, two, three = three_of_whom_the_newer_two_are_linked_first(road, ends)
    assert into(road) == {three: (two, "waiting")}
    ends.crm.change(one, {"Email": JOE})
    read(road, ends)
    assert into(road) == {two: (one, "waiting"), three: (one, "waiting")}
    come_to_rest(road, ends)
    assert [row["Id"] for row in ends.crm.records("Contact")] == [one]
    assert {ends.crm.get(each)["MasterRecordId"] for each in (two, three)} == {one}
    assert differences_of_a_replay(road, tmp_path) == []


def test_control_without_dropping_the_first_one_a_merge_is_sent_for_nothing(road, ends, monkeypatch):
    monkeypatch.setattr("closeloop.steps.merging._drop_overtaken", lambda *_: None)
    one, _, _ = three_of_whom_the_newer_two_are_linked_first(road, ends)
    ends.crm.change(one, {"Email": JOE})
    read(road, ends)
    assert road.one("SELECT COUNT(*) FROM commands WHERE verb = 'merge' AND state = 'waiting'") == 3


def test_the_first_one_is_sent_after_all_when_the_oldest_parts_from_them(road, ends):
    one, two, three = three_of_whom_the_newer_two_are_linked_first(road, ends)
    ends.crm.change(one, {"Email": JOE})
    read(road, ends)
    link = road.one("SELECT id FROM merges ORDER BY at DESC, id DESC LIMIT 1")
    clicked(road, Click("unlink", str(link), "", "head of sales"))
    come_to_rest(road, ends)
    assert sorted(row["Id"] for row in ends.crm.records("Contact")) == [one, two]
    assert ends.crm.get(three)["MasterRecordId"] == two
