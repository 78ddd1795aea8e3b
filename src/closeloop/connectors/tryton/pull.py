"""What changed since a cursor, and every record of an object: both page by id, so that equal stamps lose nothing.

A pull takes a window of time: everything whose stamp, or the stamp of a part, is not older than the window's beginning.
When the window is told, the next one begins at the server's time at which this one began, less the look-back.
`write_date` alone will not do: it is blank until the first change, so Tryton's `last_modified_at` is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from closeloop.connectors.tryton.client import Client
from closeloop.connectors.tryton.ground import Grounds
from closeloop.connectors.tryton.names import DEAL, EITHER, ENTITIES, LEAD_KEY, PARTY
from closeloop.connectors.tryton.reading import Domain, Reader
from closeloop.connectors.tryton.records import is_lead_deal
from closeloop.connectors.tryton.tagged import Row, written
from closeloop.ports import Clock, Pulled, Record
from closeloop.words.errors import Permanent
from closeloop.words.moment import from_us, to_us

_OPEN_LEAD = [
    ("reference", "like", f"{LEAD_KEY}%"),
    ["OR", ("state", "=", "lead"), [("state", "=", "cancelled"), ("party.active", "=", False)]],
]
_NO_OPEN_LEAD = [
    "OR",
    ("reference", "=", None),
    ("reference", "not like", f"{LEAD_KEY}%"),
    ("state", "not in", ["lead", "cancelled"]),
    [("state", "=", "cancelled"), ("party.active", "=", True)],
]


class Cursor(msgspec.Struct, frozen=True):
    """A window of changes and how far it is told. Times in microseconds.

    `end` is None between two windows; no window looks back beyond `floor`.
    """

    begin: int | None = None
    end: int | None = None
    floor: int = 0
    model: str = PARTY
    after: int = 0


class Puller:
    """Pages through changes and through everything.

    Args:
        client: tells the server's time.
        grounds: which category makes a person.
        reader: reads the pages.
        look_back: how far before a window's beginning it looks, for what was committed late.
        page_size: records a page, about.
        clock: stands in for a server that does not tell its time.
    """

    def __init__(
        self, client: Client, grounds: Grounds, reader: Reader, *, look_back: timedelta, page_size: int, clock: Clock
    ) -> None:
        self._client, self._grounds, self._reader, self._clock = client, grounds, reader, clock
        self._look_back, self._page_size = look_back, page_size

    def pull(self, cursor: str | None) -> Pulled:
        """The next page of the window."""
        at = _read(cursor)
        records, last = self._changed_parties(at) if at.model == PARTY else self._changed_deals(at)
        end = to_us(self._now()) if at.end is None else at.end
        if last is not None:
            return Pulled(tuple(records), _text(Cursor(at.begin, end, at.floor, at.model, last)), more=True)
        if at.model == PARTY:
            return Pulled(tuple(records), _text(Cursor(at.begin, end, at.floor, DEAL)), more=True)
        return Pulled(tuple(records), _text(Cursor(end, floor=at.floor)), more=False)

    def mark(self) -> str:
        """A window that begins now, by the server's time, which it tells in whole seconds."""
        self._grounds.get()
        self._client.ask(f"model.{DEAL}.search_count", [("id", "=", 0)])
        now = to_us(self._now())
        return _text(Cursor(now, floor=now))

    def count(self, object_name: str) -> int | None:
        """Companies and opportunities; who of the persons is a lead takes more than one call to tell."""
        if object_name == "Account":
            domain = [EITHER, *self._living(person=False)]
            return int(self._client.ask(f"model.{PARTY}.search_count", domain))
        if object_name == "Opportunity":
            self._grounds.get()
            return int(self._client.ask(f"model.{DEAL}.search_count", [_NO_OPEN_LEAD]))
        return None

    def scan(self, object_name: str, after: str | None) -> Pulled:
        """The next page of an object, by id."""
        since = [("id", ">", int(after or 0))]
        if object_name in ("Lead", "Opportunity"):
            domain = _OPEN_LEAD if object_name == "Lead" else [_NO_OPEN_LEAD]
            rows = self._reader.some_deals([*since, *domain], self._page_size)
            found = self._leads_of(rows) if object_name == "Lead" else self._reader.deal_records(rows)
        elif object_name in ENTITIES:
            living = self._living(person=object_name == "Contact")
            rows = self._reader.some_parties([*since, *living], self._page_size)
            found = self._reader.party_records(rows)
        else:
            raise Permanent(f"tryton has no {object_name}; it has {', '.join(ENTITIES)}")
        records = tuple(record for record in found if record.object == object_name and not record.became)
        cursor = str(rows[-1]["id"]) if rows else (after or "0")
        return Pulled(records, cursor, more=len(rows) == self._page_size)

    def _leads_of(self, rows: Sequence[Row]) -> list[Record]:
        """The leads behind these opportunities; one that has several is told with its oldest."""
        parties = {int(row["party."]["id"]): int(row["id"]) for row in reversed(rows)}
        oldest = {party: int(deals[0]["id"]) for party, deals in self._reader.lead_deals(parties).items()}
        told = [party for party, deal in parties.items() if oldest.get(party) == deal]
        return self._reader.party_records(list(self._reader.parties(told).values()))

    def _changed_parties(self, at: Cursor) -> tuple[list[Record], int | None]:
        since = self._since(at)
        changed = _party_changed(since, related=self._grounds.get().related) if since else []
        rows = self._reader.some_parties([("id", ">", at.after), self._outside(), *changed], self._page_size)
        return self._reader.party_records(rows), self._last(rows)

    def _changed_deals(self, at: Cursor) -> tuple[list[Record], int | None]:
        since = self._since(at)
        changed = [("last_modified_at", ">=", since)] if since else []
        rows = self._reader.some_deals([("id", ">", at.after), *changed], self._page_size)
        people = {int(row["party."]["id"]) for row in rows if is_lead_deal(row) and row.get("party.")}
        moved = self._reader.party_records(list(self._reader.parties(people).values())) if people else []
        return [*moved, *self._reader.deal_records(rows)], self._last(rows)

    def _living(self, *, person: bool) -> Domain:
        """Parties of one kind that live: one that was merged away lives on as another."""
        kind = ("categories", "where" if person else "not where", [("id", "=", self._grounds.get().person)])
        return [("replaced_by", "=", None), kind, self._outside()]

    def _outside(self) -> object:
        return ("id", "not in", self._reader.insiders())

    def _since(self, at: Cursor) -> object:
        if at.begin is None:
            return None
        return written(max(from_us(at.begin) - self._look_back, from_us(at.floor)))

    def _last(self, rows: Sequence[Row]) -> int | None:
        return int(rows[-1]["id"]) if len(rows) == self._page_size else None

    def _now(self) -> datetime:
        return self._client.server_now or self._clock.now()


def _party_changed(since: object, *, related: bool) -> Domain:
    """Each level of a domain that says nothing of `active` leaves out what is inactive, an "or" included."""
    late = ("last_modified_at", ">=", since)
    parts = ("contact_mechanisms", "addresses", "identifiers")
    changed: list[object] = ["OR", ("active", "in", []), late, *((part, "where", [late, EITHER]) for part in parts)]
    if related:  # the last_modified_at of a relation, seen from a party, is the time of the question
        stamps = ("write_date", "create_date")
        changed += [("relations", "where", [(stamp, ">=", since), EITHER]) for stamp in stamps]
    return [changed]


def _text(cursor: Cursor) -> str:
    return msgspec.json.encode(cursor).decode()


def _read(text: str | None) -> Cursor:
    if text is None:
        return Cursor()
    try:
        return msgspec.json.decode(text, type=Cursor)
    except msgspec.MsgspecError as error:
        what = f"tryton: this cursor is not one of ours ({error}); pull from the beginning with None"
        raise Permanent(what) from None
