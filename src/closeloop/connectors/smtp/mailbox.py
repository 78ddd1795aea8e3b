"""A mail server of our own: real SMTP over loopback that keeps what it is given, and refuses by plan."""

from __future__ import annotations

import asyncio
import contextlib
import email
import socket
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from closeloop.ports import Clock

_NAME = "mailbox.localhost"


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it came in; the same message twice is two."""

    sender: str
    recipients: tuple[str, ...]
    at: datetime
    message: EmailMessage

    @property
    def subject(self) -> str:
        """The subject, decoded."""
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The plain text."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """The HTML alternative; "" when there is none."""
        return self._body("html")

    def _body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if isinstance(part, EmailMessage) else ""


class Mailbox:
    """Takes mail for everybody for as long as its `with` block runs.

    Attributes:
        messages: all that came in, in order.
    """

    def __init__(self, clock: Clock, *, port: int = 0) -> None:
        self.messages: list[Received] = []
        self._clock = clock
        self._refused: dict[str, str] = {}
        self._next: deque[str] = deque()
        self._lost = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._serving = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="mailbox", daemon=True)

    @property
    def settings(self) -> Mapping[str, str]:
        """What `connect` needs to mail through it."""
        sender = "Closeloop <hub@closeloop.example>"
        return {"host": "127.0.0.1", "port": str(self.port), "tls": "none", "sender": sender}

    def to(self, address: str) -> list[Received]:
        """The messages for one address."""
        return [one for one in self.messages if address.lower() in (to.lower() for to in one.recipients)]

    def reject(self, address: str, answer: str = "550 5.1.1 No such user") -> None:
        """Answer so to this recipient from now on; an answer that begins with 2 lets them in again."""
        self._refused[address.lower()] = answer

    def reject_next(self, answer: str, n: int = 1) -> None:
        """Answer so to the next `n` messages when their content has come."""
        self._next.extend([answer] * n)

    def lose_answers(self, n: int) -> None:
        """Take the next `n` messages, and break the connection before saying so."""
        self._lost = n

    def __enter__(self) -> Self:
        self._socket.listen()
        self._thread.start()
        self._serving.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._socket.close()

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Let a recipient in, or not."""
        answer = self._refused.get(address.lower(), "250 OK")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Keep a message, or refuse it."""
        if self._next:
            return self._next.popleft()
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = email.message_from_bytes(content, policy=policy.default)
        to = tuple(envelope.rcpt_tos)
        self.messages.append(Received(envelope.mail_from or "", to, self._clock.now(), message))
        if self._lost > 0 and isinstance(server.transport, asyncio.Transport):
            self._lost -= 1
            server.transport.abort()
        return "250 OK"

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self._loop.create_server(self._session, sock=self._socket))
        self._loop.call_soon(self._serving.set)
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    def _session(self) -> SMTP:
        return SMTP(self, hostname=_NAME, ident="Closeloop mailbox", enable_SMTPUTF8=True, loop=self._loop)
