"""Who may call: client credentials against a token that expires, and is given out again for as long as it lives."""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from closeloop.connectors.marketo.simulator.envelope import Refuse
from closeloop.ports import Clock

CLIENT_ID, CLIENT_SECRET = "closeloop", "simulated-secret"


class Tokens:
    """The token of the one API user there is. `lifetime` holds for the next token that is made."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._given: dict[str, datetime] = {}
        self.lifetime = timedelta(hours=1)

    def revoke(self) -> None:
        """Forget every token given out: they become invalid (601)."""
        self._given.clear()

    def expire(self) -> None:
        """Let every token given out end now (602)."""
        now = self._clock.now()
        self._given = {token: min(end, now) for token, end in self._given.items()}

    async def give(self, request: Request) -> Response:
        """`/identity/oauth/token`."""
        asked = request.query_params
        if asked.get("grant_type") != "client_credentials":
            return _unauthorized(400, "unsupported_grant_type", "Unsupported grant type")
        if (asked.get("client_id"), asked.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return _unauthorized(401, "unauthorized", "No client with requested id or bad secret")
        now = self._clock.now()
        living = [(token, end) for token, end in self._given.items() if end > now]
        if not living:
            living = [(f"{len(self._given):08x}-simulated:{int(now.timestamp()):x}", now + self.lifetime)]
            self._given.update(living)
        token, end = living[0]
        seconds = int((end - now).total_seconds())
        return JSONResponse(
            {"access_token": token, "token_type": "bearer", "expires_in": seconds, "scope": "api@closeloop.example"}
        )

    def check(self, request: Request) -> None:
        """Let a call pass whose header carries a living token; a token in the query is none.

        Raises:
            Refuse: 600, 601 or 602.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refuse("600")
        end = self._given.get(token)
        if end is None:
            raise Refuse("601")
        if end <= self._clock.now():
            raise Refuse("602")


def _unauthorized(status: int, error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)
