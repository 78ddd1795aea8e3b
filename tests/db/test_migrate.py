"""The history makes what the stores declare, on both databases, all or nothing, and keeps what is there."""

from __future__ import annotations

import importlib
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, Table, inspect, text

from closeloop.db import INT, Database, metadata
from closeloop.db.migrate import HISTORY, migrate, revisions_of
from closeloop.installed import ROOMS
from closeloop.words.errors import Unready
from support.shape import shape_of

pytestmark = pytest.mark.without_tables

STORES = [importlib.import_module(f"closeloop.{room}.store") for room in (*ROOMS, "vault")]

ALTERS = '''"""Rename a column."""
from alembic import op

revision = "9999"
down_revision = "LAST"


def upgrade():
    with op.batch_alter_table("clocks", table_kwargs={"sqlite_strict": True, "sqlite_with_rowid": False}) as batch:
        batch.alter_column("due_at", new_column_name="ends_at")
'''
FAILS = '''"""Make a table, then fail."""
from alembic import op
from sqlalchemy import Column, Integer

revision = "9999"
down_revision = "LAST"


def upgrade():
    op.create_table("half_done", Column("id", Integer, primary_key=True))
    raise RuntimeError("in the middle")
'''
MIGRATES = """
import sys
from closeloop.db import Database
from closeloop.db.migrate import migrate
sys.stdin.readline()
database = Database(sys.argv[1])
print(migrate(database, sys.argv[2:]))
database.close()
"""


def differences(connection: Connection, declared: MetaData) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, declared))


def with_one_more_column() -> MetaData:
    declared = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.tables.values():
        table.to_metadata(declared)
    declared.tables["leads"].append_column(Column("mood", INT))
    return declared


def test_every_room_of_the_road_has_its_tables_here():
    stores = [
        *STORES,
        *(importlib.import_module(f"closeloop.outbox.store.{name}") for name in ("plans", "compares", "shapes")),
    ]
    found = {table.name for store in stores for table in vars(store).values() if isinstance(table, Table)}
    assert found == set(metadata.tables)


def test_the_history_makes_what_the_stores_declare(database: Database, another: Database, views: list[str]):
    migrate(database, views)
    metadata.create_all(another.engine)
    with database.read() as made, another.read() as declared:
        assert differences(made, metadata) == []
        assert shape_of(made) == shape_of(declared)


def test_control_a_column_that_the_history_lacks_is_noticed(database: Database, another: Database, views: list[str]):
    migrate(database, views)
    declared = with_one_more_column()
    declared.create_all(another.engine)
    with database.read() as made, another.read() as wanted:
        assert "mood" in str(differences(made, declared))
        assert shape_of(made) != shape_of(wanted)


@pytest.mark.parametrize(
    "spoil",
    ['ALTER TABLE leads ALTER COLUMN stage TYPE text COLLATE "de-x-icu"', "DROP INDEX ix_winners_relation"],
)
def test_control_on_postgresql_a_lost_collation_or_index_is_noticed(spoil: str, postgres_url: str, views: list[str]):
    database = Database(postgres_url)
    metadata.create_all(database.engine)
    with database.read() as connection:
        before = shape_of(connection)
    with database.write() as connection:
        connection.execute(text(spoil))
    with database.read() as connection:
        assert shape_of(connection) != before
    database.close()


def test_control_on_sqlite_a_table_that_is_not_strict_is_noticed(sqlite_url: str):
    shapes = []
    for strict in (" STRICT", ""):
        database = Database(sqlite_url + strict.strip())
        with database.write() as connection:
            connection.execute(text(f"CREATE TABLE t (id TEXT NOT NULL PRIMARY KEY){strict}"))
            shapes.append(shape_of(connection))
        database.close()
    assert shapes[0] != shapes[1]


def test_migrating_twice_changes_nothing(database: Database, views: list[str]):
    assert migrate(database, views)
    with database.read() as connection:
        before = shape_of(connection)
    assert not migrate(database, views)
    with database.read() as connection:
        assert shape_of(connection) == before


