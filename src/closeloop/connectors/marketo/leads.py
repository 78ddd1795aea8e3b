"""Leads of Marketo: read by a field, written by a look-up, and turned into records of ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from closeloop.connectors.marketo import names
from closeloop.connectors.marketo.client import Params, Rest, parts
from closeloop.connectors.marketo.shapes import Row, Status
from closeloop.ports import Record, Ref
from closeloop.words.errors import Transient
from closeloop.words.moment import parse

OBJECT = "Lead"
BATCH = 300
"""Records in one call, the vendor's limit for reading, writing and lists."""

_ALWAYS = ("id", names.KEY, names.INACTIVE, "createdAt", "updatedAt")


class Leads:
    """The leads of one instance.

    Args:
        rest: the instance.
        extra: fields to be read besides `names.READ`, under the process's names.
    """

    def __init__(self, rest: Rest, extra: Sequence[str] = ()) -> None:
        self._rest = rest
        self.read_fields = tuple(dict.fromkeys(names.theirs((*names.READ, *extra))))

    def find(self, by: str, values: Iterable[str]) -> list[Row]:
        """Every lead whose field `by` has one of these values; those not there are absent."""
        found: list[Row] = []
        # A value with a comma cannot be asked for: commas part the values of a query.
        for part in parts([value for value in dict.fromkeys(values) if value and "," not in value]):
            params: Params = {
                "filterType": by,
                "filterValues": ",".join(part),
                "batchSize": BATCH,
                "fields": ",".join((*_ALWAYS, *self.read_fields)),
            }
            reply = self._rest.get("leads.json", params)
            found += reply.rows(Row)
            while reply.next_page_token:
                reply = self._rest.get("leads.json", {**params, "nextPageToken": reply.next_page_token})
                found += reply.rows(Row)
        return found

    def records(self, by: str, values: Iterable[str]) -> list[Record]:
        """As `find`, as records of ours."""
        return [to_record(row) for row in self.find(by, values)]

    def write(self, action: str, lookup: str, rows: Sequence[Row]) -> list[Status]:
        """Write at most 300 rows: one status for each, in order. Raises as `Rest.call`."""
        body = {"action": action, "lookupField": lookup, "input": list(rows)}
        statuses = self._rest.call("POST", "leads.json", body=body).rows(Status)
        if len(statuses) != len(rows):
            raise Transient(f"Marketo answered {len(statuses)} statuses to {len(rows)} leads; write them again")
        return statuses


def to_ref(lead_id: int | str) -> Ref:
    """Points to a lead."""
    return Ref(OBJECT, str(lead_id))


def to_record(row: Row) -> Record:
    """A lead as it stands. Its times and the hub's own fields are not passed on as fields."""
    key = row.get(names.KEY)
    return Record(
        object=OBJECT,
        id=str(row["id"]),
        entity="person",
        changed_at=parse(str(row["updatedAt"])),
        fields=names.from_lead({name: value for name, value in row.items() if name not in _ALWAYS}),
        our_key=None if key is None else str(key),
        active=row.get(names.INACTIVE) is not True,
    )
