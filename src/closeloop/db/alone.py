"""One hub at a time on a SQLite file: a lock that ends with the process, however that ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from closeloop.db.engine import Database
from closeloop.words.errors import BadInput


@contextmanager
def alone(database: Database) -> Iterator[None]:
    """Be the only one who moves the road of this database; PostgreSQL lets several work side by side.

    Commands that read, import or ask why stand aside from this and may run meanwhile.

    Raises:
        BadInput: another process does it already.
    """
    place = database.engine.url.database
    if not database.is_sqlite or not place or place == ":memory:":
        yield
        return
    # Beside the database and never removed: who took away a lock file would let in two.
    with Path(place + "-hub").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadInput(
                f"another hub is at work on {place}, and a SQLite file takes one; end that, "
                "or name another database (several hubs can share PostgreSQL)"
            ) from None
        yield
