"""Two who share an address: marketing keeps one record for it, which stays its holder's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.ends import Ends, come_to_rest, merging
from support.replayed import differences_of_a_replay
from support.road import Road, road_on

HOME = "millers@home.example"


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url, merging("ma")) as found:
        yield found


def joe_and_ann(road: Road, ends: Ends) -> list[object]:
    """Both write from home, Joe first; the names that marketing has in the end."""
    for n, name in enumerate(("Joe Miller", "Ann Miller")):
        road.act("form.submitted", f"f{n}", email=HOME, name=name, company="Acme")
        come_to_rest(road, ends)
    assert road.one("SELECT COUNT(*) FROM entities WHERE kind = 'person' AND id = root_id") == 2
    return [f"{lead['firstName']} {lead['lastName']}" for lead in ends.ma.leads()]


def test_the_holders_record_is_not_written_over_by_the_other_one(road, ends):
    assert joe_and_ann(road, ends) == ["Joe Miller"]


def test_control_without_the_rule_the_second_is_written_over_the_first(road, ends, monkeypatch):
    monkeypatch.setattr("closeloop.outbox.sync._shares_address", lambda _: False)
    assert joe_and_ann(road, ends) == ["Ann Miller"]


def test_with_an_address_of_their_own_the_other_one_is_made_there_too(road, ends):
    joe_and_ann(road, ends)
    ann = road.one("SELECT entity_id FROM keys WHERE kind = 'email+name'")
    seller = ends.crm.users["abel"]
    contact = ends.crm.create_contact(seller, FirstName="Ann", LastName="Miller", Email=HOME)
    come_to_rest(road, ends)
    assert road.one("SELECT entity_id FROM keys WHERE kind = 'crm.Contact'") == ann
    ends.crm.change(contact, {"Email": "ann@acme.example"})
    come_to_rest(road, ends)
    assert sorted(lead["email"] for lead in ends.ma.leads()) == ["ann@acme.example", HOME]


def the_others_record_was_there_first(road: Road, ends: Ends) -> list[object]:
    """Joe of the CRM holds the address, and marketing has Ann's record for it; the names it has in the end."""
    joes = ends.crm.create_contact(ends.crm.users["abel"], FirstName="Joe", LastName="Miller", Email=HOME)
    ends.ma.create_lead(email=HOME, firstName="Ann", lastName="Miller")
    come_to_rest(road, ends)
    assert road.one("SELECT COUNT(*) FROM entities WHERE kind = 'person' AND id = root_id") == 2
    holder = road.one("SELECT entity_id FROM keys WHERE kind = 'email'")
    assert road.one(f"SELECT value FROM keys WHERE kind = 'crm.Contact' AND entity_id = '{holder}'") == joes
    return [f"{lead['firstName']} {lead['lastName']}" for lead in ends.ma.leads()]


def test_whose_record_marketing_had_before_keeps_it(road, ends):
    assert the_others_record_was_there_first(road, ends) == ["Ann Miller"]


def test_control_without_dropping_what_waits_it_is_written_over(road, ends, monkeypatch):
    monkeypatch.setattr("closeloop.steps.plan.drop_overwriting", lambda *_: None)
    assert the_others_record_was_there_first(road, ends) == ["Joe Miller"]


def joe_changes(road: Road, ends: Ends) -> list[object]:
    """The holder's contact changes in the CRM; the first names that marketing has in the end."""
    ends.crm.change(str(road.one("SELECT value FROM keys WHERE kind = 'crm.Contact'")), {"Title": "Buyer"})
    come_to_rest(road, ends)
    return [lead["firstName"] for lead in ends.ma.leads()]


def test_nor_is_it_written_over_later(road, ends):
    the_others_record_was_there_first(road, ends)
    assert joe_changes(road, ends) == ["Ann"]


def test_control_without_a_look_at_the_others_it_is_written_over_later(road, ends, monkeypatch):
    the_others_record_was_there_first(road, ends)
    monkeypatch.setattr("closeloop.steps.plan.taken_by_others", lambda *_: {})
    assert joe_changes(road, ends) == ["Joe"]


def test_once_the_others_record_is_gone_the_holders_is_made(road, ends):
    the_others_record_was_there_first(road, ends)
    (lead,) = ends.ma.leads()
    ends.ma.delete_lead(lead["id"])
    come_to_rest(road, ends)
    assert joe_changes(road, ends) == ["Joe"]


# What marketing sends goes to the address: whoever of them opts out, its one record says so.


def opted_out(ends: Ends) -> list[object]:
    """Whether marketing may not write, by record."""
    return [lead["unsubscribed"] for lead in ends.ma.leads()]


def joe_opts_out(road: Road, ends: Ends) -> str:
    """Marketing has Ann's record for their address; Joe, who has none there, wants no mail. Returns his contact."""
    the_others_record_was_there_first(road, ends)
    assert opted_out(ends) == [False]
    joes = str(road.one("SELECT value FROM keys WHERE kind = 'crm.Contact'"))
    ends.crm.change(joes, {"HasOptedOutOfEmail": True})
    come_to_rest(road, ends)
    return joes


def test_an_opt_out_of_the_one_without_a_record_reaches_the_others_and_so_does_its_end(road, ends, tmp_path):
    joes = joe_opts_out(road, ends)
    assert opted_out(ends) == [True]
    ends.crm.change(joes, {"HasOptedOutOfEmail": False})
    come_to_rest(road, ends)
    assert opted_out(ends) == [False]
    assert not differences_of_a_replay(road, tmp_path)


def test_control_without_a_look_at_who_shares_it_the_address_is_written_to(road, ends, monkeypatch):
    monkeypatch.setattr("closeloop.steps.plan.refused_beside", lambda *_: {})
    joe_opts_out(road, ends)
    assert opted_out(ends) == [False]


def test_control_without_calling_them_it_reaches_it_at_anns_next_act_alone(road, ends, monkeypatch):
    monkeypatch.setattr("closeloop.steps.concerned.sharers_of", lambda *_: set())
    joe_opts_out(road, ends)
    assert opted_out(ends) == [False]


def test_an_opt_out_of_the_one_who_shares_it_reaches_the_holders_record(road, ends):
    joe_and_ann(road, ends)
    (lead,) = ends.ma.leads()
    assert lead["firstName"] == "Joe"
    seller = ends.crm.users["abel"]
    ends.crm.create_contact(seller, FirstName="Ann", LastName="Miller", Email=HOME, HasOptedOutOfEmail=True)
    come_to_rest(road, ends)
    assert opted_out(ends) == [True]
    assert road.one("SELECT COUNT(*) FROM winners WHERE field = 'opted_out' AND value = 'true'") == 1, "hers alone"
