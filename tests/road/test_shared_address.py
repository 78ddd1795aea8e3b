"""Two who share an address: marketing keeps one record for it, which stays its holder's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.ends import Ends, come_to_rest, ends_of, merging
from support.road import Road, road_on

HOME = "millers@home.example"


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url, merging("ma")) as found:
        yield found


@pytest.fixture
def ends(road: Road) -> Iterator[Ends]:
    with ends_of(road) as found:
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
