"""A receipt without one person's messages: a placeholder stands where each was, all others stay octet for octet.

Messages without a name of their own are known by where they stand, so nothing may move.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Final, NamedTuple

import msgspec

from closeloop.inbox.answers import encode_answers
from closeloop.inbox.clicks import encode_clicks
from closeloop.inbox.envelope import open_envelope
from closeloop.inbox.matched import encode_matched
from closeloop.inbox.nouns import Click, Matched, Message, Receipt, SetAside
from closeloop.inbox.records import UNDER_WAY
from closeloop.inbox.rows import parts
from closeloop.inbox.segment import is_one_event
from closeloop.ports import Answer, Record
from closeloop.process.sources import SourceDecl
from closeloop.words.errors import BadInput

HEADER: Final = "erased"
"""Of a receipt: JSON, position → the placeholder's id and reason."""

_CLICK: Final = Click("skip", "", "", "")
_MATCHED: Final = Matched("", "", 0.0, "ask", "", (), "")


class Gone(NamedTuple):
    """What stands for an erased message: its new id, and why it is set aside."""

    id: str
    reason: str


def gone_from(receipt: Receipt) -> dict[int, Gone]:
    """The positions from which messages were erased."""
    said = receipt.headers.get(HEADER)
    return msgspec.json.decode(said, type=dict[int, Gone]) if said else {}


def with_placeholders(receipt: Receipt, read: Sequence[Message | SetAside]) -> list[Message | SetAside]:
    """What was read of a receipt, and where messages were erased that they were."""
    gone = gone_from(receipt)
    if not gone:
        return list(read)
    stand_ins = [
        SetAside(each.id, receipt.source, receipt.id, position, receipt.received_at, each.reason)
        for position, each in gone.items()
    ]
    found = [*(message for message in read if message.position not in gone), *stand_ins]
    return sorted(found, key=lambda message: message.position)


def without(receipt: Receipt, gone: Mapping[int, Gone], source: SourceDecl | None) -> Receipt:
    """The receipt without what stood at these positions.

    Args:
        source: as the process declares it, which says how a file's rows are told apart.
    """
    both = {**gone_from(receipt), **gone}
    headers = {**receipt.headers, HEADER: msgspec.json.encode(both).decode()}
    try:
        body = _body(receipt, both.keys(), source)
    except (BadInput, msgspec.DecodeError, UnicodeError):
        body = b""  # nobody can read it, so nothing can be kept of it
    return replace(receipt, headers=headers, body=body)


def without_reasons(receipt: Receipt, keys: frozenset[str]) -> Receipt:
    """The receipt of answers without what vendors said of these commands; that they were answered stays."""
    answers = msgspec.json.decode(receipt.body, type=list[Answer])
    kept = [Answer(answer.key, answer.outcome) if answer.key in keys else answer for answer in answers]
    return replace(receipt, body=encode_answers(kept))


def with_keys(receipt: Receipt, renamed: Mapping[str, str]) -> Receipt:
    """The receipt with commands called by their new keys: in answers, clicks, and what was under way when it was read.

    Returns the same receipt where it speaks of none of them.
    """
    match receipt.door:
        case "answer":
            answers = msgspec.json.decode(receipt.body, type=list[Answer])
            if any(each.key in renamed for each in answers):
                told = [replace(each, key=renamed.get(each.key, each.key)) for each in answers]
                return replace(receipt, body=encode_answers(told))
        case "desk":
            clicks = msgspec.json.decode(receipt.body, type=list[Click])
            if any(each.subject in renamed for each in clicks):
                asked = [replace(each, subject=renamed.get(each.subject, each.subject)) for each in clicks]
                return replace(receipt, body=encode_clicks(asked))
        case "pull" if UNDER_WAY in receipt.headers:
            keys = json.loads(receipt.headers[UNDER_WAY])
            if not renamed.keys().isdisjoint(keys):
                sent = json.dumps(sorted(renamed.get(key, key) for key in keys))
                return replace(receipt, headers={**receipt.headers, UNDER_WAY: sent})
    return receipt


def texts_of(receipt: Receipt, source: SourceDecl | None) -> dict[int, bytes]:
    """Position → what stands there, as it came; a body that cannot be taken apart stands at 0."""
    try:
        match receipt.door:
            case "segment":
                return dict(enumerate(map(bytes, _events(receipt))))
            case "import":
                rows = parts(receipt, source.file if source else None)
                return {part.line: part.text.encode("utf-8", "surrogateescape") for part in rows}
            case "pull":
                return dict(enumerate(map(bytes, _records(receipt))))
            case _:
                return {}
    except (BadInput, msgspec.DecodeError, UnicodeError):
        return {0: receipt.body}


def _body(receipt: Receipt, gone: AbstractSet[int], source: SourceDecl | None) -> bytes:
    match receipt.door:
        case "segment":
            return _segment(receipt, gone)
        case "import":
            lines = (
                _blank(part.text) if part.line in gone else part.text
                for part in parts(receipt, source.file if source else None)
            )
            return "".join(lines).encode("utf-8", "surrogateescape")
        case "pull":
            records = [_nothing(raw) if n in gone else bytes(raw) for n, raw in enumerate(_records(receipt))]
            return b"[" + b",".join(records) + b"]"
        case "desk":
            clicks = msgspec.json.decode(receipt.body, type=list[Click])
            return encode_clicks([_CLICK if n in gone else click for n, click in enumerate(clicks)])
        case "match":
            pairs = msgspec.json.decode(receipt.body, type=list[Matched])
            return encode_matched([_MATCHED if n in gone else pair for n, pair in enumerate(pairs)])
        case _:
            return receipt.body


def _segment(receipt: Receipt, gone: AbstractSet[int]) -> bytes:
    if is_one_event(receipt):
        try:
            outer = msgspec.json.decode(receipt.body, type=dict[str, msgspec.Raw])
        except msgspec.DecodeError:
            outer = {}
        if "batch" not in outer:
            return b"{}"
    events = [b"{}" if n in gone else bytes(raw) for n, raw in enumerate(_events(receipt))]
    envelope = open_envelope(receipt.body, one_event=False)
    around = b""
    if not all(n in gone for n in range(len(events))):
        # What holds for all of them is still needed for the others.
        around = b"".join(
            b',"%s":%s' % (name, value)
            for name, value in (
                (b"sentAt", msgspec.json.encode(envelope.sent_at)),
                (b"context", bytes(envelope.context) if envelope.context is not None else b"null"),
            )
            if value != b"null"
        )
    return b'{"batch":[' + b",".join(events) + b"]" + around + b"}"


def _events(receipt: Receipt) -> Sequence[bytes | msgspec.Raw]:
    return open_envelope(receipt.body, one_event=is_one_event(receipt)).events


def _records(receipt: Receipt) -> list[msgspec.Raw]:
    return msgspec.json.decode(receipt.body, type=list[msgspec.Raw])


def _nothing(raw: msgspec.Raw) -> bytes:
    """A record that can be read and says nothing."""
    before = msgspec.json.decode(raw, type=Record)
    return msgspec.json.encode(Record("erased", "erased", "task", before.changed_at, deleted=True))


def _blank(text: str) -> str:
    """As many empty lines as the row had: those after it keep their numbers."""
    return "\n" * sum(line.endswith(("\n", "\r")) for line in io.StringIO(text, newline=""))
