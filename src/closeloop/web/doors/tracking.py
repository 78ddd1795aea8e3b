"""The door that speaks the Segment HTTP tracking API, as its public clients send it.

Only so much is checked before the answer as to know that the receipt can be read later: JSON, and a batch or an event.
What is wrong inside a batch is found afterwards, since clients give up a whole batch on 400.

Source: Segment, "HTTP Tracking API"; the client segment-analytics-python 2.4.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from closeloop.inbox.envelope import Envelope, open_envelope
from closeloop.inbox.nouns import Queue, Receipt
from closeloop.inbox.utterance import KIND_OF_PATH
from closeloop.web.doors.body import read_body
from closeloop.web.doors.group_commit import GroupCommit
from closeloop.web.doors.refusal import Refused, preflight, refusal, taken
from closeloop.words import ids
from closeloop.words.errors import BadInput, Unready
from closeloop.words.moment import Clock

PATHS = (*KIND_OF_PATH, "batch", "b", "import")
"""Below /v1/: a kind of event, its first letter as browsers send it, or a batch."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the door takes at most.

    Attributes:
        octets: of one body, inflated.
        events: of one body.
        in_flight: requests that wait for their commit.
        backlog: receipts that wait to be decided.
        n_waiting: how many of those there are; asked at most once in `asked_every_seconds`.
        retry_after_seconds: what a client is told when it is too much.
    """

    octets: int = 500_000
    events: int = 2_500
    in_flight: int = 2_000
    backlog: int = 100_000
    n_waiting: Callable[[], int] | None = None
    asked_every_seconds: float = 1.0
    retry_after_seconds: float = 2.0


def doors(
    committer: GroupCommit, write_keys: Mapping[str, str], clock: Clock, limits: Limits | None = None
) -> list[Route]:
    """The routes of the tracking API.

    Args:
        committer: keeps the receipts.
        write_keys: write key → name of the source in the process file.
        clock: tells when a receipt came in.
        limits: what is taken at most.
    """
    door = _TrackingDoor(committer, write_keys, clock, limits or Limits())
    return [*(Route(f"/v1/{path}", door) for path in PATHS), Route("/v1/{rest:path}", _nowhere, methods=_ANY)]


_ANY = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


async def _nowhere(request: Request) -> Response:
    valid = ", ".join(f"/v1/{path}" for path in PATHS)
    return refusal(Refused(404, "no_such_path", f"{request.url.path} is no door; valid are {valid}"))


class _TrackingDoor:
    """Takes one request: check, keep, answer."""

    def __init__(self, committer: GroupCommit, write_keys: Mapping[str, str], clock: Clock, limits: Limits) -> None:
        self._committer, self._write_keys, self._clock, self._limits = committer, write_keys, clock, limits
        self._asked_at, self._n_waiting = -limits.asked_every_seconds, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except Refused as refused:
            response = refusal(refused)
        except Unready as error:
            response = refusal(Refused(503, "unready", str(error), self._limits.retry_after_seconds))
        except Exception:  # noqa: BLE001 — the committer has logged it; the client must not take it for success
            why = "the event could not be kept; it may be sent again"
            response = refusal(Refused(503, "not_kept", why, self._limits.retry_after_seconds))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return preflight()
        if request.method != "POST":
            raise Refused(405, "method_not_allowed", f"{request.method} is not answered here; valid is POST")
        await self._check_room()
        body = await read_body(request, self._limits.octets)
        path = request.url.path
        try:
            envelope = open_envelope(body, one_event=path.rpartition("/")[2] in KIND_OF_PATH)
        except BadInput as error:
            raise Refused(400, "bad_request", str(error)) from None
        if len(envelope.events) > self._limits.events:
            raise Refused(413, "too_many", f"a request may have {self._limits.events:,} events; send fewer at once")
        key = _write_key(request, envelope)
        source = self._write_keys.get(key)
        if source is None:
            raise Refused(401, "unknown_write_key", _NO_KEY if not key else "the write key is not known here; check it")
        if envelope.events:
            await self._committer.submit(self._receipt(request, source, key, body))
        return taken()

    async def _check_room(self) -> None:
        limits = self._limits
        now = time.monotonic()
        if limits.n_waiting is not None and now - self._asked_at >= limits.asked_every_seconds:
            self._asked_at = now
            self._n_waiting = await run_in_threadpool(limits.n_waiting)
        if self._n_waiting >= limits.backlog or self._committer.n_waiting >= limits.in_flight:
            why = "too much waits to be decided; send it again later"
            raise Refused(429, "too_much", why, limits.retry_after_seconds)

    def _receipt(self, request: Request, source: str, key: str, body: bytes) -> Receipt:
        now = self._clock.now()
        headers = {
            "path": request.url.path,
            "content_type": request.headers.get("content-type", "")[:200],
            "user_agent": request.headers.get("user-agent", "")[:500],
            "key_id": blake2b(key.encode(), digest_size=4).hexdigest(),
        }
        queue: Queue = "bulk" if request.url.path.endswith("/import") else "live"
        return Receipt(ids.new(now), source, "segment", queue, now, headers, body)


_NO_KEY = "no write key; valid is basic auth with the key as user name, or a writeKey in the body"


def _write_key(request: Request, envelope: Envelope) -> str:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")[0]
        except ValueError:
            raise Refused(401, "bad_authorization", f"the Authorization header is not basic auth; {_NO_KEY}") from None
        if user:
            return user
    return envelope.write_key or ""
