"""The page of fields on which two sources disagree."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from closeloop.measure.conflicts import START, conflicts, fields_of
from closeloop.web.console.render import Templates
from closeloop.web.console.window import Window


class Conflicts:
    """The page over one window."""

    def __init__(self, window: Window, templates: Templates) -> None:
        self._window, self._page = window, templates.page

    def page(self, request: Request) -> Response:
        """One page of conflicts, those of whom became known last first."""
        process, asked = self._window.process, request.query_params
        names = fields_of(process)
        field = asked.get("field", "") if asked.get("field") in names else ""
        root, _, after = asked.get("after", "").partition("|")
        with self._window.database.read() as connection:
            found = conflicts(connection, process, field, (root, after) if after else START)
        further = "|".join(found.after) if found.after else ""
        return self._page(
            "conflicts.html", conflicts=found.found, further=further, field=field, fields=names, is_first=not after
        )
