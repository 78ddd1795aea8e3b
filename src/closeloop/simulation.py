"""What every simulated vendor stands on: a real HTTP server over loopback, with faults that are injected while it runs.

    faults = Faults(clock)
    with Server(app, faults, refuse=vendors_own_error) as server:
        faults.lose_answers(1)
        client.post(server.url + "/leads", ...)      # the vendor has done it, the caller sees a broken connection

A simulator keeps its rows in `Table`s, whose reads lag by `faults.read_delay` behind the writes.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from types import TracebackType
from typing import Any, Generic, Literal, Protocol, Self, TypeVar

import uvicorn
from starlette.responses import PlainTextResponse, Response

from closeloop.words.moment import Clock

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that a fault turned away before the vendor saw it; `status` is the HTTP status of a plain server.

    A vendor that says it otherwise (errors inside HTTP 200) makes its own answer of `why`.
    """

    why: Literal["outage", "failure", "rate", "quota"]
    status: int
    retry_after: float | None = None


def plain(refusal: Refusal) -> Response:
    """The answer of a vendor that has no words of its own for a refusal."""
    headers = {} if refusal.retry_after is None else {"Retry-After": f"{refusal.retry_after:g}"}
    return PlainTextResponse(refusal.why, refusal.status, headers)


class Faults:
    """The faults in force and the count of calls. Every method may be called from any thread while the server runs.

    Attributes:
        calls: "POST /the/path" → how many calls came in, whatever became of them.
        read_delay: how long after a write reads still show what was before it.
    """

    def __init__(self, clock: Clock, *, seed: int = 0) -> None:
        self.clock = clock
        self.calls: Counter[str] = Counter()
        self.read_delay = timedelta(0)
        self.calls_today = 0
        self.per_day: int | None = None
        self._per_second: int | None = None
        self._seed, self._drawn = seed, 0
        self._day = clock.now().date()
        self._recent: deque[datetime] = deque()
        self._lock = threading.Lock()
        self._lose, self._lose_share = 0, 0.0
        self._down = False
        self._failures: deque[Refusal] = deque()

    def lose_answers(self, n: int = 0, *, share: float = 0.0) -> None:
        """Of the calls that write, do the next `n` (and `share` of all) but break the connection before the answer."""
        with self._lock:
            self._lose, self._lose_share = n, share

    def fail_next(self, status: int, n: int = 1, retry_after: float | None = None) -> None:
        """Answer the next `n` calls with `status` and do nothing; `retry_after` in seconds."""
        with self._lock:
            self._failures.extend(Refusal("failure", status, retry_after) for _ in range(n))

    def outage(self, *, on: bool = True) -> None:
        """Answer everything with 503, the token endpoint included, until called with on=False."""
        with self._lock:
            self._down = on

    def delay_reads(self, seconds: float) -> None:
        """Show what is written only after `seconds` of the clock's time."""
        self.read_delay = timedelta(seconds=seconds)

    def limit(self, *, per_second: int | None = None, per_day: int | None = None) -> None:
        """Refuse what goes beyond this many calls (429); None means without limit. Days are those of UTC."""
        with self._lock:
            self._per_second, self.per_day = per_second, per_day

    def n_calls(self, method: str = "", containing: str = "") -> int:
        """How many calls came in with this method whose path contains this text."""
        with self._lock:
            return sum(n for call, n in self.calls.items() if call.startswith(method) and containing in call)

    def admit(self, method: str, path: str, *, free: bool) -> Refusal | None:
        """Count one call in: None when it may pass. A `free` call suffers nothing but an outage."""
        with self._lock:
            self.calls[f"{method} {path}"] += 1
            if self._down:
                return Refusal("outage", 503)
            if free:
                return None
            if self._failures:
                return self._failures.popleft()
            return self._over_limit(self.clock.now())

    def loses(self) -> bool:
        """Whether the answer of the write just done is to be lost."""
        with self._lock:
            if self._lose > 0:
                self._lose -= 1
                return True
            self._drawn += 1
            draw = blake2b(f"{self._seed} {self._drawn}".encode(), digest_size=4).digest()
            return int.from_bytes(draw, "big") / 2**32 < self._lose_share

    def _over_limit(self, now: datetime) -> Refusal | None:
        self._new_day(now.date())
        while self._recent and self._recent[0] <= now - timedelta(seconds=1):
            self._recent.popleft()
        if self.per_day is not None and self.calls_today >= self.per_day:
            return Refusal("quota", 429)
        if self._per_second is not None and len(self._recent) >= self._per_second:
            return Refusal("rate", 429, 1.0)
        self.calls_today += 1
        if self._per_second is not None:
            self._recent.append(now)
        return None

    def _new_day(self, day: date) -> None:
        if day != self._day:
            self._day, self.calls_today = day, 0


