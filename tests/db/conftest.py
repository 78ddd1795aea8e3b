"""The product's history, copies of it with fewer or more revisions, and a second empty database to compare with."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from closeloop.db import Database
from closeloop.db.migrate import HISTORY
from closeloop.installed import ROOMS

PACKAGE = HISTORY.parent.parent


@pytest.fixture
def views() -> list[str]:
    """What the rooms publish, as `installed` hands it to the migrations."""
    return [(PACKAGE / room / "views.sql").read_text() for room in ROOMS]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


@pytest.fixture
def another(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Iterator[Database]:
    """A second empty database of the same kind."""
    if database.is_sqlite:
        found = Database(f"sqlite:///{tmp_path / 'another.db'}")
        yield found
        found.close()
    else:
        server = request.getfixturevalue("quick_postgres")
        name = f"{database.engine.url.database}_another"
        found = Database(server.create_database(name))
        yield found
        found.close()
        server.drop_database(name)


@pytest.fixture
def history(tmp_path: Path) -> Callable[..., Path]:
    """Make a copy of the history that ends with revision `until`; `then` are texts of revisions that follow."""

    def make(until: str = "9999", then: str = "") -> Path:
        copy = tmp_path / f"history_{until}_{len(then)}"
        shutil.copytree(HISTORY, copy, ignore=shutil.ignore_patterns("__pycache__"))
        last = ""
        for path in sorted((copy / "versions").glob("r*.py")):
            if path.name[1:5] > until:
                path.unlink()
            else:
                last = path.name[1:5]
        if then:
            (copy / "versions" / "r9999_then.py").write_text(then.replace("LAST", last))
        return copy

    return make
