"""A hub in a process of its own, that a test can kill at any moment: doors and crew, or a worker or sender alone."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Literal, Self

import uvicorn
from starlette.applications import Starlette

from closeloop.connectors import marketo, salesforce
from closeloop.crew import Crew
from closeloop.flow import Hub
from closeloop.inbox.nouns import Receipt
from closeloop.ports import Answer, Command, Connector
from closeloop.web.doors import GroupCommit, doors
from closeloop.words.errors import Unready
from closeloop.words.moment import ManualClock, SystemClock
from support.door import WRITE_KEY
from support.prepared import opened
from support.road import START, b2b

Job = Literal["serve", "hasty", "work", "send"]
CONNECT = {"crm": salesforce.connect, "ma": marketo.connect}


class HubProcess:
    """A program that works a database until it is killed.

    Args:
        job: "serve" takes in over HTTP and decides; "hasty" does, but answers before the commit, for the control;
            "work" decides, a few receipts at a time; "send" delivers to one vendor and dies before it keeps answers.
        more: for "send" the source and the vendor's url, client id and secret.
    """

    def __init__(self, job: Job, database: str, *more: str) -> None:
        opened(database).close()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._arguments = [job, database, str(self.port), *more]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    def start(self) -> None:
        """Start it; a server is waited for until it answers."""
        self._process = subprocess.Popen([sys.executable, __file__, *self._arguments])
        deadline = time.monotonic() + 60
        while self._arguments[0] in ("serve", "hasty") and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """SIGKILL: it has no chance to finish anything."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def wait(self) -> int:
        """Wait until it has ended by itself; its return code."""
        assert self._process is not None
        return self._process.wait(timeout=60)


class _Hasty(GroupCommit):
    """The protection turned off: answers before the commit."""

    async def submit(self, receipt: Receipt) -> None:
        _unfinished.append(asyncio.ensure_future(super().submit(receipt)))


_unfinished: list[asyncio.Future[None]] = []


class _DiesAfterPush:
    """A connector whose process ends at the worst moment: the vendor has done it, nobody noted it."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self.batch_size, self.bulk_size, self.bulk_from = connector.batch_size, connector.bulk_size, connector.bulk_from
        self.cost = connector.cost

    def push(self, commands: Sequence[Command]) -> Sequence[Answer]:
        self._connector.push(commands)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("dead men send no answers")


def _serve(database: str, port: str, *, hasty: bool) -> None:
    hub = Hub(opened(database), b2b(), SystemClock())
    hub.begin()
    Crew(hub, {}, n_workers=1 if hub.database.is_sqlite else 2).start()

    def take_in(receipts: Sequence[Receipt]) -> None:
        if hasty:
            time.sleep(0.2)  # a slow disk, so that there is something to lose
        hub.take_in(receipts)

    committer = (_Hasty if hasty else GroupCommit)(take_in)
    app = Starlette(routes=doors(committer, {WRITE_KEY: "form"}, hub.clock))
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="critical", access_log=False)


def _work(database: str) -> None:
    hub = Hub(opened(database), b2b(), ManualClock(START))
    while True:
        try:
            if not hub.decide("live", 5):
                time.sleep(0.01)
        except Unready:
            time.sleep(0.05)


def _send(database: str, source: str, url: str, client_id: str, client_secret: str) -> None:
    clock = ManualClock(START + timedelta(seconds=10))
    connector = CONNECT[source]({"url": url, "client_id": client_id, "client_secret": client_secret}, clock)
    Hub(opened(database), b2b(), clock).deliver(source, _DiesAfterPush(connector), "the one that died")  # type: ignore[arg-type] # all that a delivery needs


if __name__ == "__main__":
    _job, _database, _port, *_more = sys.argv[1:]
    match _job:
        case "serve" | "hasty":
            _serve(_database, _port, hasty=_job == "hasty")
        case "work":
            _work(_database)
        case "send":
            _send(_database, *_more)
