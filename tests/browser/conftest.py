"""The console over the small business, in Chromium; clicks are kept, and do to the tables what the road would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from closeloop.db import Database
from closeloop.inbox.nouns import Click
from closeloop.process.nouns import Process
from closeloop.web.console import Verdict, console
from closeloop.words.moment import to_us
from support import side_story, side_window
from support.prepared import opened
from support.served import served


@dataclass(slots=True)
class Road:
    """A window whose road knows three clicks."""

    database: Database
    process: Process = field(default_factory=side_window.business)
    clicks: list[Click] = field(default_factory=list)
    refuse: str = ""

    def now(self) -> datetime:
        return side_window.NOW

    def send(self, click: Click) -> Verdict:
        self.clicks.append(click)
        if self.refuse:
            return Verdict("set_aside", self.refuse)
        with self.database.write() as connection:
            asked = {"id": click.subject, "at": to_us(self.now())}
            if click.verb == "unlink":
                connection.execute(
                    text("UPDATE merges SET undone_at = :at, undone_by = 'console' WHERE id = :id"), asked
                )
                connection.execute(
                    text("UPDATE entities SET root_id = id WHERE id IN (SELECT loser_id FROM merges WHERE id = :id)"),
                    asked,
                )
            elif click.verb == "retry":
                revived = "UPDATE commands SET state = 'waiting', reason = NULL WHERE key = :id AND state = 'dead'"
                connection.execute(text(revived), asked)
            else:
                connection.execute(
                    text("UPDATE leads SET stage = 'inside_sales', owner = 'mori', responded_at = :at WHERE id = :id"),
                    asked,
                )
        return Verdict("decided")


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    database = opened(f"sqlite:///{tmp_path / 'hub.db'}")
    side_story.tell(database)
    yield Road(database)
    database.close()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Road]:
    """A hub to which nothing has come yet."""
    database = opened(f"sqlite:///{tmp_path / 'bare.db'}")
    yield Road(database)
    database.close()


# Asked for before `page`, so that the page is closed before its server: nothing that still loads is cut off.
@pytest.fixture
def address(road: Road) -> Iterator[str]:
    with served(Starlette(routes=console(road))) as found:
        yield found


@pytest.fixture
def bare_address(bare: Road) -> Iterator[str]:
    with served(Starlette(routes=console(bare))) as found:
        yield found
