"""A vendor by declaration as a `Connector`: the list of what it can do, each ability in a file of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from closeloop.declared.nouns import Declared
from closeloop.declared.rest.cursor import read_cursor
from closeloop.declared.rest.listing import Listing
from closeloop.declared.rest.nouns import RestPart
from closeloop.declared.rest.pulling import LOOK_BACK, cursor_now, pull_page
from closeloop.declared.rest.pushing import Pushing
from closeloop.declared.rest.wire import Wire
from closeloop.declared.rows import to_owner
from closeloop.ports import Answer, Command, Limits, Outcome, Owner, Pulled, Record, Ref, Shape, ShapeField
from closeloop.words.errors import Barred, Permanent, Transient


class RestSystem:
    """One vendor.

    Args:
        wire: how it is called, and its name in messages.
        declared: its records.
        part: its requests.
        look_back: how far each round of reading goes back behind the beginning of the last one.
    """

    system = "rest"
    can_merge: frozenset[str] = frozenset()
    bulk_size = 0
    bulk_from = 0

    def __init__(self, wire: Wire, declared: Declared, part: RestPart, look_back: timedelta = LOOK_BACK) -> None:
        self.person_objects, self.batch_size = declared.person_objects, part.budget.batch
        self.wire, self.declared, self._part, self._look_back = wire, declared, part, look_back
        self.listings = {
            each.name: Listing(wire, each, part.objects[each.name], part.page) for each in declared.in_order()
        }
        self._pushing = Pushing(wire.vendor, self.listings)

    @property
    def calls(self) -> int:
        """Requests made, those that only sign in left out."""
        return self.wire.calls

    def cost(self, commands: Sequence[Command]) -> int:
        """Calls of one push, those that ask for the vendor's names of fields included where they are not known yet."""
        written = {command.object for command in commands if self._pushing.cost(command)}
        unasked = sum(self.listings[name].n_unasked() for name in written)
        return unasked + sum(self._pushing.cost(command) for command in commands)

    def discover(self) -> Sequence[Shape]:
        """The fields by the declaration, or the columns of the first page where it names none; types as seen there."""
        return [self._shape(listing) for listing in self.listings.values()]

    def owners(self) -> Sequence[Owner]:
        """The users that the declaration names, a call for each page of them."""
        declared, calls = self.declared.owners, self._part.owners
        if declared is None or calls is None:
            return ()
        listing = Listing(self.wire, declared, calls, self._part.page)
        found: list[Owner] = []
        after: str | None = None
        while True:
            page = listing.page_of(after)
            found += [to_owner(listing.record(row)) for row in page.rows]
            if (after := page.after) is None:
                return found

    def pull(self, cursor: str | None) -> Pulled:
        """The next page of what changed; what is as it was is not told again."""
        return pull_page(self.listings, read_cursor(self.wire.vendor, cursor), self._look_back, self.wire.clock)

    def mark(self) -> str:
        """A cursor for now; what changed of late, and all of what has no moment of change, is read for it."""
        return cursor_now(self.listings, self._look_back, self.wire.clock)

    def objects(self) -> Sequence[str]:
        """The declared objects, those that others point to first."""
        return list(self.listings)

    def count(self, object_name: str) -> int | None:
        """What the vendor says in the list's `total`; None without it, or where deleted records are listed too."""
        listing = self._listing(object_name)
        if listing.declared.deleted or listing.declared.became:
            return None
        return listing.page_of(None, size=None if listing.page.by == "range" else 1).total

    def scan(self, object_name: str, after: str | None) -> Pulled:
        """The next page of the whole list."""
        listing = self._listing(object_name)
        page = listing.page_of(after)
        living = tuple(one for one in listing.records(page.rows) if not one.deleted and not one.became)
        return Pulled(living, page.after or "", more=page.after is not None)

    def push(self, commands: Sequence[Command]) -> Sequence[Answer]:
        """Carry out commands one by one; when the vendor is away or asks for patience, those left are not tried."""
        answers: list[Answer] = []
        for index, command in enumerate(commands):
            try:
                answers.append(self.carry_out(command))
            except (Transient, Barred) as error:
                return [*answers, *put_off_all(commands[index:], error)]
        return answers

    def carry_out(self, command: Command) -> Answer:
        """Carry out one command.

        Raises:
            Transient, Barred: the vendor is away, asks for patience or does not let us in, so the next command would
                fare no better.
        """
        return self._pushing.answer(command)

    def read_back(self, object_name: str, our_keys: Sequence[str]) -> Mapping[str, Record]:
        """The records that carry these keys of ours: a search for each."""
        listing = self._listing(object_name)
        found = {key: listing.by_key(key) for key in dict.fromkeys(our_keys)}
        return {key: listing.record(row) for key, row in found.items() if row is not None}

    def fetch(self, refs: Sequence[Ref]) -> Mapping[Ref, Record]:
        """These records as they stand now: a call for each. One that is gone is absent."""
        known = [ref for ref in dict.fromkeys(refs) if ref.object in self.listings]
        found = {ref: self.listings[ref.object].one(ref.id) for ref in known}
        return {ref: self.listings[ref.object].record(row) for ref, row in found.items() if row is not None}

    def limits(self) -> Limits:
        """The day's calls by the declaration, less those that this connector made; asks nobody."""
        return Limits(self.wire.left_today(), self._part.budget.per_day)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> bool:
        """A declaration says nothing of webhooks, so none is believed."""
        return False

    def close(self) -> None:
        """Let go of connections."""
        self.wire.close()

    def _listing(self, object_name: str) -> Listing:
        if object_name not in self.listings:
            raise Permanent(
                f"{self.wire.vendor} has no {object_name!r} in its declaration; valid are {', '.join(self.listings)}"
            )
        return self.listings[object_name]

    def _shape(self, listing: Listing) -> Shape:
        declared, rows = listing.declared, listing.page_of(None).rows
        seen = {column: value for row in rows for column, value in row.items() if value not in (None, "")}
        columns = {column: column for row in rows for column in row} if declared.fields is None else declared.fields
        writable = declared.write if listing.calls.update or listing.calls.create else frozenset()
        fields = [
            ShapeField(name, _type(seen.get(column)), name in writable) for name, column in sorted(columns.items())
        ]
        return Shape(declared.name, declared.entity, tuple(fields))


def _type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "text"


def put_off_all(commands: Sequence[Command], error: Transient | Barred) -> list[Answer]:
    """The answers for commands that have to be tried again."""
    asked = error.retry_after if isinstance(error, Transient) else None
    after = asked.total_seconds() if asked else None
    return [Answer(command.key, Outcome.TRANSIENT, command.ref, str(error), after) for command in commands]
