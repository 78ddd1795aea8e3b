"""The reject box: what systems refused by cause, what to do about it, and the click that tries it again."""

from __future__ import annotations

from asyncio import gather

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from closeloop.inbox.nouns import Click
from closeloop.measure.reject_lines import rows_as_csv
from closeloop.measure.reject_rows import reject_rows
from closeloop.measure.rejects import rejected, rejects
from closeloop.web.console import came_of
from closeloop.web.console.render import BY, Templates, fields_of
from closeloop.web.console.window import Window

MOST = 100
"""Commands of one cause that are shown, and that one click sends again."""


class RejectBox:
    """The page over one window."""

    def __init__(self, window: Window, templates: Templates) -> None:
        self._window, self._page, self._missing = window, templates.page, templates.missing

    def page(self, request: Request) -> Response:
        """Every cause, and the commands of the one that is asked for."""
        asked = request.query_params
        source, cause = asked.get("source", ""), asked.get("cause", "")
        with self._window.database.read() as connection:
            groups = rejects(connection)
            keys = rejected(connection, source, [cause], MOST) if cause else ()
            rows = list(reject_rows(connection, self._window.process, keys))
        return self._page("rejects.html", groups=groups, rows=rows, source=source, cause=cause, most=MOST)

    def csv(self, request: Request) -> Response:
        """Every command of one cause, as a file for a spreadsheet."""
        source, cause = request.query_params.get("source", ""), request.query_params.get("cause", "")
        with self._window.database.read() as connection:
            keys = rejected(connection, source, [cause], at_most=None)
            said = rows_as_csv(reject_rows(connection, self._window.process, keys))
        headers = {"Content-Disposition": 'attachment; filename="rejects.csv"'}
        return Response(said, media_type="text/csv", headers=headers)

    def row(self, request: Request) -> Response:
        """How one command stands, while it is tried again."""
        return self._row(request.query_params.get("key", ""), "", "")

    async def retry(self, request: Request) -> Response:
        """A click on "Try this one again": the command's row as it stands then, with what came of the click."""
        key = (await fields_of(request)).get("choice", "")
        verdict = await run_in_threadpool(self._window.send, Click("retry", key, "", BY))
        if "hx-request" not in request.headers:
            return RedirectResponse("/rejects", 303)
        message, state = came_of.retried([verdict], is_all=True)
        return await run_in_threadpool(self._row, key, message, state)

    async def retry_all(self, request: Request) -> Response:
        """A click on "Try again" of a cause: each command is a click of its own on the road, sent side by side."""
        fields = await fields_of(request)
        source, cause = fields.get("source", ""), fields.get("cause", "")
        keys = await run_in_threadpool(self._keys, source, cause)
        clicks = [Click("retry", key, "", BY) for key in keys[:MOST]]
        verdicts = await gather(*(run_in_threadpool(self._window.send, click) for click in clicks))
        if "hx-request" not in request.headers:
            return RedirectResponse("/rejects", 303)
        is_all = len(keys) <= MOST
        message, state = came_of.retried(verdicts, is_all=is_all)
        group = {"source": source, "key": cause} if not is_all or state != "decided" else None
        return self._page("reject_again.html", message=message, state=state, group=group)

    def _keys(self, source: str, cause: str) -> tuple[str, ...]:
        with self._window.database.read() as connection:
            return rejected(connection, source, [cause], MOST + 1)

    def _row(self, key: str, message: str, state: str) -> Response:
        with self._window.database.read() as connection:
            found = next(reject_rows(connection, self._window.process, [key]), None)
        if found is None:
            return self._missing("command", key)
        return self._page("reject_row.html", row=found, message=message, state=state)
