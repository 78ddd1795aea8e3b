"""What every command is given, in reality: database, process, clock and outside systems plugged together."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from functools import cached_property
from importlib import import_module, resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog
from cryptography.fernet import MultiFernet
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from stamina.instrumentation import set_on_retry_hooks

from closeloop.cli import DATABASE
from closeloop.db import Database
from closeloop.db.migrate import migrate
from closeloop.inbox import store as inbox_store
from closeloop.inbox.nouns import Receipt
from closeloop.kinds import KINDS
from closeloop.outbox.nouns import MAIL
from closeloop.ports import Clock, Connector
from closeloop.process.load import load, load_kept
from closeloop.process.nouns import Process
from closeloop.vault import store as vault_store
from closeloop.vault.seal import new_key, read_keys, seal, unseal
from closeloop.words.errors import BadInput, ProcessError, Unready
from closeloop.words.moment import SystemClock
from closeloop.words.settings import number

if TYPE_CHECKING:
    from closeloop.flow import Hub

_OURS: Final = ("_CALLS_A_DAY", "_WRITE_KEY")
"""Ends of variables that are for the hub and not for a connector."""
ROOMS: Final = ("inbox", "identity", "record", "profile", "lifecycle", "alerts", "outbox")
"""Rooms with views, in the order of the road."""


class Installed:
    """`cli.installation.Installation` by options and environment; nothing is opened before it is asked for."""

    def __init__(self, url: str | None, process_file: Path | None, environment: Mapping[str, str]) -> None:
        self.url, self.process_file = url, process_file
        self._environment = environment
        self._clock = SystemClock()
        self._opened = ExitStack()

    @cached_property
    def database(self) -> Database:
        database = open_database(self.url or DATABASE)
        self._opened.callback(database.close)
        return database

    @cached_property
    def process(self) -> Process:
        return load(self.process_file) if self.process_file is not None else newest_process(self.database)

    @cached_property
    def hub(self) -> Hub:
        process = self.process  # first: a mistake in the file must not leave a database behind
        hub = _hub_type()(self.database, process, self._clock, self._calls_a_day())
        hub.begin()
        return hub

    def now(self) -> datetime:
        return self._clock.now()

    def take_in(self, receipts: Sequence[Receipt]) -> None:
        self.hub.take_in(receipts)

    def use(self, process_file: Path) -> None:
        self.process_file = process_file

    @contextmanager
    def fresh(self, url: str, process: Process, clock: Clock) -> Iterator[Hub]:
        database = open_database(url)
        try:
            with database.read() as connection:
                versions = inbox_store.each_process(connection)
            if versions:
                where = make_url(url).render_as_string()
                by = ", ".join(versions)
                raise BadInput(f"{where} is in use by {by}; name an empty database, or none to get one for the moment")
            hub = _hub_type()(database, process, clock)
            hub.begin()
            yield hub
        finally:
            database.close()

    @contextmanager
    def opened(self, url: str) -> Iterator[Database]:
        database = open_database(url)
        try:
            yield database
        finally:
            database.close()

    @contextmanager
    def connected(self) -> Iterator[tuple[Mapping[str, Connector], Sequence[str]]]:
        missing = []
        with ExitStack() as opened:
            ends: dict[str, Connector] = {}
            for name, kind in self.kinds.items():
                given = self._given(name)
                if not given:
                    missing.append(_not_connected(name, kind, "host" if kind == MAIL else "url"))
                    self._note(name, missing[-1])
                    continue
                ends[name] = self._connect(name, kind, given)
                opened.callback(ends[name].close)
            yield ends, missing

    @contextmanager
    def reading(self, source: str) -> Iterator[Connector]:
        kinds = {name: each.kind for name, each in self.process.sources.items() if each.kind in KINDS}
        if source not in kinds:
            raise BadInput(f"{source!r} is no system that can be read; {self.process.signed} has {', '.join(kinds)}")
        given = self._given(source)
        if not given:
            raise BadInput(_not_connected(source, kinds[source], "url"))
        with closing(self._connect(source, kinds[source], given)) as end:
            yield end

    def write_keys(self) -> tuple[Mapping[str, str], Sequence[str]]:
        keys, missing = {}, []
        for name, source in self.process.sources.items():
            if source.kind == "webform":
                variable = _variable(name, "write_key")
                if key := self._environment.get(variable):
                    keys[key] = name
                else:
                    missing.append(f"{name} (webform) takes nothing in: set {variable}")
        return keys, missing

    def close(self) -> None:
        """Let go of what was opened."""
        self._opened.close()

    def made(self, source: str, settings: Mapping[str, str]) -> Connector:
        return self._connect(source, self.kinds[source], settings)

    def keep(self, source: str, settings: Mapping[str, str]) -> str:
        keys, where = self._keys(make=True)
        with self.database.write() as connection:
            vault_store.save(connection, source, self.kinds[source], seal(settings, keys), self.now(), tested=True)
        self.__dict__.pop("_kept", None)
        return where

    def forget(self, source: str) -> None:
        with self.database.write() as connection:
            vault_store.forget(connection, source)
        self.__dict__.pop("_kept", None)

    def set_up(self) -> Mapping[str, str]:
        with self.database.read() as connection:
            kept = dict.fromkeys(vault_store.load(connection), "settings kept in the database")
        return kept | {name: "environment" for name in self.kinds if self._said(name)}

    @property
    def kinds(self) -> Mapping[str, str]:
        return {name: each.kind for name, each in self.process.sources.items() if each.kind in KINDS} | {MAIL: MAIL}

    @cached_property
    def _kept(self) -> Mapping[str, Mapping[str, str]]:
        """Source → the settings that `keep` sealed; a database that is not there yet is not made for it."""
        place = make_url(self.url or DATABASE)
        if place.get_backend_name() == "sqlite" and place.database and not Path(place.database).exists():
            return {}
        with self.database.read() as connection:
            sealed = vault_store.load(connection)
        if not sealed:
            return {}
        keys, _ = self._keys(make=False)
        return {source: unseal(each, keys) for source, (_, each) in sealed.items()}

    def _keys(self, *, make: bool) -> tuple[MultiFernet, str]:
        if given := self._environment.get("CLOSELOOP_KEY"):
            return read_keys(given), "the key is CLOSELOOP_KEY of the environment: it must be there whenever it runs"
        place = make_url(self.url or DATABASE)
        if place.get_backend_name() != "sqlite" or not place.database:
            raise BadInput(f"set CLOSELOOP_KEY, which seals what is kept; a new one is {new_key()}")
        path = Path(f"{place.database}.key")
        if make and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)  # the key may come before the database
            path.touch(mode=0o600)
            path.write_text(new_key() + "\n", encoding="ascii")
        try:
            return read_keys(path.read_text(encoding="ascii")), f"the key is {path}: keep it apart from the data"
        except OSError as error:
            raise BadInput(
                f"{path} cannot be read: {error.strerror}; put the key back, or set the systems up again"
            ) from None

    def _calls_a_day(self) -> Mapping[str, int]:
        """Calls that this installation allows each system."""
        said = {name: self._environment.get(_variable(name, "calls_a_day")) for name in (*self.process.sources, MAIL)}
        return {
            name: int(number(name, {"calls_a_day": each}, "calls_a_day", 0))
            for name, each in said.items()
            if each is not None
        }

    def _said(self, source: str) -> dict[str, str]:
        """What the environment says."""
        prefix = _variable(source, "")
        return {
            name.removeprefix(prefix).lower(): value
            for name, value in self._environment.items()
            if name.startswith(prefix) and value and not name.endswith(_OURS)
        }

    def _given(self, source: str) -> dict[str, str]:
        """What was kept, and before it what the environment says."""
        return {**self._kept.get(source, {}), **self._said(source)}

    def _connect(self, source: str, kind: str, given: Mapping[str, str]) -> Connector:
        found = self.process.sources.get(source)
        declared = {} if found is None or found.declared is None else {
            "declared": found.declared, "declared_file": found.declared_in, "name": source,
        }  # fmt: skip
        try:
            return KINDS[kind].connect({**declared, **given}, self._clock)
        except BadInput as error:
            if isinstance(error, ProcessError):
                raise
            raise BadInput(
                f"{error}; `closeloop connect {source}` asks for each, or set {_variable(source, '…')}"
            ) from None

    def _note(self, source: str, why: str) -> None:
        """For the health page."""
        with self.database.write() as connection:
            inbox_store.save_end_error(connection, source, why, self.now())


def open_database(url: str) -> Database:
    """The database of this address, brought to the present shape; the folder of a SQLite file is made.

    Raises:
        BadInput: not an address of a database that can be used.
        Unready: the database does not answer.
    """
    valid = "valid are sqlite:///FILE and postgresql://USER@HOST/NAME"
    try:
        parsed = make_url(url)
    except ArgumentError:
        given = re.sub(":.*@", ":***@", url)  # whatever is wrong with it, it may hold a password
        raise BadInput(f"{given!r} is no address of a database; {valid}") from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql", "postgres"):
        raise BadInput(f"{parsed.render_as_string()}: {parsed.get_backend_name()} is not among the databases; {valid}")
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        try:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(
                f"{url}: the folder cannot be made: {error.strerror}; name another place with --database"
            ) from None
    database = Database(url)
    try:
        migrate(database, [resources.files("closeloop").joinpath(room, "views.sql").read_text() for room in ROOMS])
    except BaseException as error:
        database.close()
        if isinstance(error, Unready) and isinstance(error.__cause__, DBAPIError):
            reason = " ".join(str(error.__cause__.orig).split()).rstrip(".")
            where = parsed.render_as_string()
            raise Unready(f"{where} cannot be opened: {reason}; mend that, or name another with --database") from error
        raise
    return database


def newest_process(database: Database) -> Process:
    """The version of the process that was put into use last.

    Raises:
        BadInput: there is none yet.
    """
    with database.read() as connection:
        versions = inbox_store.each_process(connection)
        files = inbox_store.load_process(connection, versions[-1]) if versions else {}
    if not versions:
        where = make_url(database.url).render_as_string()
        raise BadInput(f"{where} holds no process yet; name its file with --process or CLOSELOOP_PROCESS")
    return load_kept(files)


def log_plainly() -> None:
    """A line an event on stderr, with a traceback but never the values in it: those are people's."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(),
            structlog.processors.LogfmtRenderer(key_order=("timestamp", "level", "event")),
        ],
        logger_factory=_to_stderr,
    )
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # below, it tells whole addresses: Marketo's hold the secret
    set_on_retry_hooks([])  # a call that is tried again within itself is no news


def _to_stderr(*_: object) -> structlog.PrintLogger:
    """Where stderr is when something is logged, not where it was when logging was set up."""
    return structlog.PrintLogger(sys.stderr)


def _hub_type() -> type[Hub]:
    """Only now: it takes a second, and reports and stories of decisions need none."""
    found: type[Hub] = import_module("closeloop.flow").Hub
    return found


def _not_connected(source: str, kind: str, setting: str) -> str:
    return f"{source} ({kind}) is not connected: set {_variable(source, setting)} and what belongs to it"


def _variable(source: str, setting: str) -> str:
    return f"CLOSELOOP_{source}_{setting}".upper()
