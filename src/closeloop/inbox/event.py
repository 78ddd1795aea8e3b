"""One event of the Segment API as clients send it: checked for what would harm us, and for nothing else."""

from __future__ import annotations

import msgspec

from closeloop.words.errors import BadInput
from closeloop.words.text import has_unfit

LONGEST_EVENT = 32_768
"""Octets of one event, as the public clients bound it."""
LONGEST_ID = 500

Id = str | int | float | None


class Event(msgspec.Struct, rename="camel"):
    """One event as clients send it; what is not named here is ignored, and stays in the receipt."""

    type: str | None = None
    message_id: str | None = None
    user_id: Id = None
    anonymous_id: Id = None
    previous_id: Id = None
    group_id: Id = None
    event: str | None = None
    name: str | None = None
    traits: dict[str, object] | None = None
    properties: dict[str, object] | None = None
    context: dict[str, object] | None = None
    timestamp: str | None = None
    original_timestamp: str | None = None
    sent_at: str | None = None


_EVENT = msgspec.json.Decoder(Event)


def decode_event(raw: bytes) -> Event:
    """Read one event.

    Raises:
        BadInput: names the field, what it was and what would be valid.
    """
    if len(raw) > LONGEST_EVENT:
        raise BadInput(f"the event has {len(raw):,} octets; at most {LONGEST_EVENT:,} are taken")
    try:
        event = _EVENT.decode(raw)
    except msgspec.ValidationError as error:
        raise BadInput(_plain(str(error))) from None
    except msgspec.DecodeError as error:
        raise BadInput(f"the event is not JSON: {error}; half a surrogate pair and NaN cannot be kept") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"the event is not UTF-8: {error.reason}, {error.object[error.start]:#04x}") from None
    if b"\\u0000" in raw and (where := _nul(msgspec.to_builtins(event), "")):
        raise BadInput(f"{where}: has a NUL character, which no text may have; send it without")
    return event


def id_under(name: str, given: Id) -> str | None:
    """The id under a name such as "userId", as text; None when it is missing or blank.

    Raises:
        BadInput: too long for an index, or with control characters.
    """
    if given is None or given == "":
        return None
    text = str(int(given)) if isinstance(given, float) and given.is_integer() else str(given)
    if len(text) > LONGEST_ID or has_unfit(text):
        raise BadInput(f"{name}: {text[:40]!r}… is no id; valid is text of up to {LONGEST_ID} characters")
    return text.strip() or None


def _plain(error: str) -> str:
    """Msgspec's message with the field first: "userId: expected int | float | str | null, got `object`"."""
    what, _, where = error.partition(" - at `$")
    field = where.strip("`").removeprefix(".")
    return f"{field}: {what[:1].lower()}{what[1:]}" if field else f"the event: {what[:1].lower()}{what[1:]}"


def _nul(value: object, where: str) -> str | None:
    if isinstance(value, str):
        return where if "\x00" in value else None
    if isinstance(value, dict):
        if any("\x00" in str(name) for name in value):
            return f"{where or 'the event'} (a name in it)"
        parts = [(f"{where}.{name}" if where else str(name), part) for name, part in value.items()]
    elif isinstance(value, list):
        parts = [(f"{where}[{index}]", part) for index, part in enumerate(value)]
    else:
        return None
    return next((found for name, part in parts if (found := _nul(part, name))), None)
