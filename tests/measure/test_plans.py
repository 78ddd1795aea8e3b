"""A plan is read back line by line, and what came of it stands beside what was planned."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from closeloop.measure.plans import Came, came_of, content_of, kinds_of, lines_like, listed_plan, plans
from closeloop.outbox.plans import Change, Line, Plan
from closeloop.outbox.store import plans as store
from support.side_window import NOW, Seed, at

LINES = (
    Line("k1", "ma", "update", "Lead", "1", None, "Joe Miller", (Change("name", "Joseph", "Joe", "crm first"),), "w"),
    Line("k2", "ma", "create", "Lead", None, None, "Ana Silva", (), "w"),
    Line("k3", "ma", "create", "Lead", None, None, "Ann Long", (), "w", refused="title: too long"),
    Line("k4", "crm", "merge", "Contact", "003A", None, "Joe Miller", (), "w", loser="003B"),
)  # fmt: skip
PLAN = Plan("plan-1", NOW - timedelta(hours=1), "b2b@7", ("crm", "ma"), LINES, {"crm": 1, "ma": 2})


def approved(window, **states: str) -> None:
    """The plan was approved, and its commands stand like this."""
    seed = Seed()
    for line in LINES:
        seed.command(line.key, line.source, line.verb, at(1), state=states[line.key])
    with window.database.write() as connection:
        seed.write(connection)
        store.save_plan(connection, PLAN)
        store.approve(connection, PLAN, "Ada", NOW)


def test_a_plan_is_given_back_as_it_was_made_and_the_newest_is_listed_first(empty):
    newer = replace(PLAN, id="plan-2", made_at=NOW, lines=())
    with empty.database.write() as connection:
        store.save_plan(connection, PLAN)
        store.save_plan(connection, newer)
    with empty.database.read() as connection:
        assert [(each.id, each.state, each.n) for each in plans(connection)] == [
            ("plan-2", "open", 0),
            ("plan-1", "void", 0),
        ]
        assert content_of(connection, "plan-1") == PLAN
        assert content_of(connection, "none") is listed_plan(connection, "none") is None


def test_what_came_of_it_stands_beside_what_was_planned(empty):
    approved(empty, k1="done", k2="dead", k3="dead", k4="waiting")
    with empty.database.read() as connection:
        assert came_of(connection, PLAN) == (
            Came("crm", "merge", 1, 0, 1),
            Came("ma", "create", 1, 0, 0),
            Came("ma", "update", 1, 1, 0),
            Came("ma", "refused", 1, 2, 0),
        )
        listed = listed_plan(connection, "plan-1")
    assert listed is not None
    assert (listed.state, listed.approved_by, listed.n_sent, listed.n) == ("applying", "Ada", 3, 4)


def test_lines_are_found_by_system_kind_and_text_those_that_would_be_refused_first():
    def keys(source: str = "", kind: str = "", find: str = "") -> list[str]:
        return [line.key for line in lines_like(PLAN, source, kind, find)]

    assert keys() == ["k3", "k1", "k2", "k4"]
    assert keys(kind="create") == ["k2"]
    assert keys(kind="refused") == ["k3"]
    assert keys(source="crm") == ["k4"]
    assert keys(find=" joseph ") == ["k1"]
    assert keys(find="003b") == ["k4"]
    assert keys(find="too long") == ["k3"]
    assert list(kinds_of(PLAN)) == ["merge", "create", "update", "refused"]
