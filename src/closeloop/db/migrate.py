"""Bring a database to the present shape: one Alembic history for both databases, then the rooms' views.

History goes forward only: a backup is the way back. A revision that changes a table names what SQLite must keep, since
there the table is written anew:

    with op.batch_alter_table("leads", table_kwargs={"sqlite_strict": True}) as batch:
        batch.add_column(Column("language", TEXT))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, column, inspect, select, table, text

from closeloop.db.engine import Database
from closeloop.words.errors import Unready

HISTORY: Final = Path(__file__).parent / "migrations"
_MIGRATING: Final = 0x636C_6D69  # an advisory lock of PostgreSQL: one process migrates, the others wait
_MADE_FROM: Final = table("v_made_from", column("digest"))  # a view of one row
_AT: Final = table("alembic_version", column("version_num"))  # one row, which Alembic keeps
_COMMENT: Final = re.compile(r"--[^\n]*")
_FILE: Final = re.compile(r"r([^_]+)_.*\.py")
"""A revision's file begins with its number: what there is, is known without Alembic, which takes long to load."""


def migrate(database: Database, views: Iterable[str], history: Path = HISTORY) -> bool:
    """Upgrade the tables to the newest revision and make the views anew, in one transaction; nothing if both stand.

    Args:
        views: scripts of the rooms: `CREATE VIEW` statements separated by `;`, in an order in which they can be made.
        history: the folder with Alembic's `env.py` and `versions`.

    Returns:
        Whether there was anything to do.

    Raises:
        Unready: the database was made by a newer version, or is not there.
    """
    revisions = revisions_of(history)
    statements = [each for script in views for each in _statements(script)]
    digest = blake2b("\n".join(statements).encode(), digest_size=16).hexdigest()
    with database.read() as connection:
        if _stands(connection, revisions, digest):
            return False
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATING})"))
        if _stands(connection, revisions, digest):  # another process was first
            return False
        _drop_views(connection)
        upgrade: Callable[[Connection, Path], None] = import_module("closeloop.db.upgrade").upgrade
        upgrade(connection, history)
        made_from = f"CREATE VIEW {_MADE_FROM.name} AS SELECT '{digest}' AS digest"
        for statement in (*statements, made_from):
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    return True


def revisions_of(history: Path) -> list[str]:
    """The revisions of a history by the names of their files, the newest last."""
    return sorted(named[1] for path in (history / "versions").iterdir() if (named := _FILE.fullmatch(path.name)))


def _stands(connection: Connection, revisions: Sequence[str], digest: str) -> bool:
    """Whether nothing is left to do.

    Raises:
        Unready: the database is at a revision that is not in this history.
    """
    revision = _revision(connection)
    if revision is not None and revision not in revisions:
        raise Unready(
            f"the database is at revision {revision!r}, made by a newer Closeloop than this one, which knows revisions "
            f"up to {revisions[-1]!r}; install the newer version again, or name another database"
        )
    if revision != revisions[-1] or _MADE_FROM.name not in _views(connection):
        return False
    return bool(connection.execute(select(_MADE_FROM.c.digest)).scalar_one() == digest)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_AT.name):
        return None
    return connection.execute(select(_AT.c.version_num)).scalar_one_or_none()


def _drop_views(connection: Connection) -> None:
    cascade = "" if connection.dialect.name == "sqlite" else " CASCADE"
    for name in _views(connection):
        connection.execute(text(f"DROP VIEW IF EXISTS {name}{cascade}"))


def _views(connection: Connection) -> list[str]:
    return [name for name in inspect(connection).get_view_names() if name.startswith("v_")]


def _statements(script: str) -> Iterable[str]:
    return filter(None, (statement.strip() for statement in _COMMENT.sub("", script).split(";")))
