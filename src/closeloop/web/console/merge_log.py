"""The log of merges: what was put together, why and by whom, with both as they stood, and the way back."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from closeloop.inbox.nouns import Click
from closeloop.measure.merges import merge, merges
from closeloop.web.console import came_of
from closeloop.web.console.render import BY, Templates, page_no
from closeloop.web.console.window import Verdict, Window

A_PAGE = 20
"""Merges on one page."""


class MergeLog:
    """The log's page over one window."""

    def __init__(self, window: Window, templates: Templates) -> None:
        self._window, self._page, self._missing = window, templates.page, templates.missing

    def page(self, request: Request) -> Response:
        """One page of the log, the newest first."""
        find, no = request.query_params.get("find", ""), page_no(request.query_params.get("page", ""))
        with self._window.database.read() as connection:
            found, n = merges(connection, find, no, A_PAGE)
        return self._page("merges.html", merges=found, n=n, find=find, no=no, n_pages=max(1, -(-n // A_PAGE)))

    async def undo(self, request: Request) -> Response:
        """A click on undo: answers with the merge as it stands then, and what came of it."""
        merge_id = request.path_params["id"]
        verdict = await run_in_threadpool(self._window.send, Click("unlink", merge_id, "", BY))
        if "hx-request" not in request.headers:
            return RedirectResponse(f"/merges?find={merge_id}", 303)
        return await run_in_threadpool(self._one, merge_id, verdict)

    def _one(self, merge_id: str, verdict: Verdict) -> Response:
        with self._window.database.read() as connection:
            found = merge(connection, merge_id)
        if found is None:
            return self._missing("merge", merge_id)
        message = came_of.undone(found, verdict)
        return self._page("merge.html", merge=found, message=message, verdict=verdict)
