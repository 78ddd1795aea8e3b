"""Every point at which the hub writes, numbered as it runs: before each commit, after each call that changes a vendor.

After a commit nothing more is lost than before the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2
import pytest
from sqlalchemy import Connection, event

from closeloop.db import Database

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class Dead(BaseException):
    """The hub's end, seen from inside."""


@dataclass(slots=True)
class Deaths:
    """Counts the points while `armed`, and ends the hub at some of them.

    Attributes:
        at: the numbers of these points; none only counts.
        seen: what the points were, in order.
    """

    at: frozenset[int] = frozenset()
    armed: bool = False
    seen: list[str] = field(default_factory=list)

    def point(self, what: str) -> None:
        """One point is reached."""
        if not self.armed:
            return
        self.seen.append(what)
        if len(self.seen) in self.at:
            raise Dead(what)

    @contextmanager
    def arm(self) -> Iterator[None]:
        """Count while the block runs."""
        self.armed = True
        try:
            yield
        finally:
            self.armed = False


@contextmanager
def watch(database: Database, deaths: Deaths) -> Iterator[None]:
    """Let `deaths` see what is written to this database and to vendors."""
    wrote: set[int] = set()
    send = httpx2.Client.send

    def executed(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().upper().startswith(_WRITES):
            wrote.add(id(connection))

    def commits(connection: Connection) -> None:
        if id(connection) in wrote:
            wrote.clear()
            deaths.point("before a commit")

    def sent(self: httpx2.Client, request: httpx2.Request, **more: object) -> httpx2.Response:
        response = send(self, request, **more)  # type: ignore[arg-type] # as they came
        if request.method != "GET" and "oauth" not in request.url.path:
            deaths.point(f"after {request.method} {request.url.path}")
        return response

    event.listen(database.engine, "before_cursor_execute", executed)
    event.listen(database.engine, "commit", commits)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx2.Client, "send", sent)
        try:
            yield
        finally:
            event.remove(database.engine, "before_cursor_execute", executed)
            event.remove(database.engine, "commit", commits)
