"""Where the reading stands, kept by the hub as text: whose turn it is, from when, what was told of late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import msgspec

from closeloop.ports import Record
from closeloop.words.errors import Permanent

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)

_MOST_MARKS = 2_000
"""Beyond it, what the next round meets again is told again, which is harmless."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a round over the objects stands.

    Attributes:
        since: object → the moment from which its next round reads; absent: from the beginning.
        turn: the object whose pages are being read; "" before a round.
        began_at: when that object's reading began.
        low: the moment from which its current page is asked.
        token: its next page; None: the first.
        seen: object without a moment of change → digests of its rows as last read, packed.
        fresh: the same, of the round that is on.
        told: record → mark of its content, as told by the round before.
        met: the same for what this round met and the next one will meet again.
        edge: the same for the end of the last page, with which the next page begins.
    """

    since: Mapping[str, datetime] = field(default_factory=dict)
    turn: str = ""
    began_at: datetime | None = None
    low: datetime | None = None
    token: str | None = None
    seen: Mapping[str, str] = field(default_factory=dict)
    fresh: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)
    met: Mapping[str, str] = field(default_factory=dict)
    edge: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """As kept by the hub."""
        return msgspec.json.encode(self).decode()


def read_cursor(system: str, text: str | None) -> Cursor:
    """The inverse of `Cursor.text`; None is the beginning.

    Raises:
        Permanent: it was not made here.
    """
    if text is None:
        return Cursor()
    try:
        return msgspec.json.decode(text, type=Cursor)
    except msgspec.DecodeError as error:
        raise Permanent(f"{text[:100]!r} is no cursor of {system} ({error}); start over without a cursor") from None


def only_news(
    cursor: Cursor, records: Sequence[Record], look_back: timedelta, edge_from: datetime
) -> tuple[list[Record], Cursor]:
    """Leave out what was told before with the same content, and remember what will be met again.

    Args:
        cursor: of the round.
        records: of one page.
        look_back: how far the next round begins before this one.
        edge_from: the moment from which the next page will show again what this one shows.
    """
    again_from = (cursor.began_at or BEGINNING) - look_back
    last = {**cursor.told, **cursor.edge, **cursor.met}
    met, edge = dict(cursor.met), dict(cursor.edge)
    news: list[Record] = []
    for record in records:
        name, mark = f"{record.object} {record.id}", _mark(record)
        if last.get(name) != mark:
            news.append(record)
        last[name] = mark
        if record.changed_at >= again_from and (name in met or len(met) < _MOST_MARKS):
            met[name] = mark
        elif record.changed_at >= edge_from and len(edge) < _MOST_MARKS:
            edge[name] = mark
    return news, replace(cursor, met=met, edge=edge)


def _mark(record: Record) -> str:
    # Not its time: it is also stamped anew by edits of columns that are not read.
    content = msgspec.json.encode(replace(record, changed_at=BEGINNING))
    return blake2b(content, digest_size=6).hexdigest()
