"""Lets only pages of this machine in: loopback hosts, clicks from our own pages, nothing loaded from elsewhere."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_ITS_OWN = ("Content-Security-Policy",)
"""What an answer of ours may say of itself: a report that was made of what others say may do less, and be framed."""
_SAFE = frozenset({"GET", "HEAD"})


class Guard:
    """Refuses what does not come from a page of ours on this machine, and forbids pages to load from anywhere else.

    The name that a browser asked for must be a loopback one, so that no site can bind its own name to this machine
    (DNS rebinding). What changes something must say that it comes from here: `Sec-Fetch-Site`, else `Origin`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS | {name: headers[name] for name in _ITS_OWN if name in headers})
            await send(message)

        refusal = refused(scope["method"], Headers(scope=scope), scope.get("client"))
        if refusal:
            await PlainTextResponse(refusal, 403)(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)


def refused(method: str, headers: Headers, client: tuple[str, int] | None) -> str | None:
    """Why a request is not let in; None when it is."""
    host = headers.get("host", "")
    if client is not None and not _is_loopback(client[0]):
        return f"The console answers this machine only, and {client[0]} is another one."
    if not _is_loopback(_name_in(host)):
        return f"The console answers to localhost only, not to {host!r}. Open it as http://localhost with its port."
    if method in _SAFE:
        return None
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return None if site == "same-origin" else "Only a page of the console itself may change something."
    if origin is not None and origin.partition("://")[2] == host:
        return None
    return "Only a page of the console itself may change something; this request does not come from one."


def _name_in(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
