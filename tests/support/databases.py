"""Fixtures for tests that need a database: each runs on SQLite and on PostgreSQL, every time on one of its own.

It has the tables and views of today and nothing in them. Tests that must begin without any tables say so by
`pytest.mark.without_tables`, and those that show what outlives a death by `pytest.mark.durable`: what others write to
PostgreSQL is not synced. SQLite syncs always.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from closeloop.installed import open_database
from support.postgres import NoPostgres, PostgresServer
from support.prepared import opened

WITHOUT_POSTGRES = "CLOSELOOP_TEST_WITHOUT_POSTGRES"
WITHOUT_TABLES = "without_tables"
DURABLE = "durable"
PREPARED = "prepared"
_numbers = count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers."""
    config.addinivalue_line("markers", f"{WITHOUT_TABLES}: the test's database has no tables yet")
    config.addinivalue_line("markers", f"{DURABLE}: the test's PostgreSQL syncs, as in production")


@pytest.fixture(scope="session")
def quick_postgres() -> Iterator[PostgresServer]:
    """The session's server for tests that never stop it: when its files reach the disk is left to the system."""
    with _server(durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[PostgresServer]:
    """The session's server for tests that stop it or show what outlives a death: it syncs as in production."""
    with _server(durable=True) as server:
        yield server


@pytest.fixture
def postgres_server(durable_postgres: PostgresServer) -> Iterator[PostgresServer]:
    """A private server; a test may stop and start it, and it runs again for the next one."""
    yield durable_postgres
    durable_postgres.start()


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A PostgreSQL database of this test alone, on `postgres_server` if the test asks for that as well."""
    durable = "postgres_server" in request.fixturenames or _says(request, DURABLE)
    server: PostgresServer = request.getfixturevalue("postgres_server" if durable else "quick_postgres")
    name = f"test_{next(_numbers)}"
    template = "template1" if _says(request, WITHOUT_TABLES) else PREPARED
    yield server.create_database(name, template)
    server.start()
    server.drop_database(name)


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A SQLite database of this test alone; without tables, its file is not there yet."""
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    if not _says(request, WITHOUT_TABLES):
        opened(url).close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of this test alone; the test runs once on each of the two."""
    url: str = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param])
    return url


def _server(*, durable: bool) -> PostgresServer:
    if os.environ.get(WITHOUT_POSTGRES) == "1":
        pytest.skip(f"PostgreSQL is left out, as {WITHOUT_POSTGRES}=1 asks")
    try:
        server = PostgresServer(durable=durable)
    except NoPostgres as error:
        pytest.fail(f"{error}; or set {WITHOUT_POSTGRES}=1 to skip the tests that need it", pytrace=False)
    server.start()
    open_database(server.create_database(PREPARED)).close()
    return server


def _says(request: pytest.FixtureRequest, marker: str) -> bool:
    node: pytest.Item = request.node
    return node.get_closest_marker(marker) is not None
