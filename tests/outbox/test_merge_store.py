"""What the outbox reads of people who were linked, and what it does with commands for a record that was merged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

import closeloop.identity.store  # noqa: F401 - its tables are joined
from closeloop.db import Database
from closeloop.outbox import store
from closeloop.outbox.nouns import Held
from closeloop.outbox.settle import settle
from closeloop.ports import Answer, Outcome, Ref, Verb
from support.outgoing import AT, planned, posted

KINDS = ("crm.Contact", "ma.Lead")
L1, L2 = Ref("Lead", "L1"), Ref("Lead", "L2")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    with found.write() as connection:
        for id_, root in (("ann", "ann"), ("joe", "joe"), ("joseph", "joe"), ("sepp", "joe")):
            connection.execute(
                text(
                    "INSERT INTO entities (id, kind, root_id, created_at, message_id) VALUES (:i, 'person', :r, 0, '')"
                ),
                {"i": id_, "r": root},
            )
        for kind, value, holder, at in (
            ("crm.Contact", "C2", "joe", 2), ("crm.Contact", "C1", "joe", 1), ("crm.Contact", "C0", "sepp", 0),
            ("ma.Lead", "7", "joseph", 3), ("crm.Lead", "L1", "joe", 1), ("crm.Contact", "C9", "ann", 1),
            ("email", "joe@acme.example", "joe", 1),
        ):  # fmt: skip
            connection.execute(
                text("INSERT INTO keys (kind, value, entity_id, at, message_id) VALUES (:k, :v, :e, :a, '')"),
                {"k": kind, "v": value, "e": holder, "a": at},
            )
        for id_, survivor, loser, at, undone in (
            ("m2", "joe", "joseph", 2, None), ("m1", "joseph", "sepp", 1, None), ("m0", "ann", "joe", 0, 5),
        ):  # fmt: skip
            connection.execute(
                text(
                    "INSERT INTO merges (id, kind, survivor_id, loser_id, at, by, reason, message_id, undone_at)"
                    " VALUES (:i, 'person', :s, :l, :a, 'b2b@7', 'same address', '', :u)"
                ),
                {"i": id_, "s": survivor, "l": loser, "a": at, "u": undone},
            )
    yield found
    found.close()


def test_the_records_of_linked_people_come_oldest_person_first_and_oldest_key_first(database):
    with database.read() as connection:
        found = store.load_held(connection, ["joe"], KINDS)
    assert [(each.entity_id, each.id) for each in found["joe"]] == [
        ("joe", "C1"), ("joe", "C2"), ("joseph", "7"), ("sepp", "C0"),
    ]  # fmt: skip
    assert found["joe"][2] == Held("ma", "Lead", "7", "joseph", "joe")


def test_each_record_is_the_roots_and_an_unknown_one_nobodys(database):
    with database.read() as connection:
        found = store.whose(connection, [("crm", "Contact", "C0"), ("crm", "Contact", "C9"), ("ma", "Lead", "8")])
    assert found == {("crm", "Contact", "C0"): "joe", ("crm", "Contact", "C9"): "ann"}


def test_the_links_that_stand_come_in_the_order_in_which_they_were_made(database):
    with database.read() as connection:
        found = store.load_links(connection, ["joe"])
    assert [(link.id, link.survivor_id, link.loser_id) for link in found] == [
        ("m1", "joseph", "sepp"), ("m2", "joe", "joseph"),
    ]  # fmt: skip
    assert found[0].why == "b2b@7: same address"


def merge(key="m", survivor=L1, loser=L2, person_id="joe"):
    return planned(key, Verb.MERGE, ref=survivor, refs={"loser": loser}, person_id=person_id)


def test_a_merge_comes_out_as_it_went_in_and_is_found_by_everybody_who_is_linked(database):
    with database.write() as connection:
        store.plan(connection, [merge(), planned("u"), merge("of-ann", person_id="ann")], AT)
        [found] = store.load_merges(connection, ["joe"])
        assert (found.planned.command.refs, found.planned.command.ref) == ({"loser": L2}, L1)
        assert (found.state, found.verified) == ("waiting", False)
        [claimed] = [each for each in store.claim(connection, "crm", AT, 9, "w") if each.planned.person_id == "joe"]
    assert claimed.planned == merge()


def test_after_a_merge_waiting_writes_to_the_loser_are_dropped_and_the_rest_goes_to_the_survivor(database):
    mine = [
        planned("write", ref=L2, person_id="joseph"), planned("retire", Verb.DEACTIVATE, ref=L2, person_id="sepp"),
        planned("other", ref=L1), planned("anns", ref=L2, person_id="ann"),
        planned("elsewhere", ref=L2, source="ma", person_id="joseph"),
    ]  # fmt: skip
    with database.write() as connection:
        store.plan(connection, mine, AT)
        store.follow_merge(connection, "joe", "crm", L2, L1, AT + timedelta(seconds=1))
        rows = connection.execute(text("SELECT key, state, ref_id, reason FROM commands ORDER BY key")).all()
    reason = "Lead L2 was merged into L1; what it should hold is decided there"
    assert [tuple(row) for row in rows] == [
        ("anns", "waiting", "L2", None), ("elsewhere", "waiting", "L2", None), ("other", "waiting", "L1", None),
        ("retire", "waiting", "L1", None), ("write", "done", "L2", reason),
    ]  # fmt: skip


def test_a_merge_that_was_called_back_and_that_the_vendor_made_all_the_same_is_done_after_all():
    called_back = posted(state="done", n_answers=1)
    merged = type(called_back)(merge(), "done", 1, AT)
    answer = Answer("m", Outcome.DONE, L1, verified=True)
    settled = settle(merged, answer, AT)
    assert settled is not None
    assert (settled.state, settled.verified) == ("done", True)
    assert settle(merged, Answer("m", Outcome.TRANSIENT), AT) is None
    assert settle(called_back, answer, AT) is None
