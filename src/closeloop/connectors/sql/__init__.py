"""SQL: any database that SQLAlchemy reaches, its tables declared in a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from closeloop.connectors.sql.connector import Sql
from closeloop.declared.read import read_declared
from closeloop.ports import Clock
from closeloop.words.errors import BadInput
from closeloop.words.settings import number

__all__ = ["Sql", "connect"]

_NEEDED = ("url", "declared")


def connect(settings: Mapping[str, str], clock: Clock) -> Sql:
    """A connector to one database; nothing is asked of it before the first call.

    Args:
        settings: `url` as SQLAlchemy has it ("postgresql+psycopg://user:password@host/erp"), `declared` (the text of
            the declaration); and if wanted `password` (put into the address), `declared_file` (its name, for messages),
            `name` (of the database in messages), `look_back_seconds` ("120") and `page_size` ("2000").
        clock: stamps what is written, and says which moments lie in the future.

    Raises:
        BadInput: a setting is missing or not one of those valid, or no driver for the database is installed.
        ProcessError: the declaration cannot be used.
    """
    name = settings.get("name", "sql")
    missing = [each for each in _NEEDED if not settings.get(each)]
    if missing:
        raise BadInput(f"{name}: {', '.join(missing)} missing; needed are {', '.join(_NEEDED)}")
    declared = read_declared(settings.get("declared_file", "declaration"), settings["declared"].encode())
    look_back = timedelta(seconds=number(name, settings, "look_back_seconds", 120, nought=True))
    size = int(number(name, settings, "page_size", 2000))
    try:
        url = make_url(settings["url"])
        if url.get_backend_name() == "sqlite" and url.database and not url.database.startswith((":", "file:")):
            # A mistaken path must not become an empty database.
            url = url.set(database=f"file:{url.database}").update_query_dict({"mode": "rw", "uri": "true"})
        if settings.get("password"):
            url = url.set(password=settings["password"])
        engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)
        if url.get_backend_name() == "sqlite":
            _with_savepoints(engine)
    except NoSuchModuleError as error:
        raise BadInput(f"{name}: url: {error}; valid are databases that SQLAlchemy knows") from None
    except ArgumentError:
        raise BadInput(f"{name}: url is no address; valid is such as postgresql+psycopg://user@host/erp") from None
    except ImportError as error:
        raise BadInput(f"{name}: url: the driver {error.name} is not installed; install it beside closeloop") from None
    return Sql(engine, declared, clock, look_back=look_back, size=size)


def _with_savepoints(engine: Engine) -> None:
    # Python's driver begins a transaction of its own only before a write, which is too late for a savepoint.
    @event.listens_for(engine, "connect")
    def _let_us_begin(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")
