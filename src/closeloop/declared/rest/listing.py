"""The records of one object: listed page by page, found by our key, fetched by id, each a record of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from closeloop.declared.nouns import DeclaredObject
from closeloop.declared.rest import paging
from closeloop.declared.rest.nouns import Call, ObjectCalls, Page, Pairs, Params
from closeloop.declared.rest.refusals import Refused, Reply
from closeloop.declared.rest.shapes import Names, dig, fill, flat, slots, written_moment
from closeloop.declared.rest.wire import Wire
from closeloop.declared.rows import changed_at, to_record
from closeloop.declared.values import as_text
from closeloop.ports import Record, Value
from closeloop.words.errors import BadInput, Permanent

Row = Mapping[str, object]

GONE = (404, 410)
_MOST_FOUND = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of rows, as columns; `after` is the token of the next page, `total` what the vendor counts."""

    rows: tuple[Row, ...]
    after: str | None
    total: int | None


class Listing:
    """Reads one object of one vendor.

    Args:
        wire: the vendor.
        declared: what its rows are.
        calls: how it is asked.
        page: how lists go on where `calls` does not say.
    """

    def __init__(self, wire: Wire, declared: DeclaredObject, calls: ObjectCalls, page: Page) -> None:
        self.wire, self.declared, self.calls = wire, declared, calls
        self.page = calls.page or page
        self._names: dict[str, Mapping[str, str]] = {}

    def page_of(self, token: str | None, since: datetime | None = None, size: int | None = None) -> Listed:
        """One page of the list, of what changed since a moment if one is given. Raises as `Wire.call`."""
        params = dict(self.calls.order)
        values: dict[str, object] = {}
        if since is not None and self.calls.since is not None:
            params = dict(self.calls.since)
            values["since"] = written_moment(since, self.calls.since_as)
        return self._listed(params, values, token, size or self.page.size)

    def found(self, params: Params, values: Mapping[str, object]) -> list[Row]:
        """The rows that a search leaves, at most one page."""
        return list(self._listed(params, values, None, max(_MOST_FOUND, 2)).rows)

    def by_key(self, our_key: str) -> Row | None:
        """The row that carries our key, checked here too: a vendor's search may be looser than asked."""
        key = self.declared.key
        if self.calls.find is None or key is None:
            raise Permanent(f"{self.declared.name} has no `rest.find` and `key` in its declaration, so none is found")
        rows = self.found(self.calls.find, {"key": our_key})
        return next((row for row in rows if str(row.get(key)) == our_key), None)

    def twins(self, fields: Mapping[str, Value]) -> list[Row]:
        """The rows that `same` finds for fields of ours, each compared here too: a value may be a wildcard there."""
        same = self.calls.same
        if same is None:
            return []
        given = {name: value for name, value in fields.items() if value is not None}
        rows = self.found(same, given)
        asked = slots(same) & set(given)
        return [row for row in rows if asked and all(self._has(row, name, given[name]) for name in asked)]

    def _has(self, row: Row, name: str, value: Value) -> bool:
        own, wanted = as_text(self.record(row).fields.get(name)), as_text(value)
        return own is not None and wanted is not None and own.casefold() == wanted.casefold()

    def one(self, id_: str) -> Row | None:
        """The row with this id; None when it is gone.

        Raises:
            Permanent: nothing is there any more, the list included, so that it is the interface that is gone.
        """
        if self.calls.one is None:
            raise Permanent(f"{self.declared.name} has no `rest.one` in its declaration; add how one record is read")
        try:
            reply = self.ask(self.calls.one, id_)
        except Refused as refused:
            if refused.status not in GONE:
                raise
            self.check_alive()
            return None
        item = dig(reply.body, self.calls.wrap)
        return self.flat(item) if isinstance(item, Mapping) else None

    def check_alive(self) -> None:
        """Ask for the list: a record that is not there means something only as long as its list is.

        Raises:
            Permanent: the list is gone too.
        """
        self.page_of(None, size=1)

    def ask(self, call: Call, id_: str = "", body: object = None) -> Reply:
        """Make one of the object's calls. Raises as `Wire.call`."""
        path = call.path.replace("{id}", quote(id_, safe=""))
        return self.wire.call(call.method, path, params=fill(call.params, {}), body=body)

    def record(self, row: Row) -> Record:
        """A row as a record.

        Raises:
            Permanent: it has no id where the declaration says.
        """
        try:
            return to_record(self.declared, row, self.wire.clock.now())
        except BadInput as error:
            raise Permanent(f"{self.wire.vendor}: {error}") from error

    def records(self, rows: Sequence[Row]) -> tuple[Record, ...]:
        """Rows as records, acts that are no touch of ours left out."""
        made = [self.record(row) for row in rows]
        return tuple(one for one in made if one.entity != "activity" or one.touch is not None)

    def flat(self, item: Mapping[str, object]) -> Row:
        """One item of an answer as columns."""
        return flat(item, self.calls.pairs, self.calls.moments, self.names())

    def names(self) -> Names:
        """The vendor's names of the fields in lists of pairs, asked for once."""
        for each in self.calls.pairs:
            if each.names is not None and each.column not in self._names:
                self._names[each.column] = self._asked_names(each)
        return self._names

    def n_unasked(self) -> int:
        """How many calls `names` would make."""
        return sum(each.names is not None and each.column not in self._names for each in self.calls.pairs)

    def catalogue(self) -> Sequence[Mapping[str, object]]:
        """The vendor's own catalogues of the fields in lists of pairs, as it gives them."""
        found: list[Mapping[str, object]] = []
        for each in self.calls.pairs:
            if each.names is not None:
                body = self.wire.call("GET", each.names.path, params=fill(each.names.params, {})).body
                items = dig(body, each.names.items)
                found += [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []
        return found

    def _asked_names(self, each: Pairs) -> Mapping[str, str]:
        names = each.names
        if names is None:
            return {}
        items = dig(self.wire.call("GET", names.path, params=fill(names.params, {})).body, names.items)
        if not isinstance(items, list):
            raise Permanent(f"{self.wire.vendor}: {names.path} has no list at {names.items!r}; correct `names`")
        named = [(dig(item, names.id), dig(item, names.name)) for item in items]
        return {str(id_): str(name) for id_, name in named if id_ is not None and name is not None}

    def _listed(self, params: Params, values: Mapping[str, object], token: str | None, size: int) -> Listed:
        asked = paging.ask(self.page, token, size)
        own = {} if asked.address else {**fill({**self.calls.list.params, **params}, values), **asked.params}
        path = asked.address or self.calls.list.path
        try:
            reply = self.wire.call("GET", path, params=own, headers=asked.headers)
        except Refused as refused:
            if refused.status != paging.RANGE_PAST_END:
                raise
            return Listed((), None, None)
        items = dig(reply.body, self.calls.items)
        if items is None and self.calls.items and isinstance(reply.body, Mapping):
            items = []
        if not isinstance(items, list):
            raise Permanent(
                f"{self.wire.vendor}: {path.partition('?')[0]} has no list at {self.calls.items or 'its top'!r};"
                " correct `rest.items` in the declaration"
            )
        rows = tuple(self.flat(item) for item in items if isinstance(item, Mapping))
        after = paging.following(self.page, reply, token, len(items), size)
        return Listed(rows, after, paging.told_total(self.page, self.calls.total, reply))


def since_of(listing: Listing, row: Row) -> datetime | None:
    """When a row says that it changed; None where it does not say."""
    return changed_at(listing.declared, row)
