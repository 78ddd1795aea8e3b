"""Fixtures for tests that need a database: each runs on SQLite and on PostgreSQL, every time on an empty one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from support.postgres import NoPostgres, PostgresServer

WITHOUT_POSTGRES = "CLOSELOOP_TEST_WITHOUT_POSTGRES"
_numbers = count(1)


@pytest.fixture(scope="session")
def _postgres() -> Iterator[PostgresServer]:
    if os.environ.get(WITHOUT_POSTGRES) == "1":
        pytest.skip(f"PostgreSQL is left out, as {WITHOUT_POSTGRES}=1 asks")
    try:
        server = PostgresServer()
    except NoPostgres as error:
        pytest.fail(f"{error}; or set {WITHOUT_POSTGRES}=1 to skip the tests that need it", pytrace=False)
    with server:
        yield server


@pytest.fixture
def postgres_server(_postgres: PostgresServer) -> Iterator[PostgresServer]:
    """The session's private server; a test may stop and start it, and it runs again for the next one."""
    yield _postgres
    _postgres.start()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty PostgreSQL database of this test alone."""
    name = f"test_{next(_numbers)}"
    yield postgres_server.create_database(name)
    postgres_server.start()
    postgres_server.drop_database(name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite database file of this test alone, not there yet."""
    return f"sqlite:///{tmp_path / 'hub.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of this test alone; the test runs once on each of the two."""
    url: str = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param])
    return url
