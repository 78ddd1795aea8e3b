"""Sets in one statement: `put` with each way to meet what is there, `among` with any number of keys."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Index, MetaData, Table, bindparam, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from closeloop.db import BLOB, INT, REAL, TEXT, Database, among, put

pytestmark = pytest.mark.without_tables

things = Table(
    "things",
    MetaData(),
    Column("kind", TEXT, primary_key=True),
    Column("id", TEXT, primary_key=True),
    Column("at", INT, nullable=False),
    Column("name", TEXT),
    Column("share", REAL),
    Column("raw", BLOB),
    Index("ix_things_name", "name"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
ALL = ("kind", "id", "at", "name", "share", "raw")
GIVEN = ("kind", "id", "at", "name")


@pytest.fixture
def made(database: Database) -> Iterator[Database]:
    things.metadata.create_all(database.engine)
    return database


def names(database: Database) -> list[tuple[object, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(select(things.c.id, things.c.at, things.c.name))]


def test_values_of_every_type_come_back_as_they_were(made: Database):
    rows = [
        ("t", "a", -(2**63), "Zoë 漢字 😀", 0.1, b"\x00\xff"),
        ("t", "b", 2**63 - 1, None, None, None),
        ("t", "c", 0, "", -0.0, b""),
        ("t", "d", 1, "100% of {them}; 'all' :of ?", 1e300, b"%s"),
    ]
    with made.write() as connection:
        assert put(connection, things, ALL, rows) == 4
        assert [tuple(row) for row in connection.execute(select(things).order_by(things.c.id))] == rows


def test_nothing_is_written_of_no_rows(made: Database):
    with made.write() as connection:
        assert put(connection, things, GIVEN, []) == 0


def test_fail_raises_and_leaves_what_is_there(made: Database):
    with made.write() as connection:
        put(connection, things, GIVEN, [("t", "a", 1, "old")])
    with pytest.raises(IntegrityError), made.write() as connection:
        put(connection, things, GIVEN, [("t", "b", 2, "new"), ("t", "a", 2, "new")])
    assert names(made) == [("a", 1, "old")]


def test_keep_leaves_the_old_row_and_counts_only_new_ones(made: Database):
    with made.write() as connection:
        put(connection, things, GIVEN, [("t", "a", 1, "old")])
        assert (
            put(connection, things, GIVEN, [("t", "a", 2, "new"), ("t", "b", 2, "x"), ("t", "b", 3, "y")], "keep") == 1
        )
    assert names(made) == [("a", 1, "old"), ("b", 2, "x")]


def test_replace_sets_the_given_columns_and_no_others(made: Database):
    with made.write() as connection:
        put(connection, things, ALL, [("t", "a", 1, "old", 0.5, b"kept")])
        assert put(connection, things, GIVEN, [("t", "a", 0, None), ("t", "b", 2, "x")], "replace") == 2
        assert tuple(connection.execute(select(things).where(things.c.id == "a")).one()) == (
            "t", "a", 0, None, 0.5, b"kept",
        )  # fmt: skip


def test_greater_ends_the_same_in_any_order_of_arrival(made: Database):
    arriving = [("t", "a", 1, "Z"), ("t", "a", 2, "a"), ("t", "a", 2, "Z"), ("t", "a", 2, "é")]
    ended = set()
    for order in itertools.permutations(arriving):
        with made.write() as connection:
            connection.execute(things.delete())
            for row in order:
                put(connection, things, GIVEN, [row], "greater")
        ended.add(tuple(names(made)))
    assert ended == {(("a", 2, "é"),)}  # by code point on both databases: Z before a before é


def test_control_with_replace_the_order_of_arrival_shows(made: Database):
    ended = set()
    for order in itertools.permutations([("t", "a", 1, "x"), ("t", "a", 2, "y")]):
        with made.write() as connection:
            for row in order:
                put(connection, things, GIVEN, [row], "replace")
        ended.add(tuple(names(made)))
    assert len(ended) == 2


@pytest.mark.parametrize("n", [0, 1, 3, 100_000])
def test_among_takes_any_number_of_keys(made: Database, n: int):
    with made.write() as connection:
        put(connection, things, GIVEN, [("t", f"{number:06}", number, None) for number in range(10)])
        wanted = [f"{number:06}" for number in range(n)]
        found = connection.execute(select(things.c.id).where(among(things.c.id, wanted)).order_by(things.c.id))
        assert list(found.scalars()) == wanted[:10]


def test_among_compares_text_as_it_is(made: Database):
    odd = ["", " ", "'", '"', "\\", "{a,b}", "NULL", "%s", ":x", "é", "e\u0301", "😀", "A", "a"]
    with made.write() as connection:
        put(connection, things, GIVEN, [("t", text_, 0, None) for text_ in odd])
        for wanted in ([each] for each in odd):
            assert list(connection.execute(select(things.c.id).where(among(things.c.id, wanted))).scalars()) == wanted
        assert not connection.execute(select(things.c.id).where(among(things.c.name, odd))).all()


def test_among_is_one_statement_built_once(made: Database):
    statement = select(things.c.id).where(among(things.c.id, "wanted"), things.c.kind == bindparam("kind"))
    with made.write() as connection:
        put(connection, things, GIVEN, [("t", "a", 0, None), ("u", "a", 0, None), ("t", "b", 0, None)])
        assert list(connection.execute(statement, {"wanted": ["a", "b"], "kind": "u"}).scalars()) == ["a"]
        assert list(connection.execute(statement, {"wanted": ["b"], "kind": "t"}).scalars()) == ["b"]


def test_among_uses_the_index_on_sqlite(sqlite_url: str):
    database = Database(sqlite_url)
    things.metadata.create_all(database.engine)
    statement = select(things.c.at).where(among(things.c.name, ["a"]))
    compiled = statement.compile(database.engine, compile_kwargs={"render_postcompile": True})
    with database.read() as connection:
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}"), {}) if not compiled.params else (
            connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", ('["a"]',))
        )  # fmt: skip
        assert "SEARCH things USING INDEX ix_things_name" in str(plan.all())
    database.close()


def test_nul_is_refused_whole_on_postgresql(postgres_url: str):
    database = Database(postgres_url)
    things.metadata.create_all(database.engine)
    with pytest.raises(DBAPIError, match="NUL"), database.write() as connection:
        put(connection, things, GIVEN, [("t", "a", 0, None), ("t", "b\x00", 0, None)])
    assert names(database) == []
    database.close()
