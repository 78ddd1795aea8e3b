"""An empty database for the tests of the store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from closeloop.db import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()
