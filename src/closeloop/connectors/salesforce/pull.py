"""What changed at Salesforce since a cursor: object by object, in the order of (SystemModstamp, Id), with look-back.

A page may end inside a run of equal stamps without losing any, since the next one begins after a pair of stamp and id.
A round begins a little before the newest stamp seen, because a change may become visible later than one with a later
stamp; what was delivered in that time already, unchanged, is not delivered again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b

import msgspec

from closeloop.connectors.salesforce.client import Client, Row
from closeloop.connectors.salesforce.reading import Reader
from closeloop.connectors.salesforce.shapes import Shapes
from closeloop.ports import Pulled, Record, Ref
from closeloop.words.errors import Permanent
from closeloop.words.moment import parse

ORDER = ("Account", "Contact", "Lead", "OpportunityContactRole", "Opportunity", "Task", "Event")
_MOST_REMEMBERED = 500  # beyond it a cursor would grow without bound; the rest is delivered twice, which is harmless


@dataclass(frozen=True, slots=True)
class Mark:
    """How far one object is read.

    Attributes:
        newest: the latest stamp seen or, if later, when the last whole round began, both by Salesforce's clock.
        begun: when the round under way began.
        after: stamp and id of the last row of the page before, inside a round.
        seen: id → stamp and digest of what was delivered within the look-back.
    """

    newest: str | None = None
    begun: str | None = None
    after: tuple[str, str] | None = None
    seen: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far everything is read; `at` counts in ORDER."""

    at: int = 0
    marks: dict[str, Mark] = field(default_factory=dict)


class Puller:
    """Reads rounds over all objects, a page at a time."""

    def __init__(self, client: Client, shapes: Shapes, reader: Reader, *, look_back: timedelta, page_size: int) -> None:
        self._client, self._shapes, self._reader = client, shapes, reader
        self._look_back, self._page_size = look_back, page_size

    def pull(self, text: str | None) -> Pulled:
        """The next page; `more` is False when the round over all objects is complete."""
        cursor, records = _read(text), list[Record]()
        while cursor.at < len(ORDER) and len(records) < self._page_size:
            name = ORDER[cursor.at]
            mark = self._begun(cursor.marks.get(name, Mark()))
            rows, done = self._rows_after(name, mark)
            records += self._to_records(name, [row for row in rows if mark.seen.get(str(row["Id"])) != _print_of(row)])
            mark = self._moved(mark, rows, done=done)
            cursor = Cursor(cursor.at + done, {**cursor.marks, name: mark})
        more = cursor.at < len(ORDER)
        cursor = cursor if more else replace(cursor, at=0)
        return Pulled(tuple(records), msgspec.json.encode(cursor).decode(), more)

    def _begun(self, mark: Mark) -> Mark:
        """The time is taken from an answer before the round's first query: rather too early than too late."""
        now = self._client.vendor_now
        return replace(mark, begun=None if now is None else _stamp(now)) if mark.after is None else mark

    def _rows_after(self, name: str, mark: Mark) -> tuple[list[Row], bool]:
        where = ""
        if mark.after is not None:
            at, record_id = _literal(mark.after[0]), mark.after[1]
            where = f"WHERE (SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > '{record_id}')) "
        elif mark.newest is not None:
            where = f"WHERE SystemModstamp >= {_literal(mark.newest, self._look_back)} "
        order = f"ORDER BY SystemModstamp, Id LIMIT {self._page_size}"
        rows, all_told = self._client.query_start(name, self._shapes.selected(name), where + order)
        return rows, all_told and len(rows) < self._page_size

    def _moved(self, mark: Mark, rows: Sequence[Row], *, done: bool) -> Mark:
        last = (str(rows[-1]["SystemModstamp"]), str(rows[-1]["Id"])) if rows else ("", "")
        newest = max(last[0], mark.newest or "", (done and mark.begun) or "")
        if not newest:
            return Mark()
        seen = mark.seen | {str(row["Id"]): _print_of(row) for row in rows}
        horizon = parse(newest) - self._look_back
        kept = [(record_id, known) for record_id, known in seen.items() if parse(known[0]) >= horizon]
        return Mark(newest, mark.begun, None if done else last, dict(kept[-_MOST_REMEMBERED:]))

    def _to_records(self, name: str, rows: Sequence[Row]) -> list[Record]:
        if name != "OpportunityContactRole":
            return self._reader.to_records(name, rows)
        # A role changes whom its deal is about without changing the deal's own stamp.
        deals = dict.fromkeys(Ref("Opportunity", str(row["OpportunityId"])) for row in rows)
        return list(self._reader.fetch(deals).values())


def _read(text: str | None) -> Cursor:
    if text is None:
        return Cursor()
    try:
        return msgspec.json.decode(text, type=Cursor)
    except msgspec.MsgspecError as error:
        what = f"salesforce: this cursor is not one of ours ({error}); pull from the beginning with None"
        raise Permanent(what) from None


def _literal(stamp: str, back: timedelta = timedelta(0)) -> str:
    return _stamp(parse(stamp) - back).replace("+0000", "Z")


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"


def _print_of(row: Row) -> tuple[str, str]:
    """Stamp and digest: two changes within one tick of the vendor's clock have the same stamp."""
    return str(row["SystemModstamp"]), blake2b(msgspec.json.encode(row), digest_size=6).hexdigest()
