"""Confines a Python process to sockets on this machine, so that no test can reach, or be reached from, outside."""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Callable

_NAMES = frozenset({"localhost", "localhost.localdomain", socket.gethostname()})
_RESOLVE = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_REACH = frozenset({"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"})
_INTERNET = frozenset({socket.AF_INET, socket.AF_INET6})


class Blocked(RuntimeError):
    """A socket or a name beyond loopback was asked for. No OSError, so that no retry swallows it."""


def confine() -> None:
    """Refuse sockets beyond loopback in this process for good: an audit hook (PEP 578) cannot be taken out."""
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if check := _CHECKS.get(event):
        check(event, arguments)


def _resolve(event: str, arguments: tuple[object, ...]) -> None:
    host = arguments[0]
    if host and not _is_local(host):
        raise Blocked(f"{event}: {host!r} is beyond loopback; a test resolves only localhost")


def _reach(event: str, arguments: tuple[object, ...]) -> None:
    opened, address = arguments[0], arguments[1]
    if not isinstance(opened, socket.socket) or opened.family not in _INTERNET or not isinstance(address, tuple):
        return
    if not _is_local(address[0]):
        raise Blocked(f"{event}: {address!r} is beyond loopback; tests talk only to 127.0.0.1, ::1 and Unix sockets")


def _is_local(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in _NAMES:
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


_CHECKS: dict[str, Callable[[str, tuple[object, ...]], None]] = {
    **dict.fromkeys(_RESOLVE, _resolve),
    **dict.fromkeys(_REACH, _reach),
}
