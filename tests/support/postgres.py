"""A private PostgreSQL server: own data directory, port and password, stopped, started and removed at will."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import psycopg
from psycopg import sql

ROLE = "closeloop"
Mode = Literal["smart", "fast", "immediate"]


class NoPostgres(RuntimeError):
    """The server's binaries, or the account to run them under, are not on this machine."""


class PostgresServer:
    """One server over loopback; a context manager that removes all of it.

    Its collation is ICU's English, not "C", so that a rule that forgot `COLLATE "C"` shows itself.

    Args:
        durable: with fsync on, as in production. Off, only a crash of the machine would show a difference, and every
            `DROP DATABASE` spares a wait of up to seconds: for tests that show something else than durability.
        settings: of postgresql.conf, besides those that every server here has.
    """

    def __init__(self, *, durable: bool = True, settings: Mapping[str, str] | None = None) -> None:
        """Make the data directory, as account postgres when we are root (initdb refuses root).

        Raises:
            NoPostgres: PostgreSQL is not installed.
        """
        self._durable, self._settings = durable, settings or {}
        self._binaries = _newest_binaries()
        self._home = Path(tempfile.mkdtemp(prefix="closeloop-postgres-"))
        self._as = _account()
        self._password = secrets.token_hex(16)
        self.port = _free_port()
        try:
            self._initialise()
        except BaseException:
            shutil.rmtree(self._home)
            raise

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.remove()

    @property
    def url(self) -> str:
        """The maintenance database, as SQLAlchemy spells it."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """One database of this server, as SQLAlchemy spells it: `postgresql+psycopg://role:password@127.0.0.1:port/…`."""
        return f"postgresql+psycopg://{ROLE}:{self._password}@127.0.0.1:{self.port}/{database}"

    @property
    def log(self) -> str:
        """What the server wrote so far."""
        return (self._home / "log").read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        """Whether the server's process is there, ready or not."""
        return self._run("pg_ctl", "status", check=False).returncode == 0

    def start(self) -> None:
        """Start and wait until connections are accepted, crash recovery included; nothing if it runs."""
        if not self.is_running:
            self._run("pg_ctl", "start", "--wait", "--timeout=60", "--log", str(self._home / "log"))

    def stop(self, mode: Mode = "fast") -> None:
        """Stop and wait; "immediate" is the crash: no checkpoint, sessions cut; nothing if it does not run."""
        if self.is_running:
            self._run("pg_ctl", "stop", "--wait", f"--mode={mode}")

    def restart(self, mode: Mode = "fast") -> None:
        """Stop by `mode`, then start again on the same port and data."""
        self.stop(mode)
        self.start()

    def create_database(self, name: str, template: str = "template1") -> str:
        """Make a database as a copy of `template`, to which nobody may be connected. Returns its URL."""
        # Copying files needs a checkpoint, which is quick only without fsync; then it is the cheaper way.
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY {}")
        strategy = sql.SQL("WAL_LOG" if self._durable else "FILE_COPY")
        self._execute(statement.format(sql.Identifier(name), sql.Identifier(template), strategy))
        return self.url_of(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, cutting the sessions still in it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def remove(self) -> None:
        """Stop at once and delete everything on disk."""
        self.stop("immediate")
        shutil.rmtree(self._home)

    def _initialise(self) -> None:
        key = self._home / "password"
        key.write_text(self._password)
        for path in (self._home, key):
            if self._as:
                shutil.chown(path, "postgres", "postgres")
        self._run(
            "initdb", f"--username={ROLE}", f"--pwfile={key}", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync",
            "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US",
        )  # fmt: skip
        settings: dict[str, object] = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self._home,
            "max_connections": 200,
        }
        settings |= self._settings
        if not self._durable:
            settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        with (self._home / "data" / "postgresql.conf").open("a") as file:
            file.writelines(f"{key} = '{value}'\n" for key, value in settings.items())

    def _run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        # Output goes to a file: a pipe would stay open for as long as the server that pg_ctl leaves behind.
        with (self._home / "output").open("w+") as output:
            done = subprocess.run(
                [*self._as, self._binaries / program, f"--pgdata={self._home / 'data'}", *arguments],
                cwd=self._home, env={**os.environ, "LC_ALL": "C.UTF-8"}, stdout=output, stderr=output, text=True,
                check=False,
            )  # fmt: skip
            output.seek(0)
            if check and done.returncode:
                raise RuntimeError(f"{program} {' '.join(arguments)} ended with {done.returncode}: {output.read()}")
        return done

    def _execute(self, statement: sql.Composed) -> None:
        plain = self.url.replace("+psycopg", "")
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statement)


def _newest_binaries() -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    found = str(installed[-1]) if installed else shutil.which("initdb")
    if found is None:
        raise NoPostgres("PostgreSQL is not installed: run `make test`, or install Debian's package postgresql")
    return Path(found).parent


def _account() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _free_port() -> int:
    """One below those that the system gives to whoever asks for any: nobody takes it while the server is stopped."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port := 20_000 + secrets.randbelow(12_000)))
            return port
