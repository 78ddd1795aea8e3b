"""The small business on both databases, seen from the side."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from closeloop.db import Database
from support import side_story
from support.side_window import Seen


@pytest.fixture
def empty(database_url: str) -> Iterator[Seen]:
    database = Database(database_url)
    yield Seen(database)
    database.close()


@pytest.fixture
def window(empty: Seen) -> Seen:
    side_story.tell(empty.database)
    return empty
