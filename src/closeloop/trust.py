"""Whom outside calls trust: reading the certificates takes longer than a call, so it is done once for all clients."""

from __future__ import annotations

import ssl
from functools import cache

import httpx2


@cache
def trusted() -> ssl.SSLContext:
    """The certificates that clients of outside systems go by."""
    return httpx2.create_ssl_context()