def test_the_files_are_numbered_as_the_history_goes():
    revisions = [each.revision for each in ScriptDirectory(HISTORY).walk_revisions()]
    assert revisions_of(HISTORY) == revisions[::-1]


def test_every_view_can_be_read(database: Database, views: list[str]):
    migrate(database, views)
    with database.read() as connection:
        names = inspect(connection).get_view_names()
        assert len(names) == 1 + sum(script.count("CREATE VIEW") for script in views)
        assert [name for name in names if connection.execute(text(f"SELECT * FROM {name}")).all()] == ["v_made_from"]


def test_views_are_made_anew_when_a_room_changes_one(database: Database):
    assert migrate(database, ["CREATE VIEW v_one AS SELECT 1 AS n; CREATE VIEW v_two AS SELECT n FROM v_one"])
    changed = "-- a remark; with a semicolon\nCREATE VIEW v_one AS SELECT 'a%b' AS n;"
    assert migrate(database, [changed])
    with database.read() as connection:
        assert connection.execute(text("SELECT n FROM v_one")).scalar_one() == "a%b"
        assert sorted(inspect(connection).get_view_names()) == ["v_made_from", "v_one"]


def test_an_older_database_keeps_its_rows(database: Database, views: list[str], history: Callable[..., Path]):
    migrate(database, [], history("0002"))
    with database.write() as connection:
        connection.execute(text("INSERT INTO entities VALUES ('joe', 'person', 'joe', 1, 'm')"))
        assert not inspect(connection).has_table("leads")
    assert migrate(database, views)
    with database.read() as connection:
        assert connection.execute(text("SELECT entity_id, root_id FROM v_entities")).all() == [("joe", "joe")]
        assert connection.execute(text("SELECT count(*) FROM v_leads")).scalar_one() == 0


def test_a_later_revision_alters_a_table_and_keeps_rows_and_strictness(
    database: Database, views: list[str], history: Callable[..., Path]
):
    migrate(database, views)
    with database.write() as connection:
        connection.execute(text("INSERT INTO clocks (lead_id, clock, due_at) VALUES ('l1', 'respond', 7)"))
        before = shape_of(connection)
    assert migrate(database, [], history(then=ALTERS))
    with database.read() as connection:
        assert connection.execute(text("SELECT lead_id, ends_at FROM clocks")).all() == [("l1", 7)]
        after = shape_of(connection)
    if database.is_sqlite:
        assert after["clocks"].replace('"', "").endswith(before["clocks"].rpartition(")")[2])
        assert "STRICT" in after["clocks"]
        assert "WITHOUT ROWID" in after["clocks"]
    assert after.keys() - {"clocks.ends_at"} == before.keys() - {"clocks.due_at"}


def test_a_revision_that_fails_leaves_everything_as_it_was(
    database: Database, views: list[str], history: Callable[..., Path]
):
    migrate(database, views)
    with pytest.raises(RuntimeError, match="in the middle"):
        migrate(database, [], history(then=FAILS))
    with database.read() as connection:
        assert not inspect(connection).has_table("half_done")
        assert connection.execute(text("SELECT count(*) FROM v_people")).scalar_one() == 0
    assert not migrate(database, views)


def test_a_database_of_a_newer_version_is_refused_and_says_what_to_do(
    database: Database, views: list[str], history: Callable[..., Path]
):
    migrate(database, [], history(then=ALTERS))
    with pytest.raises(Unready, match=r"revision '9999', made by a newer Closeloop.*up to '\d{4}'; install the newer"):
        migrate(database, views)


def test_two_processes_at_once_make_it_once(database: Database, views: list[str]):
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", MIGRATES, database.url, *views],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    done = [process.communicate(timeout=240) for process in processes]
    assert [(process.returncode, said[1]) for process, said in zip(processes, done, strict=True)] == [(0, ""), (0, "")]
    assert sorted(said[0].split()[-1] for said in done) == ["False", "True"]


def test_nothing_is_said_while_migrating(database: Database, views: list[str], capfd: pytest.CaptureFixture[str]):
    root = logging.getLogger()
    level, handler = root.level, logging.StreamHandler(sys.stdout)
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    try:
        migrate(database, views)
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
    assert capfd.readouterr() == ("", "")
