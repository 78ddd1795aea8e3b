"""The body of a request, read and inflated within a bound."""

from __future__ import annotations

import zlib

from starlette.requests import Request

from closeloop.web.doors.refusal import Refused

_GZIP, _ZLIB = 31, 15


async def read_body(request: Request, largest: int) -> bytes:
    """The whole body, inflated if it is compressed.

    Args:
        request: not yet read.
        largest: octets that it may have, as sent and inflated.

    Raises:
        Refused: too large (413), broken or unknown compression (400, 415).
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > largest:
        raise _too_large(largest)
    parts, n_octets = [], 0
    async for part in request.stream():
        n_octets += len(part)
        if n_octets > largest:
            raise _too_large(largest)
        parts.append(part)
    return _inflated(b"".join(parts), request.headers.get("content-encoding", "identity").strip().lower(), largest)


def _inflated(body: bytes, encoding: str, largest: int) -> bytes:
    if encoding in ("identity", ""):
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Refused(415, "unknown_encoding", f"Content-Encoding {encoding!r} is not read; valid are gzip and deflate")
    inflater = zlib.decompressobj(_ZLIB if encoding == "deflate" else _GZIP)
    try:
        inflated = inflater.decompress(body, largest + 1)
    except zlib.error as error:
        raise Refused(400, "broken_encoding", f"the body is not {encoding}, as its header says: {error}") from None
    if len(inflated) > largest:
        raise _too_large(largest)
    if not inflater.eof:
        raise Refused(400, "broken_encoding", f"the {encoding} body ends too early")
    return inflated


def _too_large(largest: int) -> Refused:
    return Refused(413, "too_large", f"a request may have {largest:,} octets, inflated; send fewer events at once")
