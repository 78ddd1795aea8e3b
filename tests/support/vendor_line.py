"""A loopback line between a connector and a vendor's real server: it counts, loses answers, and lets others cut in."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2

_PASSED_ON = ("Authorization", "Content-Type", "Range", "X-Tryton-Context", "Accept")
_PASSED_BACK = ("Content-Type", "Date", "Content-Range", "Accept-Ranges")


@dataclass(slots=True)
class Line:
    """What goes over the line. Methods are named by how their JSON-RPC names end (".create"), or as HTTP does ("POST").

    Attributes:
        sent: how often each method went over it, lost answers included.
        lose: methods whose next answer is lost after the server carried them out.
        before: what happens just before the next call of a method.
        down: the vendor is away: every request is answered with 503.
    """

    url: str = ""
    sent: Counter[str] = field(default_factory=Counter)
    lose: list[str] = field(default_factory=list)
    before: dict[str, Callable[[], object]] = field(default_factory=dict)
    down: bool = False

    def calls(self) -> int:
        """Requests but those that sign in."""
        return self.sent.total() - self.sent["common.db.login"]

    def take(self, method: str) -> bool:
        """Note a call, let others cut in, and say whether its answer is to be lost."""
        self.sent[method] += 1
        for ending in [ending for ending in self.before if method.endswith(ending)]:
            self.before.pop(ending)()
        lost = [ending for ending in self.lose if method.endswith(ending)]
        if lost:
            self.lose.remove(lost[0])
        return bool(lost)


class _Handler(BaseHTTPRequestHandler):
    """Passes one request on."""

    line: Line
    onward: httpx2.Client

    def do_POST(self) -> None:
        self._pass()

    def do_GET(self) -> None:
        self._pass()

    def do_PUT(self) -> None:
        self._pass()

    def do_DELETE(self) -> None:
        self._pass()

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.line.down:
            self.send_error(503)
            return
        is_call = self.path.endswith("/rpc/")
        lost = self.line.take(str(json.loads(body)["method"]) if is_call else self.command)
        headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
        answer = self.onward.request(self.command, self.path, content=body, headers=headers)
        if lost:
            self.close_connection = True
            return
        self.send_response_only(answer.status_code)
        for name in _PASSED_BACK:
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def line_to(server_url: str) -> Iterator[Line]:
    """A line whose `url` stands for that of the server while the block runs."""
    line, onward = Line(), httpx2.Client(base_url=server_url, timeout=60)

    class Handler(_Handler):
        """Of this line."""

    Handler.line, Handler.onward = line, onward
    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    line.url = f"http://127.0.0.1:{served.server_port}"
    try:
        yield line
    finally:
        served.shutdown()
        served.server_close()
        thread.join()
        onward.close()
