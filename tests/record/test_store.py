"""The record keeps every value, reads them for the root, and its winners follow merges and their undoing."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from sqlalchemy import event, text

from closeloop.db import Database
from closeloop.record import store
from closeloop.record.nouns import Confirmation, FieldValue, Settled, Verification, Winner
from closeloop.record.settle import settle

AT = datetime(2026, 9, 1, 9, tzinfo=UTC)


def value(entity, field, path, said, *, at=AT, given=None, valid=True, message="form:1"):
    return FieldValue(entity, field, path, at, said, said if given is None else given, valid, message)


def all_settled(connection, process, kinds):
    settled = settle(
        kinds, store.load_values(connection, list(kinds)), store.load_settled(connection, list(kinds)), process
    )
    store.save_winners(connection, settled)
    return settled


def test_values_come_back_as_they_were_saved(database, linked):
    linked(joe=("person", "joe"))
    rows = [
        value("joe", "email", "crm.Email", "joe@acme.example", given=" Joe@ACME.example"),
        value("joe", "opted_out", "ma.unsubscribed", False, at=AT + timedelta(microseconds=1)),
        value("joe", "employees", "crm.NumberOfEmployees", 1200, given="1200"),
        value("joe", "score", "ma.score", 0.1),
        value("joe", "phone", "form.tel", "ring me", valid=False, given="ring\x00 me"),
    ]
    with database.write() as connection:
        store.save_values(connection, rows)
        assert sorted(store.load_values(connection, ["joe", "nobody"])["joe"], key=lambda v: v.field) == sorted(
            rows, key=lambda v: v.field
        )


def test_of_two_values_of_one_moment_the_same_stays_in_any_order_and_any_batches(database, linked):
    linked(joe=("person", "joe"))
    rivals = [
        value("joe", "name", "form.name", "Joe"),
        value("joe", "name", "form.name", "Joseph"),
        value("joe", "name", "form.name", "Zoe", valid=False),
        value("joe", "name", "form.name", "Joseph", message="form:0"),
    ]
    kept = set()
    for order in itertools.permutations(rivals):
        for cut in range(len(order) + 1):
            with database.write() as connection:
                connection.execute(store.field_values.delete())
                store.save_values(connection, order[:cut])
                store.save_values(connection, order[cut:])
                kept.add(tuple(store.load_values(connection, ["joe"])["joe"]))
    assert kept == {(rivals[1],)}


def test_a_merge_joins_the_values_and_undoing_it_separates_them_exactly(database, linked, process):
    linked(joe=("person", "joe"), joseph=("person", "joseph"))
    both = {"joe": "person", "joseph": "person"}
    with database.write() as connection:
        store.save_values(
            connection,
            [
                value("joe", "name", "crm.Name", "Joe Miller"),
                value("joseph", "name", "form.name", "Joseph Miller", at=AT + timedelta(days=1)),
                value("joseph", "title", "form.title", "CTO"),
            ],
        )
        all_settled(connection, process, both)
        before = store.load_winners(connection, list(both))
    assert before["joseph"]["name"].value == "Joseph Miller"

    linked(joe=("person", "joe"), joseph=("person", "joe"))
    with database.write() as connection:
        settled = all_settled(connection, process, both)
        merged = store.load_winners(connection, list(both))
    assert settled["joseph"] == Settled([], ["name", "title"])
    assert set(merged) == {"joe"}
    assert merged["joe"]["name"].value == "Joe Miller"
    assert merged["joe"]["name"].why == "b2b@7 fields.person.name: crm.Name of 2026-09-01 before form.name"
    assert merged["joe"]["title"].value == "CTO"

    linked(joe=("person", "joe"), joseph=("person", "joseph"))
    with database.write() as connection:
        all_settled(connection, process, both)
        assert store.load_winners(connection, list(both)) == before


def test_nothing_is_written_when_nothing_changed(database, linked, process):
    linked(joe=("person", "joe"))
    with database.write() as connection:
        store.save_values(connection, [value("joe", "title", "form.title", "CTO")])
        assert all_settled(connection, process, {"joe": "person"})
        assert all_settled(connection, process, {"joe": "person"}) == {}


def test_a_value_that_changed_only_its_type_is_written(database, linked, process):
    linked(acme=("account", "acme"))
    with database.write() as connection:
        for said, kept in [(1.0, "1.0"), (1, "1.0"), (True, "true")]:  # the greater JSON of one moment stays
            store.save_values(connection, [value("acme", "employees", "crm.NumberOfEmployees", said, given="1")])
            all_settled(connection, process, {"acme": "account"})
            assert connection.execute(text("SELECT value FROM winners")).all() == [(kept,)]


def test_what_belongs_to_somebody_is_found_through_merges(database, linked):
    linked(
        joe=("person", "joe"),
        joseph=("person", "joe"),
        acme=("account", "acme"),
        deal=("opportunity", "deal"),
        old=("opportunity", "deal"),
    )
    with database.write() as connection:
        store.save_winners(
            connection,
            {
                "deal": Settled([_winner("person", "joseph"), _winner("account", "acme"), _winner("name", "acme")], []),
                "joe": Settled([_winner("account", "acme")], []),
            },
        )
        assert store.load_related(connection, ["joe", "acme"], "opportunity") == {"joe": ["deal"], "acme": ["deal"]}
        assert store.load_related(connection, ["acme"], "person") == {"acme": ["joe"]}
        assert store.load_related(connection, [], "person") == {}


def test_reading_by_root_and_by_relation_uses_indexes(sqlite_url):
    # On SQLite only: a nearly empty PostgreSQL reads whole tables whatever its indexes.
    database = Database(sqlite_url)
    statements = []
    event.listen(database.engine, "before_cursor_execute", lambda *said: statements.append(said[2:4]))
    with database.read() as connection:
        store.load_values(connection, ["joe"])
        store.load_winners(connection, ["joe"])
        store.load_related(connection, ["joe"], "opportunity")
        asked = [said for said in statements if said[0].startswith("SELECT")]
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all() for sql, values in asked]
    database.close()
    assert len(plans) == 3
    steps = [step[-1] for plan in plans for step in plan]
    assert not [step for step in steps if step.startswith("SCAN") and "json_each" not in step], steps
    assert any("ix_winners_relation" in step for step in steps)


def test_a_confirmed_value_is_read_for_the_root_and_the_later_confirmation_stays(database, linked):
    linked(joe=("person", "joe"), joseph=("person", "joe"))
    first = Verification("joseph", "phone", "+49301234567", AT, "b2b@7", "crm:1")
    later = first._replace(at=AT + timedelta(days=1), evidence="crm:2")
    with database.write() as connection:
        for order in ([later, first], [first, later]):
            store.save_verifications(connection, order)
            store.save_verifications(connection, order[:1])
        assert store.load_verified(connection, ["joe"]) == {"joe": {"phone": (Confirmation("+49301234567", later.at),)}}
        assert connection.execute(text("SELECT evidence FROM verifications")).all() == [("crm:2",)]


def test_the_views_show_every_value_and_mark_the_winner(database, linked, process):
    linked(joe=("person", "joe"), joseph=("person", "joe"))
    with database.write() as connection:
        store.save_values(
            connection,
            [value("joe", "name", "crm.Name", "Joe Miller"), value("joseph", "name", "form.name", "Joseph")],
        )
        all_settled(connection, process, {"joe": "person"})
        shown = connection.execute(text("SELECT root_id, path, value, wins FROM v_values ORDER BY path")).all()
        assert shown == [("joe", "crm.Name", '"Joe Miller"', 1), ("joe", "form.name", '"Joseph"', 0)]
        assert connection.execute(text("SELECT root_id, kind, field, value FROM v_winners")).all() == [
            ("joe", "person", "name", '"Joe Miller"')
        ]


def _winner(field, said):
    return Winner(field, said, said, True, f"crm.Opportunity.{field}", AT, "crm:1", "b2b@7")