class _Prompt(uvicorn.Server):
    """Begins and ends at once: uvicorn's own looks ten times a second whether to end, and rests before it does."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.begun = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()

    def end(self) -> None:
        """From any thread, once it has begun."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._end.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.begun.set()
        await self._end.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=1)


class Server:
    """Serves an ASGI app on a free loopback port from its own thread, for as long as the `with` block runs.

    Args:
        app: the vendor.
        faults: stand between the caller and `app`.
        refuse: makes the vendor's own answer of a refusal.
        free: paths that begin so (tokens) are not limited, not failed and not lost.
        port: 0 takes any free one.

    Raises:
        OSError: the port is taken.
    """

    def __init__(
        self,
        app: App,
        faults: Faults,
        *,
        refuse: Callable[[Refusal], Response] = plain,
        free: tuple[str, ...] = (),
        port: int = 0,
    ) -> None:
        self._app, self.faults, self._refuse, self._free = app, faults, refuse, free
        # Named TCP, or asyncio leaves Nagle's algorithm on and each answer waits 40 ms for an acknowledgement.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError:
            self._socket.close()
            raise
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            self._faulty,
            interface="asgi3",
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            proxy_headers=False,
            log_config=None,
            log_level="critical",
            access_log=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = _Prompt(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="simulator", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.begun.wait(0.1) and self._thread.is_alive():
            pass
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.end()
        self._thread.join()
        self._socket.close()

    async def _faulty(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        send = self._dated(send)
        free = path.startswith(self._free) if self._free else False
        refusal = self.faults.admit(method, path, free=free)
        if refusal is not None:
            await self._refuse(refusal)(scope, receive, send)
            return

        async def broken_off(message: MutableMapping[str, Any]) -> None:
            """Passes the head on, promises a body and never sends it: uvicorn then breaks the connection off."""
            if message["type"] == "http.response.start":
                await send({**message, "headers": [(b"content-length", b"1000")]})

        # Decided before the call, so that calls answered in another order still lose the same ones.
        lost = not free and method not in ("GET", "HEAD") and self.faults.loses()
        await self._app(scope, receive, broken_off if lost else send)

    def _dated(self, send: Send) -> Send:
        """Every answer tells the vendor's time, which is that of the clock."""

        async def dated(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(self.faults.clock.now(), usegmt=True).encode()
                message = {**message, "headers": [*message["headers"], (b"date", date)]}
            await send(message)

        return dated


class Simulated(Protocol):
    """A simulated vendor with records, whatever its interface is like; it answers inside a `with` block."""

    faults: Faults

    @property
    def settings(self) -> Mapping[str, str]:
        """What its connector needs to reach it."""
        ...

    @property
    def objects(self) -> Mapping[str, Mapping[str, bool]]:
        """Object → field → whether it may be said of a record that is entered; the vendor tells the others itself."""
        ...

    def enter(self, object_name: str, record: Mapping[str, str]) -> str:
        """Somebody enters a record, fields under the vendor's names, all of them texts: its id.

        Raises:
            BadInput: the vendor refuses it, in its words.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Table(Generic[K, V]):
    """Rows of one kind, newest state and what readers see of it. Not locked: the simulator that owns it is.

    Rows are never changed in place: `put` the changed copy.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._versions: dict[K, list[tuple[datetime, V]]] = {}

    def put(self, key: K, row: V) -> None:
        """Write a row: there at once for the vendor itself, for readers after the delay."""
        versions = self._versions.setdefault(key, [])
        seen_before = self._faults.clock.now() - self._faults.read_delay
        while len(versions) > 1 and versions[1][0] <= seen_before:
            versions.pop(0)
        versions.append((self._faults.clock.now(), row))

    def now(self, key: K) -> V | None:
        """The row as it truly stands."""
        versions = self._versions.get(key)
        return versions[-1][1] if versions else None

    def seen(self, key: K) -> V | None:
        """The row as a reader sees it."""
        versions = self._versions.get(key, [])
        if not self._faults.read_delay:
            return versions[-1][1] if versions else None
        until = self._faults.clock.now() - self._faults.read_delay
        return next((row for at, row in reversed(versions) if at <= until), None)

    def all_now(self) -> Iterator[V]:
        """Every row as it truly stands, in order of creation."""
        return (versions[-1][1] for versions in list(self._versions.values()))

    def all_seen(self) -> Iterator[V]:
        """Every row as a reader sees it, in order of creation."""
        return (row for row in map(self.seen, list(self._versions)) if row is not None)
