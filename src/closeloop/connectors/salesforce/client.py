"""One session with Salesforce over REST: signs in, counts calls left, turns every failure into Transient or Permanent.

Reads are repeated a few times inside the call; writes never are, since an answer that was lost may hide a success.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import stamina

from closeloop.connectors.salesforce.judging import Json, Unreached, VendorError, is_json, judged, vendor_error
from closeloop.connectors.salesforce.soap import HEADERS, Merge, calls_used, merge_call, merge_errors, session_ended
from closeloop.ports import Limits, Value
from closeloop.words.errors import BadInput, Permanent
from closeloop.words.settings import number, web_address

MOST_RECORDS = 200
Row = Mapping[str, Value]
Body = dict[str, object]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one record of a collection."""

    id: str | None
    created: bool
    errors: tuple[VendorError, ...]


class Client:
    """Speaks REST with one organisation. May be used by several threads.

    Attributes:
        vendor_now: the vendor's time by its last answer, None before the first.
        user_id: of the integration user, once signed in.

    Args:
        settings: `url` of the organisation, `client_id` and `client_secret` of the connected app (client credentials),
            and, if other than the default, `api_version` ("v62.0") and `timeout_seconds` ("30").
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        missing = [name for name in ("url", "client_id", "client_secret") if not settings.get(name)]
        if missing:
            raise BadInput(f"salesforce: settings lack {', '.join(missing)}; see the connected app in Salesforce")
        self._settings = settings
        version = settings.get("api_version", "v62.0")
        self._root, self._soap = f"/services/data/{version}", f"/services/Soap/u/{version.removeprefix('v')}"
        timeout = number("salesforce", settings, "timeout_seconds", 30)
        self._http = httpx2.Client(base_url=web_address("salesforce", settings), timeout=timeout)
        self._token: str | None = None
        self._signing_in = threading.Lock()
        self._used: tuple[int, int] | None = None
        self.vendor_now: datetime | None = None
        self.user_id = ""

    def read(self, path: str, **params: str) -> Json:  # JSON at the border
        """GET, tried three times when nobody answers. Raises Transient or Permanent (BadCall: the call is wrong)."""
        for attempt in stamina.retry_context(on=Unreached, attempts=3, wait_initial=0.05, wait_jitter=0.05, timeout=20):
            with attempt:
                return self._call("GET", self._root + path, params, None)
        raise AssertionError("stamina either returns or raises")

    def write(self, method: str, path: str, records: Sequence[Body]) -> list[Result]:
        """Send at most 200 records, once: one result each, in order. Raises like `read`."""
        answer = self._call(method, self._root + path, {}, {"allOrNone": False, "records": list(records)})
        return [_result(one) for one in answer]

    def merge(self, merges: Sequence[Merge]) -> list[tuple[VendorError, ...]]:
        """Make at most 200 pairs of records one, each for itself: what was wrong with each. Raises like `read`."""
        token = self._token or self._sign_in(None)
        response = self._send_soap(token, merges)
        if session_ended(response):
            response = self._send_soap(self._sign_in(token), merges)
        self._used = calls_used(response) or self._used
        errors = merge_errors(response)
        if len(errors) != len(merges):
            raise Unreached(f"salesforce answered {len(errors)} results to {len(merges)} merges; look before a repeat")
        return errors

    def query(self, of: str, fields: Iterable[str], rest: str) -> list[Row]:
        """Every row of a query, those in the bin included, over all its pages; `rest` begins with WHERE or ORDER BY."""
        rows, done, path = self._page(self.read("/queryAll", q=_soql(of, fields, rest)))
        while not done:
            more, done, path = self._page(self.read(path))
            rows += more
        return rows

    def query_start(self, of: str, fields: Iterable[str], rest: str) -> tuple[list[Row], bool]:
        """The first page of such a query, and whether there is no more of it."""
        rows, done, _ = self._page(self.read("/queryAll", q=_soql(of, fields, rest)))
        return rows, done

    def limits(self) -> Limits:
        """What the last answer said about the day's calls."""
        if self._used is None:
            return Limits()
        used, allowed = self._used
        return Limits(max(0, allowed - used), allowed)

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def _page(self, answer: Mapping[str, Any]) -> tuple[list[Row], bool, str]:
        rows: list[Row] = [_row(record) for record in answer["records"]]
        return rows, bool(answer["done"]), str(answer.get("nextRecordsUrl", "")).removeprefix(self._root)

    def _call(self, method: str, path: str, params: Mapping[str, str], body: Body | None) -> Json:
        token = self._token or self._sign_in(None)
        response = self._send(method, path, token, params, body)
        if response.status_code == 401:
            response = self._send(method, path, self._sign_in(token), params, body)
        return judged(response)

    def _send(
        self, method: str, path: str, token: str, params: Mapping[str, str], body: Body | None
    ) -> httpx2.Response:
        bearer = {"Authorization": f"Bearer {token}"}
        response = self._reach(self._http.build_request(method, path, params=params, json=body, headers=bearer))
        usage = response.headers.get("Sforce-Limit-Info", "").removeprefix("api-usage=").partition(";")[0]
        used, slash, allowed = usage.partition("/")
        if slash and used.isdigit() and allowed.isdigit():
            self._used = int(used), int(allowed)
        return response

    def _send_soap(self, token: str, merges: Sequence[Merge]) -> httpx2.Response:
        body = merge_call(token, merges)
        return self._reach(self._http.build_request("POST", self._soap, content=body, headers=dict(HEADERS)))

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

    def _reach(self, request: httpx2.Request) -> httpx2.Response:
        try:
            response = self._http.send(request)
        except httpx2.TransportError as error:
            raise Unreached(f"salesforce did not answer {request.method} {request.url.path}: {error}") from error
        with suppress(ValueError):
            self.vendor_now = parsedate_to_datetime(response.headers.get("Date", ""))
        return response


def _soql(of: str, fields: Iterable[str], rest: str) -> str:
    return " ".join(("SELECT", ", ".join(fields), "FROM", of, rest))


def _result(said: Mapping[str, Any]) -> Result:
    errors = () if said.get("success") else tuple(map(vendor_error, said.get("errors") or ({},)))
    return Result(said.get("id"), bool(said.get("created")), errors)


def _row(record: Mapping[str, Any]) -> Row:
    scalars = str | int | float | bool | None
    return {name: value for name, value in record.items() if isinstance(value, scalars)}
