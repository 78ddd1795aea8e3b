"""Databases with the tables and views of today and nothing in them: made once a process, then copied.

Migrating takes longer than most tests. `tests/db/test_migrate.py` shows that a database can be migrated at all, and the
tests of `closeloop up` begin without one.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from closeloop.db import Database
from closeloop.installed import open_database

_SQLITE = "sqlite:///"


def opened(url: str) -> Database:
    """This database, brought to the present shape."""
    if url.startswith(_SQLITE) and not (path := Path(url.removeprefix(_SQLITE))).exists():
        path.write_bytes(_prepared_file())
    return open_database(url)


@cache
def _prepared_file() -> bytes:
    with tempfile.TemporaryDirectory(prefix="closeloop-prepared-") as folder:
        path = Path(folder) / "hub.db"
        open_database(f"{_SQLITE}{path}").close()
        return path.read_bytes()
