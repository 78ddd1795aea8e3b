"""The page of one record of an outside system."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from closeloop.measure.records import record_story
from closeloop.measure.relations import names_in
from closeloop.web.console.render import Templates
from closeloop.web.console.window import Window


class Records:
    """The page over one window."""

    def __init__(self, window: Window, templates: Templates) -> None:
        self._window, self._page, self._missing = window, templates.page, templates.missing

    def page(self, request: Request) -> Response:
        """One record with whose it is and what was ever known of it."""
        source, name, id_ = (request.path_params[part] for part in ("source", "object", "id"))
        with self._window.database.read() as connection:
            story = record_story(connection, source, name, id_)
            if story is None:
                return self._missing("record", f"{source} {name} {id_}")
            names = names_in(connection, self._window.process, story.fields)
        return self._page("record.html", record=story, names=names)
