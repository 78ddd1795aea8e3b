"""What an answer of Tryton means: the result, try again, somebody was faster, or a plain reason why never."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import httpx2

from closeloop.connectors.tryton.tagged import Json, read
from closeloop.words.errors import Changed, Permanent, Transient


class Unreached(Transient):
    """Nobody answered: whether the call was carried out is not known."""


class Refused(Permanent):
    """Tryton understood the call and says no to what is in it."""


class Asked(Refused):
    """Tryton warns, and would do it for somebody who says that they saw the warning `name`."""

    def __init__(self, name: str, what: str) -> None:
        self.name = name
        super().__init__(what)


class Stale(Changed):
    """Somebody wrote one of the records after it was read."""


class SignedOut(Transient):
    """The session has ended."""


def judged(response: httpx2.Response, method: str) -> Json:
    """The result of a call.

    Raises:
        Refused, Asked, Stale, SignedOut, Transient, Permanent: by what Tryton said.
    """
    match response.status_code:
        case 200:
            return _result(response, method)
        case 401:
            raise SignedOut("tryton: the session has ended")
        case 403:
            raise Refused(f"tryton does not offer {method} to other programs: is this server of the 8.2 series?")
        case 404:
            raise Permanent("tryton has no such database: check the settings url and database")
        case 408 | 423 | 429 | 500 | 502 | 503 | 504 as status:
            raise Transient(f"tryton answered {status} to {method}", _retry_after(response))
        case status:
            raise Refused(f"tryton answered {status} to {method}: {response.text[:200]}")


def _result(response: httpx2.Response, method: str) -> Json:
    try:
        body = read(response.text)
    except ValueError:
        body = None
    if not isinstance(body, dict) or not {"result", "error"} & body.keys():
        raise Permanent(f"tryton answered {method} with something else than JSON-RPC: check the setting url")
    if "error" in body:
        raise _error(list(body["error"]), method)
    return body["result"]


def _error(said: list[Json], method: str) -> Exception:
    match said:
        case ["UserError", [str(message), *more]]:
            return Refused(_sentence(message, more[:1]))
        case ["UserWarning", [str(name), str(message), *more]]:
            return Asked(name, _sentence(message, more[:1]))
        case ["ConcurrencyException", *_]:
            return Stale("somebody changed it in Tryton meanwhile; it is read again before the next attempt")
        case [str(what), *_]:
            why = "a field or module that the connector or its settings need may be gone, or a value has the wrong type"
            return Refused(f"tryton failed in {method} with {what}: {why}")
        case _:
            return Refused(f"tryton failed in {method} and did not say why; its log does")


def _sentence(message: str, more: list[Json]) -> str:
    return " ".join((message, *(one for one in more if isinstance(one, str) and one)))


def _retry_after(response: httpx2.Response) -> timedelta | None:
    with suppress(ValueError):
        return timedelta(seconds=float(response.headers.get("Retry-After", "")))
    return None
