"""Undoing a link gives both people back as they would stand without it: values, winners, keys, touches, sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from closeloop.db import metadata
from closeloop.identity import store as identity_store
from closeloop.inbox.nouns import Click, Receipt
from closeloop.ports import Record
from closeloop.record import store as record_store
from closeloop.words.moment import ManualClock
from support.road import START, Road, batch_receipt, event, page_of, road_on
from support.vendor_words import clicked

JOE, ANN = "joe@acme.example", "ann@globex.example"
NAMES = {JOE: "Joe Miller", ANN: "Ann Lang"}
PHONES = {JOE: "+49 30 111111", ANN: "+49 40 222222"}
CONTACTS = {JOE: "003J", ANN: "003A"}
COMPARED = {
    "field_values": "entity_id, field, path, at, value, given, valid, message_id",
    "winners": "entity_id, field, value, given, valid, path, at, message_id, why",
    "keys": "kind, value, entity_id, at, message_id",
    "touches": "id, person_id, kind, at, product, campaign, visitor",
    "sums": "person_id, product, line, points, at, n",
    "traits": "entity_id, given, traits",
    "block_keys": "key, entity_id",
    "visits": "visitor, at, person_id, message_id",
}
"""What must be the same, byte for byte. Of leads those that were there before the link."""


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url) as found:
        yield found


WHO = st.sampled_from([JOE, ANN])
TITLES = st.sampled_from(["CTO", "Plant manager", "Buyer"])
COMPANIES, PRODUCTS = st.sampled_from(["Acme Corp", "Globex GmbH"]), st.sampled_from(["robot", "sensor"])
FORMS = st.tuples(st.just("form"), WHO, TITLES, COMPANIES, PRODUCTS)
LOOKS = st.tuples(st.just("look"), WHO, st.sampled_from(["/robot/pricing", "/sensor/demo"]))
RECORDS = st.tuples(st.just("record"), WHO, TITLES, st.sampled_from(["1", "2"]))
ACTS = st.lists(st.one_of(FORMS, LOOKS, RECORDS), max_size=8)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=ACTS, while_linked=ACTS, after=ACTS)
def test_whatever_happens_while_two_are_linked_undoing_it_gives_both_back(road, before, while_linked, after):
    with_link = lived(road, before, while_linked, after, link=True)
    without = lived(road, before, while_linked, after, link=False)
    for table in COMPARED:
        assert with_link[table] == without[table], table
    assert with_link["leads before"] == without["leads before"]


def test_control_a_merge_that_moves_what_the_loser_has_cannot_be_undone(road, monkeypatch):
    story = ([("form", ANN, "Buyer", "Globex GmbH", "robot")], [("record", JOE, "CTO", "1")], [])
    link = identity_store.link

    def link_and_move(connection, merges):
        link(connection, merges)
        for merge in merges:
            connection.execute(
                update(record_store.field_values)
                .where(record_store.field_values.c.entity_id == merge.loser_id)
                .values(entity_id=merge.survivor_id)
            )

    monkeypatch.setattr(identity_store, "link", link_and_move)
    assert lived(road, *story, link=True)["field_values"] != lived(road, *story, link=False)["field_values"]


def test_while_they_are_linked_what_both_did_adds_up_and_nothing_counts_twice(road):
    looks = [("look", who, "/robot/pricing") for who in (JOE, ANN, JOE)]
    lived(road, looks, [], [], link=False)
    apart = road.one("SELECT SUM(n) FROM sums")
    lived(road, looks, [], [], link=True, undo=False)
    assert road.one("SELECT SUM(n) FROM sums") == apart
    assert road.one("SELECT COUNT(DISTINCT root_id) FROM entities WHERE kind = 'person'") == 1


def lived(
    road: Road, before: Sequence, while_linked: Sequence, after: Sequence, *, link: bool, undo: bool = True
) -> dict[str, list[tuple[object, ...]]]:
    """An empty hub, two people, what they do; linked in between and parted, or never linked."""
    with road.database.write() as connection:
        for table in metadata.sorted_tables:
            if table.name != "processes":
                connection.execute(delete(table))
    road.hub.clock = ManualClock(START)
    first = [("form", JOE, "CTO", "Acme Corp", "robot"), ("form", ANN, "Buyer", "Globex GmbH", "sensor")]
    told(road, 0, [*first, *before])
    assert road.rows("SELECT 1 FROM merges") == []
    leads = road.rows("SELECT id, person_id, product, region, cycle FROM leads ORDER BY id")
    if link:
        joe, ann = (road.one("SELECT entity_id FROM keys WHERE value = :v", v=each) for each in (JOE, ANN))
        asked(road, str(joe), str(ann))
        assert clicked(road, Click("same", "pair", "", "kim"))[0] == "decided"
    told(road, 100, while_linked)
    if link and undo:
        assert clicked(road, Click("unlink", str(road.one("SELECT id FROM merges")), "", "kim"))[0] == "decided"
    told(road, 200, after)
    assert road.one("SELECT COUNT(*) FROM merges") == int(link), "nothing links the two but the click"
    found = {name: road.rows(f"SELECT {columns} FROM {name} ORDER BY {columns}") for name, columns in COMPARED.items()}
    ids = {lead[0] for lead in leads}
    now = road.rows("SELECT id, person_id, product, region, cycle FROM leads ORDER BY id")
    return {**found, "leads before": [lead for lead in now if lead[0] in ids]}


def told(road: Road, minute: int, acts: Sequence) -> None:
    """Each act at its minute, decided one by one; a message's id is the same with and without a link."""
    for n, (kind, who, *said) in enumerate(acts, minute):
        at = START + timedelta(minutes=n)
        road.hub.clock = ManualClock(max(at, road.hub.now()))
        road.hub.take_in([receipt(kind, who, said, n)])
        road.decide()


def receipt(kind: str, who: str, said: Sequence[str], n: int) -> Receipt:
    at, browser = START + timedelta(minutes=n), f"browser of {who}"
    match kind:
        case "form":
            title, company, product = said
            return batch_receipt(
                [event("form.submitted", f"f{n}", at, email=who, visitor=browser, name=NAMES[who],
                       title=title, company=company, product=product, country="DE")], at,
            )  # fmt: skip
        case "look":
            return batch_receipt([event("page.viewed", f"l{n}", at, visitor=browser, url=said[0])], at)
        case _:
            title, phone = said
            fields = {"Email": who, "Title": title, "Phone": f"{PHONES[who]}{phone}"}
            return page_of([Record("Contact", CONTACTS[who], "person", at, fields)], at)


def asked(road: Road, joe: str, ann: str) -> None:
    """A question about the two, as if they were alike."""
    left, right = sorted((joe, ann))
    with road.database.write() as connection:
        connection.execute(
            identity_store.pairs.insert().values(
                id="pair", kind="person", left_id=left, right_id=right, weight=0.0, state="open", why="asked by a test",
                evidence="[]", bundle="", at=0, message_id="",
            )
        )  # fmt: skip
