"""Records read by id or by our key, whole: with the contact that stands for a deal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from closeloop.connectors.salesforce.client import Client, Row
from closeloop.connectors.salesforce.records import KEY, to_record
from closeloop.connectors.salesforce.shapes import Shapes
from closeloop.ports import Record, Ref

_VALUES_A_QUERY = 100  # a query is part of an address, which may have 16 thousand characters


class Reader:
    """Reads single records; `Puller` reads what changed."""

    def __init__(self, client: Client, shapes: Shapes) -> None:
        self._client, self._shapes = client, shapes

    def fetch(self, refs: Iterable[Ref]) -> dict[Ref, Record]:
        """These records as they stand, those in the bin included; one that was never there is absent."""
        ids: dict[str, list[str]] = {}
        for ref in refs:
            ids.setdefault(ref.object, []).append(ref.id)
        found = (record for name, wanted in ids.items() for record in self._having(name, "Id", wanted))
        return {Ref(record.object, record.id): record for record in found}

    def by_key(self, object_name: str, keys: Sequence[str]) -> dict[str, Record]:
        """The records that carry these keys; of two with one key, the one that is not deleted."""
        found = sorted(self._having(object_name, KEY, keys), key=lambda record: not record.deleted)
        return {record.our_key: record for record in found if record.our_key is not None}

    def to_records(self, object_name: str, rows: Sequence[Row]) -> list[Record]:
        """Rows with all selected fields, as records."""
        deals = rows if object_name == "Opportunity" else ()
        people = self._people_of([str(deal["Id"]) for deal in deals if not deal.get("ContactId")])
        us = self._client.user_id
        return [to_record(object_name, row, person=people.get(str(row["Id"])), us=us) for row in rows]

    def _having(self, object_name: str, field: str, values: Sequence[str]) -> Iterator[Record]:
        fields = self._shapes.selected(object_name)
        for some in _portions(values):
            rows = self._client.query(object_name, fields, f"WHERE {field} IN ({_quoted(some)})")
            yield from self.to_records(object_name, rows)

    def _people_of(self, opportunity_ids: Sequence[str]) -> Mapping[str, str]:
        """Of deals without a primary contact, the one who has had a role the longest."""
        people: dict[str, str] = {}
        for some in _portions(opportunity_ids):
            of_these = f"WHERE OpportunityId IN ({_quoted(some)}) AND IsDeleted = false ORDER BY CreatedDate, Id"
            roles = self._client.query("OpportunityContactRole", ("OpportunityId", "ContactId"), of_these)
            for role in roles:
                people.setdefault(str(role["OpportunityId"]), str(role["ContactId"]))
        return people


def _portions(values: Iterable[str]) -> Iterator[list[str]]:
    left = iter(dict.fromkeys(values))
    while some := list(islice(left, _VALUES_A_QUERY)):
        yield some


def _quoted(values: Iterable[str]) -> str:
    return ", ".join("'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" for value in values)
