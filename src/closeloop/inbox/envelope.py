"""The envelope of a tracking request, opened just far enough to know that it can be kept: one event, or a batch.

The events stay bytes, so that one which cannot be read harms no other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from closeloop.words.errors import BadInput


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands around the events.

    Attributes:
        events: each as JSON text, not yet checked.
        write_key: as some clients send it in the body.
        sent_at: the sender's clock when it sent, as given.
        context: JSON of what holds for every event of the batch that does not say otherwise.
    """

    events: Sequence[bytes | msgspec.Raw]
    write_key: str | None
    sent_at: str | None
    context: bytes | msgspec.Raw | None


def open_envelope(body: bytes, *, one_event: bool) -> Envelope:
    """Open the body of a request.

    Args:
        body: as sent, inflated.
        one_event: the path names a kind of event, so a body without "batch" is that event.

    Raises:
        BadInput: not JSON, no object, or without a "batch" that is a list: says where and what would be valid.
    """
    try:
        outer = _OUTER.decode(body)
    except msgspec.ValidationError as error:
        raise BadInput(f"the body is not a tracking request: {error}; {_VALID}") from None
    except msgspec.DecodeError as error:
        return _loosely(body, error)
    except UnicodeDecodeError as error:
        raise BadInput(f"the body is not UTF-8: {error.reason}, {error.object[error.start]:#04x}; {_VALID}") from None
    except RecursionError:
        raise BadInput(f"the body is nested too deeply to be read; {_VALID}") from None
    if outer.batch is not msgspec.UNSET:
        return Envelope(outer.batch, _text(outer.write_key), _text(outer.sent_at), outer.context or None)
    if not one_event:
        raise BadInput(f'the body has no "batch"; {_VALID}')
    return Envelope((body,), _text(outer.write_key), _text(outer.sent_at), None)


class _Outer(msgspec.Struct, rename="camel"):
    batch: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    write_key: object = None
    sent_at: object = None
    context: msgspec.Raw = msgspec.Raw()  # in a union with None, no object would fit


_OUTER = msgspec.json.Decoder(_Outer)
_VALID = 'valid is {"batch": [{"type": "track", …}, …]}, or one event as an object'


def _loosely(body: bytes, error: msgspec.DecodeError) -> Envelope:
    """Open a batch in which single events are no strict JSON, so that the others are not lost with them.

    Real clients send NaN and halves of surrogate pairs. Written anew, both stay what they are, and the strict decoder
    finds the event at fault when events are read.
    """
    try:
        loaded = json.loads(body)
    except (ValueError, RecursionError):
        loaded = None
    if not isinstance(loaded, dict) or not isinstance(loaded.get("batch"), list):
        raise BadInput(f"the body is not JSON: {error}; {_VALID}") from None
    events = [json.dumps(event).encode() for event in loaded["batch"]]
    context = json.dumps(loaded.get("context")).encode()
    return Envelope(events, _text(loaded.get("writeKey")), _text(loaded.get("sentAt")), context)


def _text(given: object) -> str | None:
    return given if isinstance(given, str) else None
