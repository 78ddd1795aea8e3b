"""What a door answers: one word of success, or a refusal that says what would be valid."""

from __future__ import annotations

import math

import msgspec
from starlette.responses import Response

CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "POST, OPTIONS",
    "access-control-allow-headers": "Authorization, Content-Type, Content-Encoding",
    "access-control-max-age": "86400",
}
_JSON = "application/json"
_SUCCESS = b'{"success":true}'


class Refused(Exception):
    """A request that is not taken.

    Args:
        status: of HTTP. Clients send again after 429 and 503, and give up on other 4xx.
        code: for programs.
        message: for people: what was wrong, and what would be valid.
        retry_after_seconds: when to send it again.
    """

    def __init__(self, status: int, code: str, message: str, retry_after_seconds: float | None = None) -> None:
        self.status, self.code, self.message = status, code, message
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message)


def taken() -> Response:
    """It is on disk."""
    return Response(_SUCCESS, media_type=_JSON, headers=CORS)


def preflight() -> Response:
    """A browser asks whether a page of another origin may send."""
    return Response(status_code=204, headers=CORS)


def refusal(refused: Refused) -> Response:
    """Say why, in the shape that the public clients read."""
    headers = dict(CORS)
    if refused.retry_after_seconds is not None:
        headers["retry-after"] = str(math.ceil(refused.retry_after_seconds))
    if refused.status == 405:
        headers["allow"] = "POST, OPTIONS"
    body = msgspec.json.encode({"success": False, "code": refused.code, "message": refused.message})
    return Response(body, refused.status, headers, _JSON)
