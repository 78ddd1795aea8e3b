"""Transactions: what raises is rolled back, a reader sees one state and waits for nobody, SQLite has one writer."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, nullcontext

import pytest
from sqlalchemy import Column, Connection, MetaData, Table, insert, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from closeloop.db import INT, TEXT, Database
from closeloop.db.engine import BUSY_SECONDS
from closeloop.words.errors import Unready
from support.postgres import PostgresServer

pytestmark = [pytest.mark.without_tables, pytest.mark.durable]

notes = Table("notes", MetaData(), Column("id", TEXT, primary_key=True), Column("n", INT, nullable=False))


@pytest.fixture
def noted(database: Database) -> Iterator[Database]:
    notes.metadata.create_all(database.engine)
    with database.write() as connection:
        connection.execute(insert(notes).values(id="a", n=1))
    return database


def n_of(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(notes.c.n)).scalar_one()


def test_a_write_that_raises_is_rolled_back(noted: Database):
    with pytest.raises(ZeroDivisionError), noted.write() as connection:
        _change_and_raise(connection)
    assert n_of(noted) == 1


def test_a_write_stands_when_its_block_ends(noted: Database):
    with noted.write() as connection:
        connection.execute(notes.update().values(n=2))
    assert n_of(noted) == 2


def test_a_read_changes_nothing(noted: Database):
    refusal = nullcontext() if noted.is_sqlite else pytest.raises(DBAPIError, match="read-only")
    with refusal, noted.read() as connection:
        connection.execute(notes.update().values(n=2))
    assert n_of(noted) == 1


def test_a_reader_sees_one_state_and_never_waits_for_a_writer(noted: Database):
    with noted.read() as reader:
        assert reader.execute(select(notes.c.n)).scalar_one() == 1
        with noted.write() as writer:
            writer.execute(notes.update().values(n=2))
            assert reader.execute(select(notes.c.n)).scalar_one() == 1
            assert n_of(noted) == 1
        assert reader.execute(select(notes.c.n)).scalar_one() == 1
    assert n_of(noted) == 2


def test_a_savepoint_takes_back_only_its_own_part(noted: Database):
    with noted.write() as connection:
        connection.execute(notes.update().values(n=2))
        with pytest.raises(ZeroDivisionError), connection.begin_nested():
            _change_and_raise(connection)
    assert n_of(noted) == 2


def _change_and_raise(connection: Connection) -> None:
    connection.execute(notes.update().values(n=3))
    raise ZeroDivisionError


def test_no_increment_is_lost_between_threads_on_sqlite(sqlite_url: str):
    assert _raised_by_threads(Database(sqlite_url)) == 100


def test_control_a_transaction_that_does_not_say_it_writes_loses_the_race_on_sqlite(sqlite_url: str):
    database = Database(sqlite_url)
    assert _raised_by_threads(database) == 100
    with pytest.raises(Unready, match="database is locked"):
        _read_and_then_write(database)
    database.close()


def _read_and_then_write(database: Database) -> None:
    with database.read() as slow:
        n = slow.execute(select(notes.c.n)).scalar_one()
        with database.write() as quick:
            quick.execute(notes.update().values(n=n + 1))
        slow.execute(notes.update().values(n=n + 1))


def _raised_by_threads(database: Database) -> int:
    with database.engine.connect().execution_options(closeloop_write=True) as connection, connection.begin():
        notes.create(connection)
        connection.execute(insert(notes).values(id="a", n=0))
    ready, failed = threading.Barrier(4), []

    def raise_by_one() -> None:
        ready.wait()
        try:
            for _ in range(25):
                with database.write() as connection:
                    n = connection.execute(select(notes.c.n)).scalar_one()
                    connection.execute(notes.update().values(n=n + 1))
        except Exception as error:  # noqa: BLE001 - handed to the thread that judges
            failed.append(error)

    threads = [threading.Thread(target=raise_by_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        if failed:
            raise failed[0]
        return n_of(database)
    finally:
        database.close()


def test_postgresql_that_is_stopped_makes_unready_and_works_again_when_started(
    postgres_server: PostgresServer, postgres_url: str
):
    database = Database(postgres_url)
    notes.create(database.engine)
    with pytest.raises(Unready, match=r"cannot be used now: .*; it is tried again, and nothing accepted is lost"):
        _write_while_it_stops(database, postgres_server)
    with pytest.raises(Unready):
        database.ping()
    postgres_server.start()
    database.ping()
    with database.read() as connection:
        assert connection.execute(select(notes)).all() == []
    database.close()


def _write_while_it_stops(database: Database, server: PostgresServer) -> None:
    with database.write() as connection:
        connection.execute(insert(notes).values(id="a", n=1))
        server.stop("immediate")
        connection.execute(notes.update().values(n=2))


def test_a_deadlock_on_postgresql_is_told_as_it_is_so_that_it_can_be_decided_again(postgres_url: str):
    database = Database(postgres_url)
    notes.create(database.engine)
    with database.write() as connection:
        connection.execute(insert(notes), [{"id": "a", "n": 1}, {"id": "b", "n": 1}])
    both_hold_one, states = threading.Barrier(2), []

    def cross(first: str, second: str) -> None:
        try:
            with database.write() as connection:
                connection.execute(notes.update().where(notes.c.id == first).values(n=2))
                both_hold_one.wait()
                connection.execute(notes.update().where(notes.c.id == second).values(n=2))
        except DBAPIError as error:
            states.append(error.orig.sqlstate)

    threads = [threading.Thread(target=cross, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()
    assert states == ["40P01"]


def test_a_wrong_statement_is_no_trouble_of_the_database(database: Database):
    with pytest.raises((OperationalError, ProgrammingError)), database.read() as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))


def test_a_sqlite_file_that_cannot_be_there_makes_unready(sqlite_url: str):
    database = Database(sqlite_url.replace("hub.db", "no/such/folder/hub.db"))
    with pytest.raises(Unready, match="unable to open database file"):
        database.ping()


def test_sqlite_syncs_each_commit_unless_told_otherwise(sqlite_url: str):
    synced = []
    for durable in (True, False):
        database = Database(sqlite_url, durable=durable)
        with database.read() as connection:
            synced.append(connection.execute(text("PRAGMA synchronous")).scalar_one())
            assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        database.close()
    assert synced == [2, 0]


def test_postgresql_syncs_each_commit_unless_told_otherwise(postgres_url: str):
    synced = []
    for durable in (True, False):
        database = Database(postgres_url, durable=durable)
        for _ in range(2):
            with database.read() as connection:
                synced.append(connection.execute(text("SHOW synchronous_commit")).scalar_one())
        database.close()
    assert synced == ["on", "on", "off", "off"]


def test_what_goes_wrong_names_the_statement_and_not_the_values_in_it(noted: Database):
    with pytest.raises(DBAPIError) as raised, noted.write() as connection:
        connection.execute(insert(notes).values(id="joe@acme.example", n=None))
    assert "INSERT INTO notes" in str(raised.value)
    assert "joe@acme.example" not in str(raised.value).partition("DETAIL")[0]


def test_one_that_opens_a_new_sqlite_file_while_another_writes_to_it_waits(held: str):
    database = Database(held)
    database.ping()
    database.close()


def test_control_sqlite_itself_does_not_wait_for_one_that_writes(held: str):
    with (
        closing(sqlite3.connect(held.removeprefix("sqlite:///"), timeout=BUSY_SECONDS)) as connection,
        pytest.raises(sqlite3.OperationalError, match="database is locked"),
    ):
        connection.execute("PRAGMA journal_mode = WAL")


@pytest.fixture
def held(sqlite_url: str) -> Iterator[str]:
    """A new file, not in WAL mode yet, that somebody holds for writing for half a second."""
    with closing(
        sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    ) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("BEGIN IMMEDIATE")
        letting_go = threading.Timer(0.5, connection.rollback)
        letting_go.start()
        yield sqlite_url
        letting_go.join()
