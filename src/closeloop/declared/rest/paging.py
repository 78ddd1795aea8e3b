"""How a list goes on: what asks for a page, and what of the answer tells the next one. Tokens are texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from closeloop.declared.rest.nouns import Page
from closeloop.declared.rest.refusals import Reply
from closeloop.declared.rest.shapes import dig

_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*rel="?next"?', re.IGNORECASE)
_CONTENT_RANGE = re.compile(r"\S+\s+\d+-\d+/(\d+)")

RANGE_PAST_END = 416


@dataclass(frozen=True, slots=True)
class Ask:
    """What is added to the request of a list. `address` takes the place of path and parameters."""

    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    address: str = ""


def ask(page: Page, token: str | None, size: int) -> Ask:
    """The request for the page that a token stands for (None: the first)."""
    sized = {page.size_param: str(size)} if page.size_param else {}
    match page.by:
        case "page":
            return Ask({**sized, page.param: token or str(page.first)})
        case "offset":
            return Ask({**sized, page.param: token or "0"})
        case "cursor":
            return Ask({**sized, **({page.param: token} if token else {})})
        case "link":
            return Ask(address=token) if token else Ask(sized)
        case "range":
            start = int(token or "0")
            end = start + size - (1 if page.ends_inclusive else 0)
            return Ask(headers={"Range": f"{page.param}={start}-{end}"})
        case _:
            return Ask(sized)


def following(page: Page, reply: Reply, token: str | None, n_rows: int, size: int) -> str | None:
    """The token of the page after this answer; None when it was the last one."""
    match page.by:
        case "page":
            return str(int(token or page.first) + 1) if n_rows >= size else None
        case "offset":
            return str(int(token or "0") + n_rows) if n_rows >= size else None
        case "range":
            read, total = int(token or "0") + n_rows, told_total(page, "", reply)
            more = n_rows >= size if total is None else n_rows > 0 and read < total
            return str(read) if more else None
        case "cursor":
            found = dig(reply.body, page.next)
            return str(found) if found not in (None, "", False) and str(found) != token else None
        case "link":
            found = dig(reply.body, page.next) if page.next else _header_link(reply)
            return found if isinstance(found, str) and found and found != token else None
        case _:
            return None


def told_total(page: Page, path: str, reply: Reply) -> int | None:
    """How many records there are by this answer; None where it does not say."""
    if page.by == "range":
        told = _CONTENT_RANGE.fullmatch(reply.headers.get("content-range", ""))
        return int(told[1]) if told else None
    found = dig(reply.body, path) if path else None
    return int(str(found)) if str(found).isdigit() else None


def _header_link(reply: Reply) -> str | None:
    found = _NEXT.search(reply.headers.get("link", ""))
    return found[1] if found else None
