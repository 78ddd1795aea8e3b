"""What can be asked of Salesforce, call by call: reads are repeated a few times, writes never.

An answer that was lost may hide a success, so a write is asked once; who asked looks before it asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2
import stamina

from closeloop.connectors.salesforce.judging import Json, Unreached, VendorError, judged, vendor_error
from closeloop.connectors.salesforce.session import Session
from closeloop.connectors.salesforce.soap import HEADERS, calls_used, result_errors, session_ended
from closeloop.ports import Clock, Limits, Value
from closeloop.words.errors import EndError

MOST_RECORDS = 200
Row = Mapping[str, Value]
Body = dict[str, object]
Errors = tuple[VendorError, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one record of a collection."""

    id: str | None
    created: bool
    errors: tuple[VendorError, ...]


class Client:
    """Speaks REST and SOAP with one organisation. May be used by several threads.

    Args:
        settings: `url` of the organisation, `client_id` and `client_secret` of the connected app (client credentials),
            and, if other than the default, `api_version` ("v62.0") and `timeout_seconds` ("30").
        clock: tells how old is what we know of limits.
        count: called for each request but those that only log in.
    """

    def __init__(self, settings: Mapping[str, str], clock: Clock, count: Callable[[], None]) -> None:
        self.session = Session(settings, clock, count)

    @property
    def vendor_now(self) -> datetime | None:
        """The vendor's time by its last answer, None before the first."""
        return self.session.vendor_now

    @property
    def user_id(self) -> str:
        """Of the integration user; "" before the first call."""
        return self.session.user_id

    def read(self, path: str, **params: str) -> Json:  # JSON at the border
        """GET, tried three times when nobody answers. Raises Transient or Permanent (BadCall: the call is wrong)."""
        return judged(self._get(path, params))

    def read_text(self, path: str, **params: str) -> tuple[str, Mapping[str, str]]:
        """The same for what is no JSON: the text, and the headers."""
        response = self._get(path, params)
        if not response.is_success:
            judged(response)
        return response.content.decode("utf-8", "replace"), response.headers

    def ask(self, method: str, path: str, body: object) -> Json:  # JSON at the border
        """One call that changes something, sent once. Raises like `read`."""
        return judged(self.session.send(method, path, json=body))

    def upload(self, path: str, csv: str) -> None:
        """Send a table, once. Raises like `read`."""
        judged(self.session.send("PUT", path, csv=csv))

    def write(self, method: str, path: str, records: Sequence[Body]) -> list[Result]:
        """Send at most 200 records, once: one result each, in order. Raises like `read`."""
        answer = self.ask(method, path, {"allOrNone": False, "records": list(records)})
        return [_result(one) for one in answer]

    def delete(self, ids: Sequence[str]) -> list[Result]:
        """Put at most 200 records into the bin: one result each, in order. Raises like `read`."""
        params = {"ids": ",".join(ids), "allOrNone": "false"}
        return [_result(one) for one in judged(self.session.send("DELETE", "/composite/sobjects", params=params))]

    def soap(self, write: Callable[[str], bytes], n: int) -> list[Errors]:
        """A call of SOAP about `n` things, sent once: what was wrong with each. Raises like `read`.

        Args:
            write: gives the body for a session id.
            n: of things in the call, each of which has a result.
        """
        response = self.session.send_soap(write, HEADERS, session_ended)
        self.session.hear(calls_used(response))
        errors = result_errors(response)
        if len(errors) != n:
            raise Unreached(f"salesforce answered {len(errors)} results to {n} of a call; look before a repeat")
        return errors

    def query(self, of: str, fields: Iterable[str], rest: str) -> list[Row]:
        """Every row of a query, those in the bin included, over all its pages; `rest` begins with WHERE or ORDER BY."""
        rows, done, path = self._page(self.read("/queryAll", q=soql(of, fields, rest)))
        while not done:
            more, done, path = self._page(self.read(path))
            rows += more
        return rows

    def query_start(self, of: str, fields: Iterable[str], rest: str, *, living: bool = False) -> tuple[list[Row], bool]:
        """The first page of such a query, and whether there is no more of it; `living`: nothing from the bin."""
        rows, done, _ = self._page(self.read("/query" if living else "/queryAll", q=soql(of, fields, rest)))
        return rows, done

    def count(self, of: str) -> int:
        """How many living records there are."""
        return int(self.read("/query", q=soql(of, ("COUNT()",), ""))["totalSize"])

    def limits(self) -> Limits:
        """What an answer said lately about the calls left; where none did, it is asked, which is a call."""
        known = self.session.limits()
        if known is not None:
            return known
        try:
            daily = self.read("/limits")["DailyApiRequests"]
        except EndError:
            return Limits()
        return self.session.limits() or Limits(int(daily["Remaining"]), int(daily["Max"]))

    def close(self) -> None:
        """Let go of connections."""
        self.session.close()

    def _get(self, path: str, params: Mapping[str, str]) -> httpx2.Response:
        for attempt in stamina.retry_context(on=Unreached, attempts=3, wait_initial=0.05, wait_jitter=0.05, timeout=20):
            with attempt:
                return self.session.send("GET", path, params=params)
        raise AssertionError("stamina either returns or raises")

    def _page(self, answer: Mapping[str, Any]) -> tuple[list[Row], bool, str]:
        rows: list[Row] = [_row(record) for record in answer["records"]]
        return rows, bool(answer["done"]), str(answer.get("nextRecordsUrl", "")).removeprefix(self.session.root)


def soql(of: str, fields: Iterable[str], rest: str) -> str:
    """A query in Salesforce's language."""
    return " ".join(("SELECT", ", ".join(fields), "FROM", of, rest)).strip()


def _result(said: Mapping[str, Any]) -> Result:
    errors = () if said.get("success") else tuple(map(vendor_error, said.get("errors") or ({},)))
    return Result(said.get("id"), bool(said.get("created")), errors)


def _row(record: Mapping[str, Any]) -> Row:
    scalars = str | int | float | bool | None
    return {name: value for name, value in record.items() if isinstance(value, scalars)}
