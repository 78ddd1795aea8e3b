"""The acts of people that the hub knows: a closed list, so that a typing mistake is found when a file is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from closeloop.rules import Kind

TOUCH_KINDS: frozenset[str] = frozenset({
    "form.submitted", "page.viewed", "content.downloaded", "chat.started", "search.made",
    "email.sent", "email.delivered", "email.opened", "email.clicked", "email.replied", "email.bounced",
    "email.unsubscribed",
    "webinar.registered", "webinar.attended", "webinar.missed",
    "event.registered", "event.attended", "event.missed",
    "list.joined", "list.left",
    "call.logged", "meeting.booked", "meeting.held", "demo.requested", "trial.started",
})  # fmt: skip

TOUCH_NAMES: Mapping[str, Kind] = MappingProxyType(
    {"topic": "text", "depth": "number", "url": "text", "campaign": "text", "source": "text", "product": "text"}
)
"""What a condition may ask of one touch. `url` is the path of the page ("/robot/pricing")."""

WEB_EVENTS: Mapping[str, str] = MappingProxyType({
    **{kind: kind for kind in sorted(TOUCH_KINDS)},
    "page": "page.viewed",
    "screen": "page.viewed",
    "Form Submitted": "form.submitted",
    "Page Viewed": "page.viewed",
    "Content Downloaded": "content.downloaded",
    "Email Opened": "email.opened",
    "Email Clicked": "email.clicked",
    "Webinar Registered": "webinar.registered",
    "Webinar Attended": "webinar.attended",
    "Webinar Missed": "webinar.missed",
    "Event Registered": "event.registered",
    "Event Attended": "event.attended",
    "Event Missed": "event.missed",
    "Demo Requested": "demo.requested",
    "Trial Started": "trial.started",
})  # fmt: skip
"""Names under which a tracking client may send a touch, unless the process file says otherwise."""
