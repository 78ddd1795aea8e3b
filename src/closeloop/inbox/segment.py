"""A tracking request of the Segment API: each event becomes a message, or is set aside with its reason.

Source: Segment, "Spec" (identify, track, page, screen, group, alias, common fields) and "HTTP Tracking API".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from closeloop.inbox.acts import Said
from closeloop.inbox.envelope import open_envelope
from closeloop.inbox.event import Event, decode_event, id_under
from closeloop.inbox.fields import Named, fields_of, reported, strong_keys
from closeloop.inbox.keys import message_id, nameless_id
from closeloop.inbox.nouns import Key, Message, Receipt, SetAside
from closeloop.inbox.skew import corrected
from closeloop.inbox.utterance import KIND_OF_PATH, Utterance, utterance
from closeloop.ports import Value
from closeloop.process.nouns import Process
from closeloop.process.sources import SourceDecl
from closeloop.words import moment
from closeloop.words.email import normalise_email
from closeloop.words.errors import BadInput


def read_segment(receipt: Receipt, process: Process, source: SourceDecl) -> list[Message | SetAside]:
    """Every event of a request, in order.

    Raises:
        BadInput: the body as a whole is no request.
    """
    path_kind = _kind_of_path(receipt)
    envelope = open_envelope(receipt.body, one_event=path_kind is not None)
    shared = _Shared(
        receipt, source, fields_of(process).of(source.name), path_kind, _moment(envelope.sent_at),
        _context(envelope.context),
    )  # fmt: skip
    return [_read(bytes(raw), position, shared) for position, raw in enumerate(envelope.events)]


def is_one_event(receipt: Receipt) -> bool:
    """Whether the request's path names a kind of event, so that its body may be that event."""
    return _kind_of_path(receipt) is not None


def _kind_of_path(receipt: Receipt) -> str | None:
    return KIND_OF_PATH.get(receipt.headers.get("path", "").rstrip("/").rpartition("/")[2])


class _Shared(NamedTuple):
    """What holds for every event of the request."""

    receipt: Receipt
    source: SourceDecl
    named: Sequence[Named]
    path_kind: str | None
    sent_at: datetime | None
    context: Said


def _read(raw: bytes, position: int, shared: _Shared) -> Message | SetAside:
    receipt = shared.receipt
    key = None
    try:
        event = decode_event(raw)
        if event.message_id:
            key = message_id(receipt.source, event.message_id)
        return _message(key or nameless_id(receipt, position, raw), event, position, shared)
    except BadInput as error:
        key = key or nameless_id(receipt, position, raw)
        return SetAside(key, receipt.source, receipt.id, position, receipt.received_at, str(error))


def _message(key: str, event: Event, position: int, shared: _Shared) -> Message:
    receipt, source = shared.receipt, shared.source
    kind = event.type or shared.path_kind
    context = {**shared.context, **event.context} if event.context else shared.context
    said = utterance(event, kind, context, source)
    values = _values(said, shared)
    user, visitor = id_under("userId", event.user_id), id_under("anonymousId", event.anonymous_id)
    previous = id_under("previousId", event.previous_id) if kind == "alias" else None
    keys = dict.fromkeys((*strong_keys(values), *_keys_of_user(user, source), *_keys_of_user(previous, source)))
    # What an alias leaves behind may be a user or a browser.
    browser = visitor or previous
    if not keys and not browser:
        raise BadInput("says nobody: userId, anonymousId and e-mail are all missing; one of them must say who it was")
    occurred_at, flags = _occurred_at(event, shared)
    return Message(
        key, receipt.source, receipt.id, position, "event", occurred_at, receipt.received_at,
        keys=tuple(keys), visitor=f"{source.name}/{browser}" if browser else None,
        values=reported(values), act=said.act, flags=flags,
    )  # fmt: skip


def _values(said: Utterance, shared: _Shared) -> list[tuple[Named, Value]]:
    """What is stated of fields that the process names; of a group only what belongs to the account."""
    values: list[tuple[Named, Value]] = []
    if not said.traits:
        return values
    for named in shared.named:
        if named.object is None and named.name in said.traits and said.entity in (None, named.entity):
            value = said.traits[named.name]
            if isinstance(value, dict | list):
                raise BadInput(f"{named.name}: is {_sort(value)}; valid is text, a number, true, false or null")
            values.append((named, _value(value)))
    return values


def _keys_of_user(user: str | None, source: SourceDecl) -> list[Key]:
    if user is None:
        return []
    email = normalise_email(user)
    return [*([Key("email", email)] if email else []), Key(f"{source.name}.user", user)]


def _occurred_at(event: Event, shared: _Shared) -> tuple[datetime, tuple[str, ...]]:
    name = "originalTimestamp" if event.original_timestamp else "timestamp"
    said = event.original_timestamp or event.timestamp
    if not said:
        return shared.receipt.received_at, ()
    try:
        at = moment.parse(said)
    except (BadInput, OverflowError) as error:
        raise BadInput(f"{name}: {error}") from None
    sent_at = _moment(event.sent_at) if event.sent_at else shared.sent_at
    return corrected(at, sent_at, shared.receipt.received_at)


def _moment(sent_at: str | None) -> datetime | None:
    """None for a sender without a clock of its own: then the timestamps stand as they are."""
    try:
        return moment.parse(sent_at or "")
    except (BadInput, OverflowError):
        return None


def _context(raw: bytes | msgspec.Raw | None) -> Said:
    try:
        context = None if raw is None else msgspec.json.decode(raw)
    except (ValueError, msgspec.DecodeError):
        return {}
    return context if isinstance(context, dict) else {}


def _sort(value: object) -> str:
    return "an object" if isinstance(value, dict) else "a list"


def _value(value: object) -> Value:
    return value if isinstance(value, str | int | float) else None
