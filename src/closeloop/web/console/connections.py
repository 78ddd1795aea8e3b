"""The page of connected systems: how each sends and is read, and whether both sides agree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from closeloop.measure.connections import connections, made_twice
from closeloop.web.console.render import Templates
from closeloop.web.console.window import Window

COUNTED_EVERY = timedelta(minutes=5)
"""How often duplicates are counted: that takes longer than all the rest, and the page asks twice a minute."""


class Connections:
    """The page over one window."""

    def __init__(self, window: Window, templates: Templates) -> None:
        self._window, self._page = window, templates.page
        self._counted: tuple[datetime, Mapping[str, int]] | None = None

    def page(self, _request: Request) -> Response:
        """Every connected system."""
        now = self._window.now()
        with self._window.database.read() as connection:
            found = connections(connection, now)
            if self._counted is None or now - self._counted[0] >= COUNTED_EVERY:
                self._counted = now, made_twice(connection)
        return self._page("connections.html", connections=found, twice=self._counted[1])
