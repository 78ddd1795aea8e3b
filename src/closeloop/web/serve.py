"""The hub as a web server on loopback: its doors and its console as one application, served from a thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from closeloop.flow import Hub
from closeloop.ports import Connector
from closeloop.web.console import console
from closeloop.web.doors import GroupCommit, Limits, doors
from closeloop.web.hub_window import HubWindow
from closeloop.words.errors import BadInput, Unready

HOST = "127.0.0.1"
MOST_WAITING = 100_000


class Served:
    """Answers on loopback for as long as its `with` block runs; what is under way is finished before it ends.

    Args:
        hub: whose doors and console they are.
        write_keys: write key → name of the source that sends with it.
        port: 0 takes any free one.
        most_waiting: receipts that may wait to be decided before the doors ask to send later; counted once a second.
        ends: the connected systems, for which plans may be made in the console.

    Raises:
        BadInput: the port is taken.
    """

    def __init__(
        self,
        hub: Hub,
        write_keys: Mapping[str, str],
        port: int = 0,
        most_waiting: int = MOST_WAITING,
        ends: Mapping[str, Connector] | None = None,
    ) -> None:
        self._socket = _listening(port)
        self.url = f"http://localhost:{self._socket.getsockname()[1]}"
        self._committer = GroupCommit(hub.take_in)
        limits = Limits(backlog=most_waiting, n_waiting=hub.n_waiting)
        self._window = HubWindow(hub, ends)
        app = Starlette(
            routes=[*doors(self._committer, write_keys, hub.clock, limits), *console(self._window)],
            exception_handlers={Unready: _not_now},
        )
        config = uvicorn.Config(
            app,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_graceful_shutdown=5,
        )
        self._server = uvicorn.Server(config)
        # From a thread, uvicorn leaves signals to whoever started it.
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="web", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        wait = threading.Event()
        while not self._server.started and self._thread.is_alive():
            wait.wait(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._window.plans.close()
        self._committer.close()
        self._socket.close()


def _not_now(_request: Request, error: Exception) -> Response:
    """What a page says while the database is away; the doors answer for themselves."""
    return PlainTextResponse(f"{error}\n", 503, {"Retry-After": "5"})


def _listening(port: int) -> socket.socket:
    # Named TCP, or asyncio leaves Nagle's algorithm on and each answer waits 40 ms for an acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        why = error.strerror if isinstance(error, OSError) else "no such port"
        raise BadInput(
            f"cannot listen on {HOST}:{port}: {why}; stop what listens there, or choose another with --port"
        ) from None
    return listener
