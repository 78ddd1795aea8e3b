"""What an HTTP answer of Salesforce means: its content, or Transient, or Permanent, with what the vendor said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2

from closeloop.words.errors import EndError, Permanent, Transient

Json = Any
"""What Salesforce sends; taken apart here and in `client`, and handed to nobody else."""

_LIMIT_REACHED = timedelta(minutes=5)
_LIMITS = {"REQUEST_LIMIT_EXCEEDED", "EXCEEDEDQUOTA"}
"""Of calls, and of what bulk jobs may write in a day."""
_RETIRED = {"UNSUPPORTED_API_VERSION"}
_FORBIDDEN = {"INVALID_SESSION_ID", "API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED", "INSUFFICIENT_ACCESS"}
AGAIN = {
    "UNABLE_TO_LOCK_ROW",
    "REQUEST_LIMIT_EXCEEDED",
    "SERVER_UNAVAILABLE",
    "QUERY_TIMEOUT",
    "REQUEST_RUNNING_TOO_LONG",
    "UNKNOWN_EXCEPTION",
    "JOB_ENDED",  # our own word for a row that a bulk job left undone
}
"""Codes of what may go well the next time."""


@dataclass(frozen=True, slots=True)
class VendorError:
    """One entry of Salesforce's list of errors."""

    code: str
    message: str
    fields: tuple[str, ...] = ()


class BadCall(Permanent):
    """The call as a whole was refused (HTTP `status` 400, 404 …) and nothing was done."""

    def __init__(self, status: int, errors: Sequence[VendorError]) -> None:
        self.status, self.errors = status, tuple(errors)
        super().__init__("; ".join(f"{error.message} ({error.code})" for error in errors))


class Unreached(Transient):
    """Nobody answered, or the answer was lost on the way: what was asked may have been done."""


def judged(response: httpx2.Response) -> Json:
    """The content of a good answer. Raises Transient, Permanent or BadCall for any other."""
    status = response.status_code
    if response.is_success:
        return _parsed(response)
    errors = _errors(response)
    what = "; ".join(f"{error.message} ({error.code})" for error in errors)
    if any(error.code in _LIMITS for error in errors):
        raise Transient(f"salesforce allows no more calls now: {what}", _retry_after(response) or _LIMIT_REACHED)
    if status in (408, 425, 429) or status >= 500:
        raise Transient(f"salesforce cannot serve us now (HTTP {status}): {what}", _retry_after(response))
    if status == 410 or _RETIRED & {error.code for error in errors} or "URL No Longer Exists" in what:
        version = "the API version in the settings is not served (any more)"
        remedy = "set api_version to one that GET /services/data of your organisation lists"
        raise Permanent(f"salesforce: {version} (HTTP {status}): {what}; {remedy}")
    if status in (401, 403):
        remedy = "check what the integration user may do, and that its connected app grants the scope api"
        raise Permanent(f"salesforce forbids it (HTTP {status}): {what}; {remedy}")
    raise BadCall(status, errors)


def judged_fault(response: httpx2.Response, fault: VendorError) -> EndError:
    """What a fault of SOAP means, which comes with HTTP 500 whatever is wrong: try again, or a call that is wrong."""
    what = f"{fault.message} ({fault.code})"
    if fault.code == "REQUEST_LIMIT_EXCEEDED":
        return Transient(f"salesforce allows no more calls now: {what}", _retry_after(response) or _LIMIT_REACHED)
    if fault.code in AGAIN:
        return Transient(f"salesforce cannot serve us now: {what}", _retry_after(response))
    if fault.code in _FORBIDDEN:
        # JWT-based access tokens are for REST alone, and SOAP knows them for no session.
        remedy = "check what the integration user may do, and that its connected app issues opaque access tokens"
        return Permanent(f"salesforce forbids it: {what}; {remedy}")
    return BadCall(response.status_code, [fault])


def _parsed(response: httpx2.Response) -> Json:
    try:
        return response.json() if response.content else None
    except ValueError as error:
        raise Unreached(f"what answered for salesforce is no JSON: {response.text[:100]!r}") from error


def _errors(response: httpx2.Response) -> list[VendorError]:
    listed = response.json() if is_json(response) else None
    if isinstance(listed, list) and listed:
        return [vendor_error(one) for one in listed]
    return [VendorError(f"HTTP {response.status_code}", response.text[:200])]


def is_json(response: httpx2.Response) -> bool:
    """Whether the answer says that it is JSON."""
    return response.headers.get("content-type", "").startswith("application/json")


def vendor_error(said: Mapping[str, Any]) -> VendorError:
    """One error, whether of a call ("errorCode") or of a record in it ("statusCode")."""
    code = said.get("statusCode") or said.get("errorCode") or "UNKNOWN"
    return VendorError(str(code), str(said.get("message", "")), tuple(said.get("fields") or ()))


def _retry_after(response: httpx2.Response) -> timedelta | None:
    said = response.headers.get("Retry-After", "")
    return timedelta(seconds=float(said)) if said.replace(".", "", 1).isdigit() else None
