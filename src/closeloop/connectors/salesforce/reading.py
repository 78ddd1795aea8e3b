"""Records read by id or by our key, whole: with whoever has a role in a deal, and the stages it went through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from closeloop.connectors.salesforce import deals
from closeloop.connectors.salesforce.client import Client, Row
from closeloop.connectors.salesforce.judging import BadCall
from closeloop.connectors.salesforce.portions import portions, quoted
from closeloop.connectors.salesforce.records import KEY, to_record
from closeloop.connectors.salesforce.shapes import Shapes
from closeloop.ports import Record, Ref

KEYS_A_QUERY = 100
"""Keys of ours are longer than ids, and a query is part of an address, which may have 16 thousand characters."""


Rows = tuple[list[Row], bool]
"""Rows, and whether there are no more of them."""


class Reader:
    """Reads single records; `Puller` reads what changed."""

    def __init__(self, client: Client, shapes: Shapes) -> None:
        self._client, self._shapes = client, shapes

    def fetch(self, refs: Iterable[Ref], *, whole: bool = True) -> dict[Ref, Record]:
        """These records as they stand, those in the bin included; one that was never there is absent.

        Args:
            refs: any number, of any objects.
            whole: with the roles and stages of deals, which take calls of their own.
        """
        ids: dict[str, list[str]] = {}
        for ref in refs:
            ids.setdefault(ref.object, []).append(ref.id)
        found = (
            record for name, wanted in ids.items() for record in self._having(name, "Id", portions(wanted), whole=whole)
        )
        return {Ref(record.object, record.id): record for record in found}

    def by_key(self, object_name: str, keys: Sequence[str], *, whole: bool = True) -> dict[str, Record]:
        """The records that carry these keys; of two with one key, the one that is not deleted."""
        found = self._having(object_name, KEY, portions(keys, KEYS_A_QUERY), whole=whole)
        living_last = sorted(found, key=lambda record: not record.deleted)
        return {record.our_key: record for record in living_last if record.our_key is not None}

    def to_records(self, object_name: str, rows: Sequence[Row], *, whole: bool = True) -> list[Record]:
        """Rows with all selected fields, as records."""
        if not rows:
            return []
        about: deals.Told = {}
        if whole and object_name == "Opportunity":
            about = deals.told(self._client, self._shapes, [str(row["Id"]) for row in rows])
        us, entity = self._client.user_id, self._shapes.entities.get(object_name, "activity")
        targets = self._shapes.targets(object_name)
        valued = (self._shapes.valued(object_name, row) for row in rows)
        return [to_record(object_name, row, entity, targets, deal=about.get(str(row["Id"])), us=us) for row in valued]

    def with_fields(self, object_name: str, ask: Callable[[tuple[str, ...]], Rows]) -> Rows:
        """What `ask` finds with all fields of an object; asked again, described anew, where one of them is gone."""
        try:
            return ask(self._shapes.selected(object_name))
        except BadCall as refused:
            if not any(error.code == "INVALID_FIELD" for error in refused.errors):
                raise
            self._shapes.forget(object_name)
            return ask(self._shapes.selected(object_name))

    def _all(self, object_name: str, where: str, fields: tuple[str, ...]) -> Rows:
        return self._client.query(object_name, fields, where), True

    def _having(self, object_name: str, field: str, wanted: Iterator[list[str]], *, whole: bool) -> Iterator[Record]:
        for some in wanted:
            where = f"WHERE {field} IN ({quoted(some)})"
            rows, _ = self.with_fields(object_name, partial(self._all, object_name, where))
            yield from self.to_records(object_name, rows, whole=whole)
