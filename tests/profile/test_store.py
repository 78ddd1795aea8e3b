"""Touches and sums are kept for the own person and read for the root, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import event, text

from closeloop.db import Database
from closeloop.profile import store
from closeloop.profile.attribute import attribute, people_of
from closeloop.profile.nouns import Touch
from closeloop.profile.score import fold

AT = datetime(2026, 9, 1, 9, tzinfo=UTC)


def touch(id_, day=0, person="joe", kind="form.submitted", *, visitor=None, identified=True, depth=None):
    at = AT + timedelta(days=day, microseconds=1)
    props = {"note": "Grüße", "n": 1.5, "blank": None}
    return Touch(
        id_, person, visitor, identified, kind, at, "form", "spring", "robot", "pricing", depth, "/a", None, props
    )


def sums_of(connection, *roots):
    return {root: sorted(sums) for root, sums in store.load_sums(connection, roots).items()}


def test_touches_come_back_as_they_were_saved_newest_first_and_twice_is_once(database, linked):
    linked(joe=("person", "joe"), joseph=("person", "joe"), ann=("person", "ann"))
    rows = [touch("1", 0), touch("2", 2, "joseph", depth=3), touch("3", 1), touch("4", 0, "ann"), touch("5", 0, None)]
    with database.write() as connection:
        store.save_touches(connection, rows)
        store.save_touches(connection, [rows[0]._replace(kind="page.viewed")])
        found = store.load_touches(connection, ["joe", "ann", "nobody"])
        assert found == {"joe": [rows[1], rows[2], rows[0]], "ann": [rows[3]]}
        assert store.load_touches(connection, ["joe"], n_each=1) == {"joe": [rows[1]]}
        assert store.load_touches(connection, []) == {}


def test_the_latest_touch_of_each_product_is_found(database, linked):
    linked(joe=("person", "joe"), joseph=("person", "joe"))
    rows = [
        touch("1", 0), touch("2", 3, "joseph"), touch("3", 4)._replace(seller="sato"),
        touch("4", 1)._replace(product="sensor"), touch("5", 9)._replace(product=None),
    ]  # fmt: skip
    with database.write() as connection:
        store.save_touches(connection, rows)
        assert store.load_latest(connection, ["joe"]) == {"joe": {"robot": rows[1], "sensor": rows[3]}}


def test_a_merge_adds_the_sums_and_undoing_it_separates_them_exactly(database, linked, process):
    linked(joe=("person", "joe"), joseph=("person", "joseph"))
    with database.write() as connection:
        store.save_sums(connection, fold({}, [touch("1"), touch("2", 1, "joseph")], process).values())
        apart = sums_of(connection, "joe", "joseph")
    linked(joe=("person", "joe"), joseph=("person", "joe"))
    with database.read() as connection:
        assert sums_of(connection, "joe", "joseph") == {"joe": sorted(apart["joe"] + apart["joseph"])}
    linked(joe=("person", "joe"), joseph=("person", "joseph"))
    with database.read() as connection:
        assert sums_of(connection, "joe", "joseph") == apart


def test_touches_that_change_hands_take_their_points_along(database, linked, process):
    linked(joe=("person", "joe"), ann=("person", "ann"))
    browsed = [
        touch("1", 0, "ann", visitor="form/phone", identified=False),
        touch("2", 5, "ann", visitor="form/phone", identified=False),
        touch("3", 0, "ann", visitor="form/phone"),
    ]
    visits = {"form/phone": [(AT, "joe"), (AT + timedelta(days=4), "ann")]}
    with database.write() as connection:
        store.save_touches(connection, browsed)
        store.save_sums(connection, fold({}, browsed, process).values())
        old = store.visitor_touches(connection, ["form/phone"])
        assert {each.id for each in old} == {"1", "2"}
        named = store.named_visits(connection, ["form/phone", "form/desktop"])
        assert named == {"form/phone": [(AT + timedelta(microseconds=1), "ann")]}
        moved = attribute(old, visits)
        assert [(each.id, each.person_id) for each in moved] == [("1", "joe")]
        store.reassign(connection, moved)
        store.rebuild(connection, people_of(old) | people_of(moved), process)
        now = [touch("1", 0, "joe"), touch("2", 5, "ann"), touch("3", 0, "ann")]
        expected = fold({}, sorted(now, key=lambda each: (each.at, each.id)), process)
        assert sums_of(connection, "joe", "ann") == {
            root: sorted(each for each in expected.values() if each.person_id == root) for root in ("joe", "ann")
        }
        assert attribute(store.visitor_touches(connection, ["form/phone"]), visits) == []


def test_rebuilding_leaves_others_alone(database, linked, process):
    linked(joe=("person", "joe"), ann=("person", "ann"))
    with database.write() as connection:
        store.save_sums(connection, fold({}, [touch("1"), touch("2", 0, "ann")], process).values())
        store.rebuild(connection, [], process)
        store.rebuild(connection, ["joe"], process)
        assert set(sums_of(connection, "joe", "ann")) == {"ann"}


def test_reading_by_root_person_or_visitor_uses_indexes(sqlite_url, process):
    # On SQLite only: a nearly empty PostgreSQL reads whole tables whatever its indexes.
    database = Database(sqlite_url)
    asked = []
    event.listen(database.engine, "before_cursor_execute", lambda *said: asked.append(said[2:4]))
    with database.write() as connection:
        store.load_touches(connection, ["joe"])
        store.load_sums(connection, ["joe"])
        store.visitor_touches(connection, ["form/phone"])
        store.rebuild(connection, ["joe"], process)
        plans = [
            connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
            for sql, values in list(asked)
            if sql.startswith(("SELECT", "DELETE"))
        ]
    database.close()
    assert len(plans) == 5
    tables = [
        step[-1] for plan in plans for step in plan if step[-1].startswith("SCAN") and "json_each" not in step[-1]
    ]
    assert not [step for step in tables if any(name in step for name in ("touches", "sums", "entities"))], tables


def test_the_timeline_shows_acts_under_the_root(database, linked):
    linked(joe=("person", "joe"), joseph=("person", "joe"))
    with database.write() as connection:
        store.save_touches(connection, [touch("1"), touch("2", 1, "joseph"), touch("3", 2, None)])
        shown = connection.execute(text("SELECT root_id, message_id, campaign FROM v_timeline ORDER BY at")).all()
        assert shown == [("joe", "1", "spring"), ("joe", "2", "spring")]
