"""From an act to a touch: the page says what it was about, unless the act does."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

from closeloop.inbox.nouns import Message
from closeloop.ports import Value
from closeloop.process.nouns import ContentLine, Process
from closeloop.process.once import once_per_process
from closeloop.profile.nouns import Touch
from closeloop.words.text import clean, one_line

_COLUMNS = frozenset({"campaign", "topic", "depth", "url", "page"})
"""Props that are columns of a touch; the rest is kept as it came."""

_LONGEST = 2_000


def touch_of(message: Message, person_id: str | None, process: Process) -> Touch | None:
    """The touch that a message tells of, or None when it tells of no act.

    `campaign`, `product`, `topic`, `depth` and `url` (or `page`) are read from the act's props, the campaign also from
    `utm_campaign` in the props or the address. A product that the process does not list stays among the props alone.
    What the act leaves open is read from the first line of content.csv that matches the path of the page.

    Args:
        message: what came in.
        person_id: the own entity of the person, if the message names one or its visitor's identifications do.
        process: the process in force.
    """
    act = message.act
    if act is None:
        return None
    props = act.props
    url = _text(props.get("url")) or _text(props.get("page"))
    page = _content(process)(page_path(url)) if url else None
    product, depth = _text(props.get("product")), props.get("depth")
    if product is None and page is not None:
        product = page.product
    member = process.member_by_user(act.by) if act.by else None
    return Touch(
        id=message.id,
        person_id=person_id,
        visitor=message.visitor,
        identified=message.identified,
        kind=act.kind,
        at=message.occurred_at,
        source=message.source,
        campaign=_text(props.get("campaign")) or _text(props.get("utm_campaign")) or _campaign_of(url),
        product=product if product in process.products else None,
        topic=_text(props.get("topic")) or (page.topic if page else None),
        depth=depth if type(depth) is int else page.depth if page else None,
        url=url,
        seller=member.name if member else act.by,
        props={name: _kept(value) for name, value in props.items() if name not in _COLUMNS},
    )


@lru_cache(maxsize=4096)
def page_path(url: str) -> str:
    """The path of an address or of a bare path, without query and fragment: "/robot/pricing"."""
    try:
        return urlsplit(url).path or "/"
    except ValueError:  # such as brackets around what is no IPv6 address
        return url


@once_per_process
def _content(process: Process) -> Callable[[str], ContentLine | None]:
    """Path → the first line that matches it, remembered: a site has few pages, and people read the same ones."""

    @lru_cache(maxsize=4096)
    def find(path: str) -> ContentLine | None:
        return next((line for line in process.content if line.pattern.fullmatch(path)), None)

    return find


def _campaign_of(url: str | None) -> str | None:
    if url is None or "utm_campaign=" not in url:
        return None
    try:
        return _text(parse_qs(urlsplit(url).query).get("utm_campaign", [""])[0])
    except ValueError:
        return None


def _kept(value: Value) -> Value:
    """What both databases and every reader of JSON can hold."""
    match value:
        case str():
            return clean(value)[:_LONGEST]
        case int() | float() if not abs(value) < 2**63:
            return str(value)
        case _:
            return value


def _text(value: Value) -> str | None:
    return one_line(value)[:_LONGEST] or None if isinstance(value, str) else None
