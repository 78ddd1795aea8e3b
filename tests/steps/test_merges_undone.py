"""A merge that was carried out outside and is undone here is undone there: the one that went lives again, as itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from closeloop.inbox.nouns import Click
from support.ends import Ends, come_to_rest, ends_of, merging, n_writes
from support.road import Road, road_on
from support.vendor_words import JOE, clicked

PHONE = "+49 30 1234567"


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url, merging("crm", "ma", writes="crm, ma")) as found:
        yield found


def merged_in_the_crm(road: Road, ends: Ends) -> tuple[str, str]:
    """Two contacts that a seller's edit made one, there too."""
    seller = ends.crm.users["abel"]
    one = ends.crm.create_contact(seller, LastName="Miller")
    come_to_rest(road, ends)
    two = ends.crm.create_contact(seller, LastName="Brown", FirstName="Ann", Email=JOE, Title="CTO", Phone=PHONE)
    come_to_rest(road, ends)
    ends.crm.change(one, {"Email": JOE})
    come_to_rest(road, ends)
    assert [each["Id"] for each in ends.crm.records("Contact")] == [one]
    return one, two


def undo(road: Road) -> str:
    state, said = clicked(road, Click("unlink", str(road.one("SELECT id FROM merges")), "", "head of sales"))
    assert state == "decided"
    return str(said)


def restores(road: Road) -> list[tuple[object, ...]]:
    return road.rows("SELECT source, ref_id, state, verified, attempts FROM commands WHERE verb = 'restore'")


def test_in_the_crm_the_contact_comes_out_of_the_bin_as_it_was_and_the_other_is_itself_again(road, ends):
    one, two = merged_in_the_crm(road, ends)
    assert (ends.crm.get(one)["Title"], ends.crm.get(one)["Phone"]) == ("CTO", PHONE)
    assert f"asked to restore {two}" in undo(road)
    come_to_rest(road, ends)

    assert restores(road) == [("crm", two, "done", 1, 1)]
    again = ends.crm.get(two)
    assert (again["IsDeleted"], again["Title"], again["Phone"], again["Email"]) == (False, "CTO", PHONE, JOE)
    survivor = ends.crm.get(one)
    assert (survivor["Title"], survivor["Phone"], survivor["LastName"]) == (None, None, "Miller")
    assert road.one("SELECT COUNT(*) FROM entities WHERE kind = 'person' AND id = root_id") == 2
    writes = n_writes(ends)
    come_to_rest(road, ends)
    assert n_writes(ends) == writes


def test_while_custody_keeps_the_hub_out_what_was_copied_stays_and_the_contact_lives_again_all_the_same(database_url):
    with road_on(database_url, merging("crm", "ma")) as road, ends_of(road) as ends:
        one, two = merged_in_the_crm(road, ends)
        undo(road)
        come_to_rest(road, ends)
        assert ends.crm.get(two)["IsDeleted"] is False
        assert ends.crm.get(one)["Title"] == "CTO"


def test_what_somebody_wrote_into_the_survivor_meanwhile_is_its_own(road, ends):
    one, _ = merged_in_the_crm(road, ends)
    ends.crm.change(one, {"Title": "CEO"})
    come_to_rest(road, ends)
    undo(road)
    come_to_rest(road, ends)
    assert (ends.crm.get(one)["Title"], ends.crm.get(one)["Phone"]) == ("CEO", None)


def test_a_contact_that_left_the_bin_is_made_anew_as_the_persons_and_its_old_id_stays_theirs(road, ends):
    _, two = merged_in_the_crm(road, ends)
    ends.crm.purge(two)
    undo(road)
    come_to_rest(road, ends)

    [new] = [each for each in ends.crm.records("Contact") if each["Title"] == "CTO" and each["Phone"] == PHONE]
    assert new["Id"] != two
    ids = road.rows("SELECT value, entity_id FROM keys WHERE kind = 'crm.Contact' ORDER BY at, value")
    whose = dict(ids)
    assert whose[two] == whose[new["Id"]] != whose[ids[0][0]]
    ends.crm.log_call(str(new["Id"]), ends.crm.users["abel"], "Connected")
    come_to_rest(road, ends)
    assert road.rows("SELECT DISTINCT person_id FROM touches") == [(whose[two],)]
    assert len(ends.crm.records("Contact")) == 2


