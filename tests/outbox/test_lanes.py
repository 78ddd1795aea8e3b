"""What is hot goes first, and takes along what it has to wait for; one person's commands stay in order all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from closeloop.db import Database
from closeloop.outbox import store
from closeloop.outbox.nouns import Planned
from closeloop.outbox.store import post
from closeloop.ports import Verb
from support.outgoing import AT, planned

LATER = AT + timedelta(seconds=5)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


def hot(key: str, person_id: str | None = "joe", **more: object) -> Planned:
    return replace(planned(key, person_id=person_id, **more), lead_id=f"lead of {person_id}")  # type: ignore[arg-type] # passed on by name


def plan(database: Database, *commands: Planned, at=AT, bulk: bool = False) -> None:
    with database.write() as connection:
        store.plan(connection, commands, at, bulk=bulk)


def claim(database: Database, n: int = 100, at=LATER, **more: object) -> list[str]:
    with database.write() as connection:
        found = store.claim(connection, "crm", at, n, "w", **more)  # type: ignore[arg-type] # passed on by name
    return [each.planned.command.key for each in found]


def done(database: Database, key: str) -> None:
    with database.write() as connection:
        connection.execute(store.commands.update().where(store.commands.c.key == key).values(state="done"))


def test_the_lanes_go_one_after_the_other_and_each_in_order(database):
    plan(database, planned("b1", person_id="b1"), planned("b2", person_id="b2"), bulk=True)
    plan(database, planned("o1", person_id="o1"), at=AT + timedelta(seconds=1))
    plan(database, hot("h1", "h1"), hot("h2", "h2"), at=AT + timedelta(seconds=2))
    assert claim(database) == ["h1", "h2", "o1", "b1", "b2"]


def test_only_the_lanes_that_may_go_are_taken(database):
    plan(database, planned("b1", person_id="b1"), bulk=True)
    plan(database, hot("h1", "h1"), planned("o1", person_id="o1"), at=LATER)
    assert claim(database, lane=0) == ["h1"]
    assert claim(database, lane=1) == ["o1"]
    assert claim(database) == ["b1"]


def backfill_with_joe_last(database: Database) -> None:
    """A thousand others before Joe's create, and a hot update of his."""
    others = [planned(f"b{n}", person_id=f"p{n}") for n in range(60)]
    plan(database, *others, planned("joe's", Verb.CREATE), planned("joe's list", after="joe's"), bulk=True)
    plan(database, hot("joe's task", after="joe's"), at=LATER)


def test_a_hot_command_lifts_what_the_same_person_must_have_done_before(database):
    backfill_with_joe_last(database)
    seen = []
    for _ in range(3):
        seen += (taken := claim(database, n=1))
        done(database, taken[0])
    assert seen == ["joe's", "joe's list", "joe's task"]


def test_control_without_lifting_it_waits_for_the_whole_backlog(database, monkeypatch):
    monkeypatch.setattr(post, "lift", lambda *_: None)
    backfill_with_joe_last(database)
    first = claim(database, n=50)
    assert first == [f"b{n}" for n in range(50)]
    assert claim(database, lane=0) == [], "nor may it go where only hot ones may: it would wait for ever"


def test_what_is_needed_is_lifted_through_several_people(database):
    plan(
        database, planned("account", Verb.CREATE, person_id="acme"), planned("other", person_id="zoe"),
        planned("ann's", Verb.CREATE, person_id="ann", after="account"), bulk=True,
    )  # fmt: skip
    plan(database, hot("task", after="ann's"), at=LATER)
    seen = []
    for _ in range(3):
        seen += (taken := claim(database, lane=0))
        done(database, taken[0])
    assert seen == ["account", "ann's", "task"]


def test_a_command_that_was_planned_cold_and_is_planned_again_for_a_lead_is_hot(database):
    plan(database, planned("a", person_id="a"), planned("create", Verb.CREATE), bulk=True)
    plan(database, hot("create"), at=LATER)
    assert claim(database, n=1) == ["create"]


def test_of_two_workers_the_second_may_plan_with_the_earlier_moment(database):
    plan(database, hot("task"), at=LATER)
    plan(database, planned("update"), at=AT, bulk=True)
    assert claim(database, lane=0) == ["update"]


def test_nobody_elses_commands_are_lifted(database):
    plan(database, planned("a", person_id="ann"), planned("m", source="ma"), bulk=True)
    plan(database, hot("h"), at=LATER)
    plan(database, planned("after it"), at=LATER + timedelta(seconds=1), bulk=True)
    with database.read() as connection:
        rows = connection.execute(store.commands.select().order_by(store.commands.c.key)).mappings()
        assert {row["key"]: row["lane"] for row in rows} == {"a": 2, "after it": 2, "h": 0, "m": 2}


def test_what_does_not_fit_is_left_for_later(database):
    plan(database, *(planned(f"k{n}", person_id=f"p{n}") for n in range(5)))
    assert claim(database, choose=lambda found: (found[:-2], store.LEASE)) == ["k0", "k1", "k2"]
    assert claim(database, choose=lambda _: ((), store.LEASE)) == []
    assert claim(database) == ["k3", "k4"]


def test_what_belongs_to_no_approved_plan_may_be_left_out(database):
    plan(database, planned("k1", person_id="a"), planned("k2", person_id="b"))
    with database.write() as connection:
        connection.execute(store.commands.update().where(store.commands.c.key == "k2").values(plan_id="p"))
    assert claim(database, approved_only=True) == ["k2"]
    assert claim(database, approved_only=True) == []
