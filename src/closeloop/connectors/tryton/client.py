"""One session with Tryton over JSON-RPC: signs in, counts calls, turns every failure into the tree of errors.

Reads are repeated a few times inside the call; writes never are, since an answer that was lost may hide a success.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2
import stamina

from closeloop.connectors.tryton.judging import SignedOut, Unreached, judged
from closeloop.connectors.tryton.tagged import Json
from closeloop.trust import trusted
from closeloop.words.errors import BadInput, Permanent
from closeloop.words.settings import number, web_address

_NEEDED = ("url", "database", "username", "password")


class Client:
    """Speaks with one database of one server. May be used by several threads.

    Attributes:
        calls: requests made so far, signing in left out.
        server_now: the server's time by its last answer, None before the first.
        company: id of the company that everything is asked for, None until it is known.

    Args:
        settings: `url`, `database`, `username`, `password`, and, if other than the default, `timeout_seconds` ("30").
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        missing = [name for name in _NEEDED if not settings.get(name)]
        if missing:
            raise BadInput(f"tryton: settings lack {', '.join(missing)}; needed are {', '.join(_NEEDED)}")
        self._user, self._password = settings["username"], settings["password"]
        self._path = f"/{settings['database']}/rpc/"
        timeout = number("tryton", settings, "timeout_seconds", 30)
        self._http = httpx2.Client(base_url=web_address("tryton", settings), timeout=timeout, verify=trusted())
        self._session: str | None = None
        self._signing_in, self._counting = threading.Lock(), threading.Lock()
        self.calls = 0
        self.server_now: datetime | None = None
        self.company: int | None = None

    def ask(self, method: str, *params: object, **context: object) -> Json:
        """A call that only reads, tried three times when nobody answers. Raises what `judged` does, and Unreached."""
        for attempt in stamina.retry_context(on=Unreached, attempts=3, wait_initial=0.05, wait_jitter=0.05, timeout=20):
            with attempt:
                return self.tell(method, *params, **context)
        raise AssertionError("stamina either returns or raises")

    def tell(self, method: str, *params: object, **context: object) -> Json:
        """A call that changes something, sent once. Raises like `ask`."""
        session = self._session or self._sign_in(None)
        company = {} if self.company is None else {"company": self.company}
        whole = [*params, {**company, **context}]
        try:
            return self._call(session, method, whole)
        except SignedOut:
            return self._call(self._sign_in(session), method, whole)

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def _call(self, session: str, method: str, params: list[object]) -> Json:
        with self._counting:
            self.calls += 1
        return judged(self._send(method, params, {"Authorization": f"Session {session}"}), method)

    def _sign_in(self, stale: str | None) -> str:
        """A session that is not `stale`: of several threads that meet an ended one, the first renews it for all."""
        with self._signing_in:
            if self._session is not None and self._session != stale:
                return self._session
            response = self._send("common.db.login", [self._user, {"password": self._password}], {})
            try:
                found = judged(response, "common.db.login")
            except SignedOut:
                raise Permanent(f"tryton does not let {self._user!r} in: check username and password") from None
            user_id, token = found[0], found[1]
            self._session = base64.b64encode(f"{self._user}:{user_id}:{token}".encode()).decode()
            return self._session

    def _send(self, method: str, params: list[object], headers: Mapping[str, str]) -> httpx2.Response:
        body = {"id": 1, "method": method, "params": params}
        try:
            response = self._http.post(self._path, json=body, headers=headers)
        except httpx2.TransportError as error:
            raise Unreached(f"tryton did not answer {method}: {error}") from error
        with suppress(ValueError):
            self.server_now = parsedate_to_datetime(response.headers.get("Date", "")).replace(tzinfo=UTC)
        return response