def test_an_answer_that_is_lost_restores_nothing_twice(road, ends):
    _, two = merged_in_the_crm(road, ends)
    ends.crm.purge(two)
    undo(road)
    ends.crm.faults.lose_answers(1)
    come_to_rest(road, ends)
    assert len(ends.crm.records("Contact")) == 2
    assert [row[2:] for row in restores(road)] == [("done", 1, 2)]


def merged_in_marketing(road: Road, ends: Ends) -> tuple[int, int]:
    one = ends.ma.create_lead(lastName="Miller")
    come_to_rest(road, ends)
    two = ends.ma.create_lead(email=JOE, title="CTO", lastName="Brown", firstName="Ann")
    come_to_rest(road, ends)
    ends.ma.update_lead(one, email=JOE)
    come_to_rest(road, ends)
    assert [each["id"] for each in ends.ma.leads()] == [one]
    return one, two


def test_in_marketing_the_lead_is_made_anew_under_our_key_and_the_old_id_leads_there(road, ends):
    one, two = merged_in_marketing(road, ends)
    undo(road)
    come_to_rest(road, ends)

    [new] = [each for each in ends.ma.leads() if each["id"] != one]
    assert (new["title"], new["lastName"]) == ("CTO", "Brown")
    whose = dict(road.rows("SELECT value, entity_id FROM keys WHERE kind = 'ma.Lead'"))
    assert whose[str(two)] == whose[str(new["id"])] != whose[str(one)]
    assert new["closeloopKey"] == whose[str(two)]
    [survivor] = [each for each in ends.ma.leads() if each["id"] == one]
    assert (survivor["title"], survivor["lastName"]) == (None, "Miller")
    ends.ma.visit_page(int(str(new["id"])), "https://acme.example/robot/pricing")
    come_to_rest(road, ends)
    assert road.rows("SELECT DISTINCT person_id FROM touches") == [(whose[str(two)],)]
    writes = n_writes(ends)
    come_to_rest(road, ends)
    assert n_writes(ends) == writes


@pytest.mark.parametrize("merged", [merged_in_the_crm, merged_in_marketing])
def test_control_without_it_the_vendor_keeps_one_where_the_hub_has_two(road, ends, monkeypatch, merged):
    monkeypatch.setattr("closeloop.steps.merging._undo", lambda *_: [])
    one, _ = merged(road, ends)
    undo(road)
    come_to_rest(road, ends)
    assert road.one("SELECT COUNT(*) FROM entities WHERE kind = 'person' AND id = root_id") == 2
    if merged is merged_in_the_crm:
        assert ([each["Id"] for each in ends.crm.records("Contact")], ends.crm.get(one)["Title"]) == ([one], "CTO")
    else:
        assert [(each["id"], each["title"]) for each in ends.ma.leads()] == [(one, "CTO")]


def test_an_undoing_that_comes_while_the_merge_is_under_way_undoes_it_too(road, ends):
    seller = ends.crm.users["abel"]
    one = ends.crm.create_contact(seller, LastName="Miller")
    come_to_rest(road, ends)
    two = ends.crm.create_contact(seller, LastName="Brown", FirstName="Ann", Email=JOE, Title="CTO")
    come_to_rest(road, ends)
    ends.crm.change(one, {"Email": JOE})
    road.hub.listen("crm", ends.connectors["crm"])
    road.decide()
    assert road.hub.deliver("crm", ends.connectors["crm"], "w") == 1
    assert road.one("SELECT COUNT(*) FROM merges") == 1
    assert ends.crm.get(two)["IsDeleted"]
    undo(road)
    come_to_rest(road, ends)
    assert [(row[0], row[2]) for row in restores(road)] == [("crm", "done")]
    assert ends.crm.get(two)["IsDeleted"] is False
