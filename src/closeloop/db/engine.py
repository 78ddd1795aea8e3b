"""One database, SQLite or PostgreSQL, with transactions that read or write; nothing commits but `write()`."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from typing import Final

import stamina
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from closeloop.words.errors import Unready

BUSY_SECONDS: Final = 60
"""How long a process waits for another one that writes to the same SQLite file."""
_AWAY: Final = ("08", "53", "57P", "58")  # PostgreSQL's classes: connection, resources, shutdown, system
_SQLITE_BROKEN: Final = ("SQLITE_NOTADB", "SQLITE_CORRUPT")  # another file than a database, or a damaged one
_SQLITE_ERROR: Final = "SQLITE_ERROR"  # a statement that is wrong, whatever the state of the database


class Database:
    """The engine behind all stores. Its blocks raise `Unready` when the database cannot be used at all.

    Its errors name the statement and not the values in it: errors are logged, and the values are people's.

    Args:
        url: "sqlite:///var/closeloop.db" or "postgresql+psycopg://user@host/name" ("postgresql://" will do).
        durable: False turns off syncing to disk; only for measuring what it costs.
    """

    def __init__(self, url: str, *, durable: bool = True) -> None:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.url = parsed.render_as_string(hide_password=False)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.engine = create_engine(
                parsed, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
            )
            _prepare_sqlite(self.engine, "FULL" if durable else "OFF")
        else:
            options = {} if durable else {"options": "-c synchronous_commit=off"}
            self.engine = create_engine(
                parsed, hide_parameters=True, connect_args=options, pool_size=8, max_overflow=24, pool_pre_ping=True
            )
        # SQLite has one writer; a lock inside the process beats its sleeping and trying again between threads.
        self._one_writer = threading.Lock() if self.is_sqlite else nullcontext()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state, however many statements it runs, and changes nothing."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with _reachable(), self.engine.connect() as connection:
            connection.execution_options(**options)
            with connection.begin() as transaction:
                yield connection
                transaction.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: commits at the end of the block, rolls back when it raises."""
        with _reachable(), self._one_writer, self.engine.connect() as connection:
            connection.execution_options(closeloop_write=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    def scrub(self) -> None:
        """Leave nothing of what was deleted in SQLite's files; PostgreSQL gives the space free by its own vacuum."""
        if self.is_sqlite:
            with _reachable(), self._one_writer, closing(self.engine.raw_connection()) as connection:
                for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                    connection.cursor().execute(statement).fetchall()

    def ping(self) -> None:
        """Raise `Unready` when the database does not answer."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except NoConnectionFree as error:
        raise Unready("all connections to the database are in use; it is tried again") from error
    except DBAPIError as error:
        if is_away(error):
            reason = " ".join(str(error.orig).split()).rstrip(".")
            raise Unready(
                f"the database cannot be used now: {reason}; it is tried again, and nothing accepted is lost"
            ) from error
        raise


def is_away(error: DBAPIError) -> bool:
    """Whether the database is at fault. A lost race, a deadlock or a wrong statement is for the caller to see."""
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error) and error.orig.sqlite_errorname in _SQLITE_BROKEN:
        return True
    if not isinstance(error, OperationalError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return error.orig.sqlite_errorname != _SQLITE_ERROR
    state: str | None = getattr(error.orig, "sqlstate", None)  # none at all: nobody answered
    return state is None or state.startswith(_AWAY)


def _prepare_sqlite(engine: Engine, synchronous: str) -> None:
    pragmas = (
        f"synchronous = {synchronous}",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        "cache_size = -65536",  # KiB
    )

    @event.listens_for(engine, "connect")
    def _on_connect(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None  # the driver must not begin transactions by itself
        _write_ahead(raw)
        for pragma in pragmas:
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("closeloop_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _write_ahead(raw: sqlite3.Connection) -> None:
    """Only the first connection of all changes the file; SQLite refuses one that asks meanwhile, and does not wait."""
    for attempt in stamina.retry_context(on=_is_busy, attempts=None, timeout=BUSY_SECONDS, wait_max=0.2):
        with attempt:
            raw.execute("PRAGMA journal_mode = WAL")


def _is_busy(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorname.startswith("SQLITE_BUSY")
