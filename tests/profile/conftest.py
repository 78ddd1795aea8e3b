"""A small process, an empty database, and people in it for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import insert

from closeloop.db import Database
from closeloop.identity.store import entities
from closeloop.process.nouns import Process
from support.small_process import small_process


@pytest.fixture
def process() -> Process:
    return small_process()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


@pytest.fixture
def linked(database: Database):
    """Write who there is and to whom they are linked: id → (kind, root)."""

    def link(**roots: tuple[str, str]) -> None:
        rows = [
            {"id": id_, "kind": kind, "root_id": root, "created_at": 0, "message_id": "m"}
            for id_, (kind, root) in roots.items()
        ]
        with database.write() as connection:
            connection.execute(entities.delete())
            connection.execute(insert(entities), rows)

    return link
