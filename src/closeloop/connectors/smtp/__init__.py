"""SMTP: alerts by mail through any server, with a mail server of our own for tests and the demo."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from closeloop.connectors.smtp.connector import Server, Smtp
from closeloop.ports import Clock
from closeloop.words.errors import BadInput

if TYPE_CHECKING:
    from closeloop.connectors.smtp.mailbox import Mailbox

__all__ = ["Smtp", "connect", "simulate"]

_REQUIRED = ("host", "sender")
_PORTS = {"tls": 465, "starttls": 587, "none": 25}


def connect(settings: Mapping[str, str], clock: Clock) -> Smtp:
    """A connector to one server; nothing is sent before the first `push`.

    Args:
        settings: `host`, `sender` ("Closeloop <hub@acme.example>"); and if wanted `tls` ("starttls" by default, "tls",
            "none"), `port` (by default that of `tls`), `username`, `password`, `local_name` (for EHLO).
        clock: dates the messages.

    Raises:
        BadInput: a setting is missing or not one of those valid.
    """
    missing = [name for name in _REQUIRED if not settings.get(name)]
    if missing:
        raise BadInput(f"smtp: {', '.join(missing)} missing; needed are {', '.join(_REQUIRED)}")
    tls = settings.get("tls", "starttls")
    if tls not in _PORTS:
        raise BadInput(f"smtp: tls = {tls!r}; valid are {', '.join(_PORTS)}")
    port = settings.get("port", str(_PORTS[tls]))
    if not port.isdigit():
        raise BadInput(f"smtp: port = {port!r}; valid is a number such as {_PORTS[tls]}")
    server = Server(
        host=settings["host"],
        port=int(port),
        sender=settings["sender"],
        tls=tls,
        local_name=settings.get("local_name") or socket.gethostname(),
        username=settings.get("username"),
        password=settings.get("password"),
    )
    return Smtp(server, clock)


def simulate(clock: Clock, *, port: int = 0) -> Mailbox:
    """A mail server that answers inside a `with` block; its `settings` are for `connect`, port 0 takes any free one."""
    made: type[Mailbox] = import_module("closeloop.connectors.smtp.mailbox").Mailbox
    return made(clock, port=port)
