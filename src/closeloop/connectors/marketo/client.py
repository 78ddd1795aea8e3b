"""One Marketo instance over HTTP: token, envelope, errors. Knows no object of Marketo's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import httpx2
import msgspec

from closeloop.connectors.marketo import refusals
from closeloop.connectors.marketo.shapes import Reason, Reply
from closeloop.ports import Clock
from closeloop.trust import trusted
from closeloop.words.errors import Barred, Permanent, Transient

T = TypeVar("T")

_TIMEOUT_SECONDS = 30.0
_MARGIN = timedelta(seconds=30)

_BULK_TIMEOUT_SECONDS = 300.0

Params = Mapping[str, str | int]


class TooLarge(Permanent):
    """The body was over the vendor's limit (1 MB): send it in smaller parts."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The body of a call, in one of the forms that the vendor takes."""

    json: object = None
    form: Mapping[str, str] | None = None
    file: bytes | None = None


class Rest:
    """Calls the API with a token that is fetched when needed and renewed once when refused.

    A path without a leading stroke is under `/rest/v1`; the bulk and asset APIs are asked by their whole path.

    Attributes:
        calls: requests made, those for a token left out.
    """

    def __init__(self, url: str, client_id: str, client_secret: str, clock: Clock) -> None:
        self._http = httpx2.Client(base_url=url, timeout=_TIMEOUT_SECONDS, verify=trusted())
        self._identity: Params = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._token: tuple[str, datetime] | None = None
        self.clock = clock
        self.calls = 0

    def get(self, path: str, params: Params | None = None) -> Reply:
        """Read. Raises as `call`."""
        return self.call("GET", path, params=params)

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: object = None,
        form: Mapping[str, str] | None = None,
        file: bytes | None = None,
    ) -> Reply:
        """Make one call, with a JSON `body`, a `form`, or a CSV `file` as multipart.

        Raises:
            Transient: no answer, or one that asks for another try; what was written may stand.
            TooLarge: nothing was done.
            Permanent: refused as a whole, nothing was done.
        """
        what, sent = f"{method} {path}", Sent(body, form, file)
        reply = _decode(self._send(method, path, params or {}, sent, {}).content, Reply, what)
        if _token_refused(reply):
            self._token = None
            reply = _decode(self._send(method, path, params or {}, sent, {}).content, Reply, what)
        if not reply.success:
            if _token_refused(reply):
                self._token = None
            raise refusals.of_call(reply.errors, what, self.clock.now())
        return reply

    def file(self, path: str, begin: int = 0, end: int | None = None) -> bytes:
        """The bytes of a file from `begin` to before `end`. Raises as `call`."""
        asked = {} if end is None else {"Range": f"bytes={begin}-{end - 1}"}
        response = self._send("GET", path, {}, Sent(), asked)
        if response.headers.get("Content-Type", "").startswith("application/json"):
            reply = _decode(response.content, Reply, f"GET {path}")
            if _token_refused(reply):
                self._token = None
            raise refusals.of_call(reply.errors, f"GET {path}", self.clock.now())
        whole = response.status_code != httpx2.codes.PARTIAL_CONTENT
        return response.content[begin:end] if whole else response.content

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _send(self, method: str, path: str, params: Params, sent: Sent, headers: Mapping[str, str]) -> httpx2.Response:
        bearer = {"Authorization": f"Bearer {self._bearer()}"}
        self.calls += 1
        whole = path if path.startswith("/") else f"/rest/v1/{path}"
        return self._request(method, whole, params, sent, {**headers, **bearer})

    def _bearer(self) -> str:
        now = self.clock.now()
        if self._token is None or self._token[1] - _MARGIN <= now:
            response = self._request("GET", "/identity/oauth/token", self._identity, Sent(), {})
            granted = _decode(response.content, _Granted, "the token")
            if not granted.access_token:
                raise refusals.of_call(granted.errors, "the token", now)
            self._token = granted.access_token, now + timedelta(seconds=granted.expires_in)
        return self._token[0]

    def _request(
        self, method: str, path: str, params: Params, sent: Sent, headers: Mapping[str, str]
    ) -> httpx2.Response:
        bulk = path.startswith("/bulk/")
        try:
            response = self._http.request(
                method,
                path,
                params=params,
                json=sent.json,
                data=sent.form,
                files=None if sent.file is None else {"file": ("leads.csv", sent.file, "text/csv")},
                headers=headers,
                timeout=_BULK_TIMEOUT_SECONDS if bulk else _TIMEOUT_SECONDS,
            )
        except httpx2.TransportError as error:
            raise Transient(f"Marketo gave no answer to {method} {path} ({type(error).__name__})") from error
        if response.status_code == httpx2.codes.CONTENT_TOO_LARGE:
            most = "10 MB" if bulk else "1 MB"
            raise TooLarge(f"Marketo refused {method} {path}: the body is over {most}; send fewer or shorter records")
        if response.status_code in (401, 403):
            raise Barred(refusals.of_identity(response.status_code))
        if response.status_code >= 500 or response.status_code == httpx2.codes.TOO_MANY_REQUESTS:
            raise Transient(f"Marketo answered {method} {path} with HTTP {response.status_code}", _asked_for(response))
        if response.status_code == httpx2.codes.NOT_FOUND:
            raise refusals.of_call([Reason("610", "HTTP 404")], f"{method} {path}", self.clock.now())
        if response.status_code >= 400:
            raise Permanent(f"Marketo answered {method} {path} with HTTP {response.status_code}")
        return response


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
