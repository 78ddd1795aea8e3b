"""What changed at Salesforce since a cursor: object by object, in the order of (SystemModstamp, Id), with look-back.

A page may end inside a run of equal stamps without losing any, since the next one begins after a pair of stamp and id.
A round begins a little before the newest stamp seen, because a change may become visible later than one with a later
stamp; what was delivered in that time already, unchanged, is not delivered again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from closeloop.connectors.salesforce.client import Client, Row
from closeloop.connectors.salesforce.cursor import Cursor, Mark, literal, print_of, read_cursor, to_stamp
from closeloop.connectors.salesforce.deletions import Deletions
from closeloop.connectors.salesforce.reading import Reader
from closeloop.connectors.salesforce.records import ROLES
from closeloop.connectors.salesforce.shapes import Shapes
from closeloop.ports import Pulled, Record, Ref
from closeloop.words.errors import Permanent
from closeloop.words.moment import parse

_MOST_REMEMBERED = 500  # beyond it a cursor would grow without bound; the rest is delivered twice, which is harmless


class Puller:
    """Reads rounds over all objects, a page at a time."""

    def __init__(
        self,
        client: Client,
        shapes: Shapes,
        reader: Reader,
        deletions: Deletions,
        *,
        look_back: timedelta,
        page_size: int,
    ) -> None:
        self._client, self._shapes, self._reader, self._deletions = client, shapes, reader, deletions
        self._look_back, self._page_size = look_back, page_size
        self._order = tuple(shapes.entities)

    def pull(self, text: str | None) -> Pulled:
        """The next page; `more` is False when the round over all objects is complete. Raises Lost."""
        cursor, records = read_cursor(text), list[Record]()
        while cursor.at < len(self._order) and len(records) < self._page_size:
            name = self._order[cursor.at]
            mark, rows, done = self._step(name, cursor.marks.get(name, Mark()))
            records += self._to_records(name, rows)
            if done and name != ROLES:
                gone, mark = self._deletions.told(name, mark)
                records += gone
            cursor = Cursor(cursor.at + done, {**cursor.marks, name: mark})
        more = cursor.at < len(self._order)
        cursor = cursor if more else replace(cursor, at=0)
        return Pulled(tuple(records), cursor.text(), more)

    def mark(self) -> str:
        """A cursor for now. What changed within the look-back is read, so that it is known to have been there."""
        self._client.read("/limits")
        now = self._client.vendor_now
        marks: dict[str, Mark] = {}
        if now is None:
            raise Permanent(
                "salesforce does not tell its time (no Date in its answers), without which nothing is marked"
            )
        stamp = to_stamp(now)
        for name in self._order:
            mark, done = Mark(newest=stamp, gone=stamp), False
            while not done:
                mark, _, done = self._step(name, mark)
            marks[name] = mark
        return Cursor(0, marks).text()

    def _step(self, name: str, mark: Mark) -> tuple[Mark, list[Row], bool]:
        """One page of one object: the mark after it, the rows that are new, whether the round is over for it."""
        known = self._shapes.has(name)
        mark = self._begun(mark)
        if not known:
            return mark, [], True
        rows, done = self._rows_after(name, mark)
        fresh = [row for row in rows if mark.seen.get(str(row["Id"])) != print_of(row)]
        return self._moved(mark, rows, done=done), fresh, done

    def _begun(self, mark: Mark) -> Mark:
        """The time is taken from an answer before the round's first query: rather too early than too late."""
        now = self._client.vendor_now
        return replace(mark, begun=None if now is None else to_stamp(now)) if mark.after is None else mark

    def _rows_after(self, name: str, mark: Mark) -> tuple[list[Row], bool]:
        where = ""
        if mark.after is not None:
            at, record_id = literal(mark.after[0]), mark.after[1]
            where = f"WHERE (SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > '{record_id}')) "
        elif mark.newest is not None:
            where = f"WHERE SystemModstamp >= {literal(mark.newest, self._look_back)} "
        rest = where + f"ORDER BY SystemModstamp, Id LIMIT {self._page_size}"
        rows, all_told = self._reader.with_fields(name, lambda fields: self._client.query_start(name, fields, rest))
        return rows, all_told and len(rows) < self._page_size

    def _moved(self, mark: Mark, rows: Sequence[Row], *, done: bool) -> Mark:
        last = (str(rows[-1]["SystemModstamp"]), str(rows[-1]["Id"])) if rows else ("", "")
        newest = max(last[0], mark.newest or "", (done and mark.begun) or "")
        if not newest:
            return Mark()
        seen = mark.seen | {str(row["Id"]): print_of(row) for row in rows}
        horizon = parse(newest) - self._look_back
        kept = [(record_id, known) for record_id, known in seen.items() if parse(known[0]) >= horizon]
        return Mark(newest, mark.begun, None if done else last, dict(kept[-_MOST_REMEMBERED:]), mark.gone)

    def _to_records(self, name: str, rows: Sequence[Row]) -> list[Record]:
        if name != ROLES:
            return self._reader.to_records(name, rows)
        # A role changes whom its deal is about without changing the deal's own stamp.
        deals = dict.fromkeys(Ref("Opportunity", str(row["OpportunityId"])) for row in rows)
        return [*self._reader.fetch(deals).values(), *self._reader.to_records(name, rows)]
