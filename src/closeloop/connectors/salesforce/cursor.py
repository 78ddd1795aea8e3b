"""How far Salesforce is read: what a cursor of ours holds, and moments as Salesforce writes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b

import msgspec

from closeloop.connectors.salesforce.client import Row
from closeloop.words.errors import Permanent
from closeloop.words.moment import parse


@dataclass(frozen=True, slots=True)
class Mark:
    """How far one object is read.

    Attributes:
        newest: the latest stamp seen or, if later, when the last whole round began, both by Salesforce's clock.
        begun: when the round under way began.
        after: stamp and id of the last row of the page before, inside a round.
        seen: id → stamp and digest of what was delivered within the look-back.
        gone: until when deletions from the bin are told.
    """

    newest: str | None = None
    begun: str | None = None
    after: tuple[str, str] | None = None
    seen: dict[str, tuple[str, str]] = field(default_factory=dict)
    gone: str | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far everything is read; `at` counts in the objects that are read."""

    at: int = 0
    marks: dict[str, Mark] = field(default_factory=dict)

    def text(self) -> str:
        """As the hub keeps it."""
        return msgspec.json.encode(self).decode()


def read_cursor(text: str | None) -> Cursor:
    """The cursor of a text, a new one for None. Raises Permanent when it is not one of ours."""
    if text is None:
        return Cursor()
    try:
        return msgspec.json.decode(text, type=Cursor)
    except msgspec.MsgspecError as error:
        what = f"salesforce: this cursor is not one of ours ({error}); pull from the beginning with None"
        raise Permanent(what) from None


def literal(stamp: str, back: timedelta = timedelta(0)) -> str:
    """A stamp as a query has it, moved back by so much."""
    return to_stamp(parse(stamp) - back).replace("+0000", "Z")


def to_stamp(at: datetime) -> str:
    """A moment as Salesforce writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"


def print_of(row: Row) -> tuple[str, str]:
    """Stamp and digest: two changes within one tick of the vendor's clock have the same stamp."""
    return str(row["SystemModstamp"]), blake2b(msgspec.json.encode(row), digest_size=6).hexdigest()
