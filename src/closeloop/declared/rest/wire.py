"""One vendor over HTTP, as its declaration says: signed in, counted, within its limits, refusals in plain words."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import httpx2
import msgspec

from closeloop.declared.rest.nouns import RestPart
from closeloop.declared.rest.refusals import Reply, ShutOut, refusal
from closeloop.declared.rest.shapes import dig
from closeloop.trust import trusted
from closeloop.words.errors import BadInput, Permanent, Transient
from closeloop.words.moment import Clock

Params = Mapping[str, str | list[str]]
"""Of a query; several values are the same parameter several times."""

_TIMEOUT_SECONDS = 60.0
_MARGIN = timedelta(seconds=30)
_SECOND = timedelta(seconds=1)
_LIFETIME_SECONDS = 3_600.0
_TAG = re.compile(r"<[^>]*>")


class Wire:
    """Calls one vendor.

    Args:
        vendor: its name in messages.
        url: the base; of what the declaration says when "".
        part: the declaration.
        secrets: what signing in needs, by the names of `nouns.SECRETS`.
        clock: tells when a token ends and a day begins.
        pause: waits for so many seconds, where the vendor allows fewer calls a second.

    Attributes:
        calls: requests made, those that only sign in left out.
    """

    def __init__(
        self,
        vendor: str,
        url: str,
        part: RestPart,
        secrets: Mapping[str, str],
        clock: Clock,
        pause: Callable[[float], None],
    ) -> None:
        self.vendor, self.clock, self.calls = vendor, clock, 0
        self._part, self._secrets, self._pause = part, secrets, pause
        self._home = (url or part.url).rstrip("/")
        if not self._home:
            raise BadInput(f"{vendor}: url is missing; give it in the settings or as `rest.url` in the declaration")
        self._base = "" if part.auth.base else self._home
        self._http = httpx2.Client(timeout=_TIMEOUT_SECONDS, headers=dict(part.headers), verify=trusted())
        self._token: tuple[str, datetime] | None = None
        self._recent: deque[datetime] = deque()
        self._day, self._today = clock.now().date(), 0

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Reply:
        """Make one call; `path` may be a whole address of the same vendor.

        Raises:
            Transient: no answer, or one that asks for another try; what was written may stand.
            Changed: by the declaration's table.
            Refused: nothing was done.
        """
        reply = self._once(method, path, params, headers, body)
        if reply.status == 401 and self._may_be_renewed():
            reply = self._once(method, path, params, headers, body)
        if reply.status >= 400:
            raise self._refusal(reply, method, path)
        return reply

    def _may_be_renewed(self) -> bool:
        """Forget what may have become stale: a token, or the address that the vendor told us, if it has moved."""
        auth = self._part.auth
        if auth.base_path:
            self._base = ""
        if auth.kind in ("client_credentials", "password"):
            self._token = None
            return True
        return bool(auth.base_path)

    def left_today(self) -> int | None:
        """Calls left of the day's by our own count; None when the declaration names no limit."""
        self._new_day()
        per_day = self._part.budget.per_day
        return None if per_day is None else max(per_day - self._today, 0)

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def _once(
        self, method: str, path: str, params: Params | None, headers: Mapping[str, str] | None, body: object
    ) -> Reply:
        signed = {**self._signature(), **(headers or {})}
        address = self._address(path)
        self._spend()
        return self._send(method, address, params, signed, json=body)

    def _address(self, path: str) -> str:
        base = self._base or self._discovered()
        if not path.startswith(("http://", "https://")):
            return base + path
        # A next link leads wherever the answer says; our credentials go to the vendor alone.
        if httpx2.URL(path).netloc != httpx2.URL(base).netloc:
            raise Permanent(f"{self.vendor} gave the address {path!r}, which is not at {base}; nothing was sent there")
        return path

    def _discovered(self) -> str:
        auth = self._part.auth
        if auth.base_path:
            reply = self._send("GET", self._home + auth.base_path, None, self._signature())
            if reply.status >= 400:
                raise self._refusal(reply, "GET", auth.base_path)
            self._take_base(reply.body)
        if not self._base:
            raise Permanent(f"{self.vendor} did not tell the address of its interface at {auth.base!r}; correct `base`")
        return self._base

    def _take_base(self, body: object) -> None:
        found = dig(body, self._part.auth.base)
        if isinstance(found, str) and found:
            self._base = found.rstrip("/")

    def _signature(self) -> dict[str, str]:
        auth, secrets = self._part.auth, self._secrets
        match auth.kind:
            case "none":
                return {}
            case "basic":
                return {"Authorization": _basic(secrets["user"], secrets["password"])}
            case "bearer":
                return {"Authorization": f"Bearer {secrets['token']}"}
            case "header":
                return {auth.header: secrets["token"]}
            case _:
                return {"Authorization": f"Bearer {self._bearer()}"}

    def _bearer(self) -> str:
        now = self.clock.now()
        if self._token is None or self._token[1] - _MARGIN <= now:
            auth, secrets = self._part.auth, self._secrets
            asked = {"grant_type": auth.kind, **({"scope": auth.scope} if auth.scope else {})}
            if auth.kind == "password":
                asked |= {"username": secrets["user"], "password": secrets["password"]}
            signed = {"Authorization": _basic(secrets["client_id"], secrets["client_secret"])}
            whole = auth.token_path.startswith("http")
            address = auth.token_path if whole else self._home + auth.token_path
            how = {"json": asked} if auth.json else {"data": asked}
            reply = self._send("POST", address, None, signed, **how)
            token = dig(reply.body, "access_token")
            if reply.status >= 500 or reply.status == 429:
                raise self._refusal(reply, "POST", auth.token_path)
            if reply.status >= 400 or not isinstance(token, str):
                why = dig(reply.body, "error_description") or dig(reply.body, "error") or f"HTTP {reply.status}"
                raise ShutOut(
                    f"{self.vendor} gives us no token ({why}): check {', '.join(secrets)} in the settings", reply.status
                )
            lives = dig(reply.body, "expires_in")
            seconds = float(lives) if isinstance(lives, int | float | str) and str(lives) else _LIFETIME_SECONDS
            self._token = token, now + timedelta(seconds=seconds)
            if auth.base and not auth.base_path:
                self._take_base(reply.body)
        return self._token[0]

    def _spend(self) -> None:
        """Count a call; wait for the second's limit, stop at the day's."""
        if self.left_today() == 0:
            now = self.clock.now()
            morning = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            raise Transient(
                f"{self.vendor}: the {self._part.budget.per_day} calls of the day are used up by our own count",
                morning - now,
            )
        per_second, now = self._part.budget.per_second, self.clock.now()
        while self._recent and self._recent[0] <= now - _SECOND:
            self._recent.popleft()
        if per_second is not None:
            if len(self._recent) >= per_second:
                self._pause((_SECOND - (now - self._recent[0])).total_seconds())
                self._recent.clear()
            self._recent.append(self.clock.now())
        self.calls += 1
        self._today += 1

    def _new_day(self) -> None:
        today = self.clock.now().date()
        if today != self._day:
            self._day, self._today = today, 0

    def _send(
        self,
        method: str,
        address: str,
        params: Params | None,
        headers: Mapping[str, str],
        *,
        json: object = None,
        data: Mapping[str, str] | None = None,
    ) -> Reply:
        try:
            response = self._http.request(
                method, address, params=dict(params) if params else None, headers=dict(headers), json=json, data=data
            )
        except httpx2.TransportError as error:
            what = f"{method} {httpx2.URL(address).path}"
            raise Transient(f"{self.vendor} gave no answer to {what} ({type(error).__name__})") from error
        told = {name.lower(): value for name, value in response.headers.items()}
        if response.has_redirect_location:
            what = f"{method} {httpx2.URL(address).path}"
            raise Permanent(f"{self.vendor} sends {what} on to {told.get('location')!r}; write that address in `url`")
        return Reply(response.status_code, told, self._decoded(response, method, address))

    def _decoded(self, response: httpx2.Response, method: str, address: str) -> object:
        if not response.content:
            return None
        try:
            return msgspec.json.decode(response.content)
        except msgspec.DecodeError as error:
            if response.status_code >= 400:
                return " ".join(_TAG.sub(" ", response.text[:2_000]).split())[:300]
            what = f"{method} {httpx2.URL(address).path}"
            raise Transient(f"{self.vendor}'s answer to {what} is no JSON: {error}") from error

    def _refusal(self, reply: Reply, method: str, path: str) -> Exception:
        what = f"{method} {path.partition('?')[0]}"
        return refusal(reply, self._part.errors, self.vendor, what, self.clock.now())


def _basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()
