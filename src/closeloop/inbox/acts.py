"""What a tracked event says was done: its name in our vocabulary, and what is worth keeping beside it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from closeloop.inbox.nouns import Act
from closeloop.ports import Value
from closeloop.process.sources import SourceDecl
from closeloop.process.touches import TOUCH_KINDS

Said = Mapping[str, object]

_OF_PAGE = ("url", "path", "title", "referrer")
_OF_CAMPAIGN = {"name": "campaign", "source": "source", "medium": "medium", "term": "term", "content": "content"}
_LONGEST = 2_000


def page_act(properties: Said, context: Said, name: str | None) -> Act:
    """A page or screen was looked at."""
    props = _props(properties, context)
    if name and "name" not in props:
        props["name"] = name[:_LONGEST]
    return Act("page.viewed", props)


def track_act(event: str, source: SourceDecl, properties: Said, context: Said) -> Act:
    """A named event: by the process file's names, else our own, else kept under the name that it came with."""
    kind = source.events.get(event) or (event if event in TOUCH_KINDS else f"track:{event[:_LONGEST]}")
    return Act(kind, _props(properties, context))


def _props(properties: Said, context: Said) -> dict[str, Value]:
    """The scalar properties as sent, the page from the context, the campaign from the context or the URL."""
    props: dict[str, Value] = {name: kept for name, value in properties.items() if (kept := _scalar(value)) is not None}
    if page := mapping(context, "page"):
        for name in _OF_PAGE:
            if name not in props and (kept := _scalar(page.get(name))) is not None:
                props[name] = kept
    if "url" not in props and "path" in props:
        props["url"] = props["path"]
    for name, value in _campaign(context, str(props.get("url") or "")).items():
        props.setdefault(name, value)
    return props


def _campaign(context: Said, url: str) -> dict[str, Value]:
    found: dict[str, Value] = {}
    if named := mapping(context, "campaign"):
        said = {ours: _scalar(named.get(theirs)) for theirs, ours in _OF_CAMPAIGN.items()}
        found = {ours: value for ours, value in said.items() if value is not None}
    if "utm_" in url:
        for parameter, values in _query(url).items():
            ours = _OF_CAMPAIGN.get("name" if parameter == "utm_campaign" else parameter.removeprefix("utm_"))
            if parameter.startswith("utm_") and ours is not None:
                found.setdefault(ours, values[0][:_LONGEST])
    return found


def _query(url: str) -> dict[str, list[str]]:
    try:
        return parse_qs(urlsplit(url).query, max_num_fields=100)
    except ValueError:
        return {}


def mapping(of: Said, name: str) -> Said:
    """The object under a name; empty when there is none."""
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def _scalar(value: object) -> Value:
    if isinstance(value, str):
        return value[:_LONGEST]
    return value if isinstance(value, bool | int | float) else None
