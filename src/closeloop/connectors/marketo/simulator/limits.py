"""What the simulated vendor checks before it looks at a call: sizes, by plain HTTP status, and the token."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from closeloop.connectors.marketo.simulator.envelope import Refuse, failure
from closeloop.connectors.marketo.simulator.import_api import MOST_FILE_BYTES
from closeloop.connectors.marketo.simulator.tokens import Tokens

MOST_BODY_BYTES = 1_000_000
MOST_URI_BYTES = 8_000


class Limited:
    """Stands before the app."""

    def __init__(self, app: ASGIApp, tokens: Tokens) -> None:
        self._app, self._tokens = app, tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413, 414 or an error about the token, or pass the call on."""
        refused = self._refused(Request(scope))
        await (refused or self._app)(scope, receive, send)

    def _refused(self, request: Request) -> Response | None:
        bulk = request.url.path.startswith("/bulk/")
        if int(request.headers.get("Content-Length", "0")) > (MOST_FILE_BYTES if bulk else MOST_BODY_BYTES):
            return Response(status_code=413)
        if len(str(request.url)) > MOST_URI_BYTES:
            return Response(status_code=414)
        if bulk or request.url.path.startswith("/rest/"):
            try:
                self._tokens.check(request)
            except Refuse as error:
                return failure(error.code, error.message)
        return None
