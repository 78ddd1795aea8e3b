"""Where the reading stands, kept by the hub as text: a round over the logs, and what was delivered of late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b

import msgspec

from closeloop.connectors.marketo.extract import Place
from closeloop.ports import Record
from closeloop.words.errors import Permanent

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)

_MOST_MARKS = 2_000
"""Beyond it, what the next round repeats is delivered again, which is harmless."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a round stands.

    Attributes:
        since: the moment from which the round reads.
        began_at: when the round began; None before its first page.
        tokens: of each log, its next page; None when its end was reached.
        told: record → mark of its content, as last delivered by the round before.
        met: the same for what this round came upon and the next one will come upon again.
        load: how far the first load is, before the first round.
    """

    since: datetime
    began_at: datetime | None = None
    tokens: tuple[str | None, ...] = ()
    told: Mapping[str, str] = field(default_factory=dict)
    met: Mapping[str, str] = field(default_factory=dict)
    load: Place | None = None

    def text(self) -> str:
        """As kept by the hub."""
        return msgspec.json.encode(self).decode()


def read_cursor(text: str) -> Cursor:
    """The inverse of `Cursor.text`.

    Raises:
        Permanent: it was not made here.
    """
    try:
        return msgspec.json.decode(text, type=Cursor)
    except msgspec.DecodeError as error:
        raise Permanent(f"{text[:100]!r} is no cursor of Marketo's ({error}); start over without a cursor") from None


def only_news(cursor: Cursor, records: Sequence[Record], again_from: datetime) -> tuple[list[Record], Cursor]:
    """Leave out what was delivered before with the same content, and remember what will be met again.

    Args:
        cursor: of the round.
        records: what the round came upon, in order.
        again_from: the moment from which the next round reads.
    """
    last, met = {**cursor.told, **cursor.met}, dict(cursor.met)
    news = []
    for record in records:
        name, mark = f"{record.object} {record.id}", _mark(record)
        if last.get(name) != mark:
            news.append(record)
        last[name] = mark
        if record.changed_at >= again_from and (name in met or len(met) < _MOST_MARKS):
            met[name] = mark
    return news, replace(cursor, met=met)


def _mark(record: Record) -> str:
    # Not its time: a lead is also stamped anew by edits of fields that are not read, our own among them.
    content = msgspec.json.encode(replace(record, changed_at=BEGINNING))
    return blake2b(content, digest_size=8).hexdigest()
