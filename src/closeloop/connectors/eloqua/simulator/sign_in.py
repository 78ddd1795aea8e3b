"""Who may call the simulated instance: basic or OAuth 2 with a password, and where the instance is to be found."""

from __future__ import annotations

from base64 import b64decode
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from closeloop.ports import Clock
from closeloop.simulation import App, Receive, Scope, Send

USER, PASSWORD = "Acme\\Closeloop", "simulated-secret"
CLIENT_ID, CLIENT_SECRET = "closeloop", "simulated-client-secret"


class SignIn:
    """Guards the interface.

    Attributes:
        locked: the user's password was changed: nothing of it is taken any more.
        forbidden: paths that contain one of these are beyond the user's rights (403).
        most_at_once: calls that may be under way; None is without limit.
        moved_to: the instance lives at another data centre now: its address; calls here are not known any more.
    """

    def __init__(self, app: App, clock: Clock) -> None:
        self._app, self._clock = app, clock
        self._tokens: dict[str, datetime] = {}
        self._at_once = 0
        self.locked, self.forbidden = False, frozenset[str]()
        self.most_at_once: int | None = None
        self.moved_to = ""

    def revoke(self) -> None:
        """Forget every token."""
        self._tokens.clear()

    async def token(self, request: Request) -> Response:
        """`/auth/oauth2/token` with a resource owner's password."""
        asked = await request.json()
        client = _basic(request.headers.get("authorization", ""))
        if client != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        if (asked.get("username"), asked.get("password")) != (USER, PASSWORD) or self.locked:
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = f"token-{len(self._tokens) + 1}-{int(self._clock.now().timestamp())}"
        self._tokens[token] = self._clock.now() + timedelta(hours=8)
        return JSONResponse(
            {"access_token": token, "token_type": "bearer", "expires_in": 28_800, "refresh_token": "again"}
        )

    async def whereabouts(self, request: Request) -> Response:
        """`/id`: whose session this is, and the base of the instance's interfaces."""
        if not self._known(request.headers.get("authorization", "")):
            return JSONResponse("Not authenticated.", 401)
        base = self.moved_to or str(request.base_url).rstrip("/")
        return JSONResponse({"site": {"id": 42, "name": "Acme"}, "urls": {"base": base}})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a call pass, or answer in its place."""
        answer = self._refusal(scope)
        if answer is not None:
            await answer(scope, receive, send)
            return
        self._at_once += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._at_once -= 1

    def _refusal(self, scope: Scope) -> Response | None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if scope["path"] in ("/id", "/auth/oauth2/token"):
            return None
        if self.moved_to or not self._known(headers.get("authorization", "")):
            return PlainTextResponse("Unauthorized", 401)
        if any(part in scope["path"] for part in self.forbidden):
            return PlainTextResponse("Forbidden", 403)
        if self.most_at_once is not None and self._at_once >= self.most_at_once:
            return PlainTextResponse("Too Many Requests", 429)
        return None

    def _known(self, header: str) -> bool:
        if self.locked:
            return False
        scheme, _, given = header.partition(" ")
        if scheme.lower() == "basic":
            return _basic(header) == (USER, PASSWORD)
        return self._tokens.get(given, self._clock.now()) > self._clock.now()


def _basic(header: str) -> tuple[str, str]:
    try:
        user, _, password = b64decode(header.partition(" ")[2], validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return user, password
