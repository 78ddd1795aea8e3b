"""One session with Salesforce: signs in, renews what ended, counts calls, hears of limits, repeats nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2

from closeloop.connectors.salesforce.judging import Unreached, is_json, judged
from closeloop.ports import Clock, Limits
from closeloop.trust import trusted
from closeloop.words.errors import BadInput, Permanent
from closeloop.words.settings import number, web_address

_FRESH = timedelta(hours=1)
"""How long what an answer said of the calls left is believed: the vendor counts over 24 hours that roll on."""


class Session:
    """May be used by several threads.

    Attributes:
        vendor_now: the vendor's time by its last answer, None before the first.
        user_id: of the integration user, once signed in.
        root: where the REST resources of the chosen version are.

    Args:
        settings: those of `Client`.
        clock: tells how old is what we know of limits.
        count: called for each request, those that only log in left out; by one thread at a time.
    """

    def __init__(self, settings: Mapping[str, str], clock: Clock, count: Callable[[], None]) -> None:
        missing = [name for name in ("url", "client_id", "client_secret") if not settings.get(name)]
        if missing:
            raise BadInput(f"salesforce: settings lack {', '.join(missing)}; see the connected app in Salesforce")
        self._settings, self._clock, self._count = settings, clock, count
        version = settings.get("api_version", "v62.0")
        if not (version.startswith("v") and version[1:].replace(".", "", 1).isdigit()):
            raise BadInput(f"salesforce: api_version = {version!r}; valid is a version such as v62.0")
        self.root, self._soap = f"/services/data/{version}", f"/services/Soap/u/{version[1:]}"
        timeout = number("salesforce", settings, "timeout_seconds", 30)
        self._http = httpx2.Client(base_url=web_address("salesforce", settings), timeout=timeout, verify=trusted())
        self._token: str | None = None
        self._signing_in, self._counting = threading.Lock(), threading.Lock()
        self._used: tuple[int, int] | None = None
        self._told_at = clock.now()
        self.vendor_now: datetime | None = None
        self.user_id = ""

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        csv: str | None = None,
    ) -> httpx2.Response:
        """Ask once, or twice where the session had ended; `path` is below `root`. Raises Unreached or Permanent."""
        content, kind = (None, {}) if csv is None else (csv.encode(), {"Content-Type": "text/csv; charset=UTF-8"})

        def ask(token: str) -> httpx2.Response:
            headers = {"Authorization": f"Bearer {token}", **kind}
            request = self._http.build_request(
                method, self.root + path, params=params, json=json, content=content, headers=headers
            )
            return self._counted(request)

        token = self._token or self._sign_in(None)
        response = ask(token)
        if response.status_code == 401:
            response = ask(self._sign_in(token))
        usage = response.headers.get("Sforce-Limit-Info", "").removeprefix("api-usage=").partition(";")[0]
        used, slash, allowed = usage.partition("/")
        if slash and used.isdigit() and allowed.isdigit():
            self.hear((int(used), int(allowed)))
        return response

    def send_soap(
        self, write: Callable[[str], bytes], headers: Mapping[str, str], ended: Callable[[httpx2.Response], bool]
    ) -> httpx2.Response:
        """The same for SOAP, which has the token inside what is sent and says in its own way that it is not good."""

        def ask(token: str) -> httpx2.Response:
            request = self._http.build_request("POST", self._soap, content=write(token), headers=dict(headers))
            return self._counted(request)

        token = self._token or self._sign_in(None)
        response = ask(token)
        return ask(self._sign_in(token)) if ended(response) else response

    def hear(self, used: tuple[int, int] | None) -> None:
        """Take in how many calls were made in the window, and how many are allowed."""
        if used is not None:
            self._used, self._told_at = used, self._clock.now()

    def limits(self) -> Limits | None:
        """What an answer said about it lately, None when none did."""
        if self._used is None or self._clock.now() - self._told_at > _FRESH:
            return None
        used, allowed = self._used
        return Limits(max(0, allowed - used), allowed)

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def _sign_in(self, stale: str | None) -> str:
        """A token that is not `stale`: of several threads that meet an expired one, the first renews it for all."""
        with self._signing_in:
            if self._token is not None and self._token != stale:
                return self._token
            form = {
                "grant_type": "client_credentials",
                "client_id": self._settings["client_id"],
                "client_secret": self._settings["client_secret"],
            }
            response = self._reach(self._http.build_request("POST", "/services/oauth2/token", data=form))
            if response.status_code in (400, 401):
                said = response.json().get("error_description", "") if is_json(response) else response.text[:200]
                raise Permanent(f"salesforce does not let us in ({said}): check client_id and client_secret")
            answer = judged(response)
            self.user_id = str(answer.get("id", "")).rpartition("/")[2]
            self._token = token = str(answer["access_token"])
            return token

    def _counted(self, request: httpx2.Request) -> httpx2.Response:
        with self._counting:
            self._count()
        return self._reach(request)

    def _reach(self, request: httpx2.Request) -> httpx2.Response:
        try:
            response = self._http.send(request)
        except httpx2.TransportError as error:
            raise Unreached(f"salesforce did not answer {request.method} {request.url.path}: {error}") from error
        with suppress(ValueError):
            self.vendor_now = parsedate_to_datetime(response.headers.get("Date", ""))
        return response
