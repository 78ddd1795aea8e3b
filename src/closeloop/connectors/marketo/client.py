"""One Marketo instance over HTTP: token, envelope, errors. Knows no object of Marketo's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import httpx2
import msgspec

from closeloop.connectors.marketo import refusals
from closeloop.connectors.marketo.shapes import Reason, Reply
from closeloop.ports import Clock
from closeloop.words.errors import Permanent, Transient

T = TypeVar("T")

_TIMEOUT_SECONDS = 30.0
_MARGIN = timedelta(seconds=30)

Params = Mapping[str, str | int]


class TooLarge(Permanent):
    """The body was over the vendor's limit (1 MB): send it in smaller parts."""


class Rest:
    """Calls the REST API with a token that is fetched when needed and renewed once when refused."""

    def __init__(self, url: str, client_id: str, client_secret: str, clock: Clock) -> None:
        self._http = httpx2.Client(base_url=url, timeout=_TIMEOUT_SECONDS)
        self._identity: Params = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._token: tuple[str, datetime] | None = None
        self.clock = clock

    def get(self, path: str, params: Params | None = None) -> Reply:
        """Read. Raises as `call`."""
        return self.call("GET", path, params=params)

    def call(self, method: str, path: str, *, params: Params | None = None, body: object = None) -> Reply:
        """Make one call.

        Raises:
            Transient: no answer, or one that asks for another try; what was written may stand.
            TooLarge: nothing was done.
            Permanent: refused as a whole, nothing was done.
        """
        what = f"{method} {path}"
        reply = self._send(method, path, params, body)
        if _token_refused(reply):
            self._token = None
            reply = self._send(method, path, params, body)
        if not reply.success:
            if _token_refused(reply):
                self._token = None
            raise refusals.of_call(reply.errors, what, self.clock.now())
        return reply

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _send(self, method: str, path: str, params: Params | None, body: object) -> Reply:
        headers = {"Authorization": f"Bearer {self._bearer()}"}
        response = self._request(method, f"/rest/v1/{path}", params or {}, body, headers)
        return _decode(response.content, Reply, f"{method} {path}")

    def _bearer(self) -> str:
        now = self.clock.now()
        if self._token is None or self._token[1] - _MARGIN <= now:
            response = self._request("GET", "/identity/oauth/token", self._identity, None, {})
            granted = _decode(response.content, _Granted, "the token")
            if not granted.access_token:
                raise refusals.of_call(granted.errors, "the token", now)
            self._token = granted.access_token, now + timedelta(seconds=granted.expires_in)
        return self._token[0]

    def _request(
        self, method: str, path: str, params: Params, body: object, headers: Mapping[str, str]
    ) -> httpx2.Response:
        try:
            response = self._http.request(method, path, params=params, json=body, headers=headers)
        except httpx2.TransportError as error:
            raise Transient(f"Marketo gave no answer to {method} {path} ({type(error).__name__})") from error
        if response.status_code == httpx2.codes.CONTENT_TOO_LARGE:
            raise TooLarge(f"Marketo refused {method} {path}: the body is over 1 MB; send fewer or shorter records")
        if response.status_code in (401, 403):
            raise Permanent(
                f"Marketo refused us (HTTP {response.status_code}): check the client id and secret of its API user"
            )
        if response.status_code >= 500 or response.status_code == httpx2.codes.TOO_MANY_REQUESTS:
            raise Transient(f"Marketo answered {method} {path} with HTTP {response.status_code}", _asked_for(response))
        if response.status_code >= 400:
            raise Permanent(f"Marketo answered {method} {path} with HTTP {response.status_code}")
        return response


def parts(values: Sequence[str], at_most: int = 300, at_most_chars: int = 5_000) -> list[list[str]]:
    """Split values of a query so that none has more than `at_most`, nor a URI over the vendor's 8 KB."""
    split: list[list[str]] = [[]]
    chars = 0
    for value in values:
        if split[-1] and (len(split[-1]) >= at_most or chars + len(value) > at_most_chars):
            split.append([])
            chars = 0
        split[-1].append(value)
        chars += len(value) + 3
    return split if values else []


class _Granted(msgspec.Struct, frozen=True):
    access_token: str = ""
    expires_in: float = 0
    errors: tuple[Reason, ...] = ()


def _token_refused(reply: Reply) -> bool:
    return not reply.success and any(error.code in refusals.TOKEN_REFUSED for error in reply.errors)


def _asked_for(response: httpx2.Response) -> timedelta | None:
    asked = response.headers.get("Retry-After", "")
    return timedelta(seconds=int(asked)) if asked.isdigit() else None


def _decode(content: bytes, kind: type[T], what: str) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise Transient(f"Marketo's answer to {what} cannot be read: {error}") from error
