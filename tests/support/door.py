"""A door in a process of its own, that a test can kill: started as a program, asked over loopback HTTP."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Literal, Self

import uvicorn
from starlette.applications import Starlette

from closeloop.db import Database, metadata
from closeloop.inbox import store
from closeloop.inbox.nouns import Receipt
from closeloop.web.doors import GroupCommit, doors
from closeloop.words.moment import SystemClock

WRITE_KEY = "demo-write-key"
TABLES = (store.receipts, store.waiting, store.messages, store.batches)
Ack = Literal["after", "before"]


class DoorProcess:
    """A door over a database, on one port for all its lives.

    Args:
        url: of the database, whose tables are made if they are missing.
        ack: "after" the commit, as it must be; "before" it, for the control.
        slow_commit_seconds: how long a commit takes at least, as on a slow disk.
    """

    def __init__(self, url: str, *, ack: Ack = "after", slow_commit_seconds: float = 0.0) -> None:
        database = Database(url)
        metadata.create_all(database.engine, tables=TABLES)
        database.close()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._arguments = [url, str(self.port), ack, str(slow_commit_seconds)]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen([sys.executable, __file__, *self._arguments])
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise TimeoutError("the door did not open within 30 seconds")

    def kill(self) -> None:
        """SIGKILL: it has no chance to finish anything."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def connect(self) -> http.client.HTTPConnection:
        """A connection of one client."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)


def send(connection: http.client.HTTPConnection, events: Sequence[Mapping[str, object]], key: str = WRITE_KEY) -> int:
    """Send a batch; returns the status."""
    body = json.dumps({"batch": events, "writeKey": key})
    connection.request("POST", "/v1/batch", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read()
    return response.status


class _Hasty(GroupCommit):
    """The protection turned off: answers before the commit."""

    async def submit(self, receipt: Receipt) -> None:
        _unfinished.append(asyncio.ensure_future(super().submit(receipt)))


_unfinished: list[asyncio.Future[None]] = []


def _serve(url: str, port: str, ack: str, slow_commit_seconds: str) -> None:
    database = Database(url)

    def take_in(receipts: Sequence[Receipt]) -> None:
        with database.write() as connection:
            store.save_receipts(connection, receipts)
            time.sleep(float(slow_commit_seconds))

    committer = GroupCommit(take_in) if ack == "after" else _Hasty(take_in)
    app = Starlette(routes=doors(committer, {WRITE_KEY: "form"}, SystemClock()))
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error", access_log=False)


if __name__ == "__main__":
    os.setpgrp()
    _serve(*sys.argv[1:])
