"""How the simulated vendor speaks: everything with HTTP 200 in one envelope, errors by number."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from starlette.responses import JSONResponse, Response

from closeloop.connectors.marketo.simulator.instance import Result
from closeloop.simulation import Refusal

MESSAGES = {
    "600": "Access token not specified",
    "601": "Access token invalid",
    "602": "Access token expired",
    "606": "Max rate limit '100' exceeded with in '20' secs",
    "607": "Daily API Quota Reached",
    "608": "API Temporarily Unavailable",
    "609": "Invalid JSON",
    "610": "Requested resource not found",
    "611": "System error",
    "615": "Concurrent access limit '10' reached",
}
_OF_FAULT = {"outage": "608", "rate": "606", "quota": "607"}
_numbers = itertools.count(0x1000)


class Refuse(Exception):
    """Refuse the whole call with this code; the message is the vendor's for it unless given."""

    def __init__(self, code: str, message: str = "") -> None:
        self.code, self.message = code, message or MESSAGES[code]
        super().__init__(self.message)


def success(result: Sequence[object] | None = None, *, token: str | None = None, more: bool | None = None) -> Response:
    """The envelope of a call that was carried out; `result` None for calls that give only a token."""
    body: dict[str, object] = {"requestId": _request_id(), "success": True}
    if result is not None:
        body["result"] = list(result)
    if token is not None:
        body["nextPageToken"] = token
    if more is not None:
        body["moreResult"] = more
    return JSONResponse(body)


def failure(code: str, message: str = "") -> Response:
    """The envelope of a call that was refused."""
    error = {"code": code, "message": message or MESSAGES.get(code, "System error")}
    return JSONResponse({"requestId": _request_id(), "success": False, "errors": [error]})


def refuse(refusal: Refusal) -> Response:
    """An injected fault in the vendor's words: `fail_next(611)` is its error 611, `fail_next(413)` plain HTTP 413."""
    if refusal.why == "failure":
        return failure(str(refusal.status)) if refusal.status >= 600 else Response(status_code=refusal.status)
    return failure(_OF_FAULT[refusal.why])


def record(result: Result) -> dict[str, object]:
    """One record's part of a result."""
    status, lead_id, trouble = result
    said: dict[str, object] = {"status": status}
    if lead_id is not None:
        said["id"] = lead_id
    if trouble is not None:
        said["reasons"] = [{"code": trouble[0], "message": trouble[1]}]
    return said


def _request_id() -> str:
    return f"{next(_numbers):x}#closeloop"
