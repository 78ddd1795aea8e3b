"""Leads of Marketo: read by a field, written by a look-up, and turned into records of ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from closeloop.connectors.marketo import names
from closeloop.connectors.marketo.client import Params, Rest
from closeloop.connectors.marketo.shapes import Description, Field, Row, Status
from closeloop.ports import Record, Ref, Value
from closeloop.words.errors import EndError, Transient
from closeloop.words.moment import parse

OBJECT = "Lead"
BATCH = 300
"""Records in one call, the vendor's limit for reading, writing and lists."""

_ALWAYS = ("id", names.KEY, names.INACTIVE, "createdAt", "updatedAt")
_MOST_QUERY_CHARS = 5_000
"""Of values in a query, commas counted as they are sent; the vendor takes 8 KB of URI."""
_WHOLE, _BROKEN = frozenset({"integer", "score", "percent"}), frozenset({"float", "currency"})


class Leads:
    """The leads of one instance.

    Args:
        rest: the instance.
        extra: fields to be read besides `names.READ`, under the process's names.

    Attributes:
        columns: every field that is read, under the vendor's names.
    """

    def __init__(self, rest: Rest, extra: Sequence[str] = ()) -> None:
        self._rest = rest
        self.read_fields = tuple(dict.fromkeys(names.theirs((*names.READ, *extra))))
        self.columns = tuple(dict.fromkeys((*_ALWAYS, *self.read_fields)))
        self._described: dict[str, Field] | None = None

    def find(self, by: str, values: Iterable[str]) -> list[Row]:
        """Every lead whose field `by` has one of these values; those not there are absent."""
        found: list[Row] = []
        for part in askable(values):
            query: Params = {
                "filterType": by,
                "filterValues": ",".join(part),
                "batchSize": BATCH,
                "fields": ",".join(self.columns),
            }
            token: str | None = ""
            while token is not None:
                page = {**query, "nextPageToken": token} if token else query
                if sum(len(value) + 3 for value in part) <= _MOST_QUERY_CHARS:
                    reply = self._rest.get("leads.json", page)
                else:
                    form = {name: str(value) for name, value in page.items()}
                    reply = self._rest.call("POST", "leads.json", params={"_method": "GET"}, form=form)
                # A field that was asked for and is not in the answer is blank.
                found += [{name: row.get(name) for name in self.columns} for row in reply.rows(Row)]
                token = reply.next_page_token
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

    def delete(self, lead_ids: Sequence[int]) -> dict[int, Status]:
        """Delete at most 300 leads for good: what became of each."""
        body = {"input": [{"id": one} for one in lead_ids]}
        statuses = self._rest.call("POST", "leads/delete.json", body=body).rows(Status)
        return {status.id: status for status in statuses if status.id is not None}

    def described(self, *, anew: bool = False) -> Mapping[str, Field]:
        """The fields by describe2, under the vendor's names; asked once."""
        if anew or not self._described:
            kinds = self._rest.get("leads/describe2.json").rows(Description)
            self._described = {field.name: field for kind in kinds for field in kind.fields}
        return self._described

    def known_fields(self) -> Mapping[str, Field]:
        """As `described`; none when the vendor does not say now, since a plainer reason is better than none."""
        if self._described is None:
            try:
                self.described()
            except EndError:
                self._described = {}
        return self._described or {}

    def typed(self, row: Mapping[str, str]) -> Row:
        """A row of an export, its values as the other calls give them; the vendor writes `null` for nothing."""
        fields = self.described()
        return {name: _typed(value, fields.get(name)) for name, value in row.items()}


def askable(values: Iterable[str]) -> list[list[str]]:
    """These values in parts for `Leads.find`, each one call; one with a comma cannot be asked for: commas part them."""
    wanted = [value for value in dict.fromkeys(values) if value and "," not in value]
    return [wanted[n : n + BATCH] for n in range(0, len(wanted), BATCH)]


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


def _typed(value: str, field: Field | None) -> Value:
    if value in ("", "null"):
        return None
    kind = field.data_type if field else ""
    if kind == "boolean":
        return value.lower() in ("true", "1")
    try:
        return int(value) if kind in _WHOLE else float(value) if kind in _BROKEN else value
    except ValueError:
        return value
