"""What Salesforce keeps beside a deal and the hub reads as part of it: who has which role, what stages it had.

`roles` is [[contact's id, role, whether primary], …] and `stage_history` [[stage, since when, by whom], …], both oldest
first and as compact JSON text, since a field holds one value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from closeloop.connectors.salesforce.client import Client, Row
from closeloop.connectors.salesforce.portions import portions, quoted
from closeloop.connectors.salesforce.records import ROLES
from closeloop.connectors.salesforce.shapes import Shapes
from closeloop.ports import Value

STAGES = "OpportunityHistory"
READ_ALONG = ("roles", "stage_history")
Told = Mapping[str, Mapping[str, Value]]


def told(client: Client, shapes: Shapes, ids: Sequence[str]) -> Told:
    """Id of each deal → its fields `roles` and `stage_history`, and `person`: who has had a role the longest.

    Where the organisation keeps one of the two from us, that field is absent.
    """
    roles = _rows(client, shapes, ROLES, ("ContactId", "Role", "IsPrimary"), ids)
    stages = _rows(client, shapes, STAGES, ("StageName", "CreatedDate", "CreatedById"), ids)
    found: dict[str, dict[str, Value]] = {deal: {} for deal in ids}
    for deal, fields in found.items():
        if roles is not None:
            mine = roles.get(deal, [])
            fields["roles"] = _text([[row["ContactId"], row["Role"], bool(row["IsPrimary"])] for row in mine])
            fields["person"] = mine[0]["ContactId"] if mine else None
        if stages is not None:
            fields["stage_history"] = _text(_changes(stages.get(deal, [])))
    return found


def _rows(
    client: Client, shapes: Shapes, of: str, fields: Sequence[str], ids: Sequence[str]
) -> dict[str, list[Row]] | None:
    if not ids or not shapes.has(of):
        return None
    found: dict[str, list[Row]] = {}
    for some in portions(ids):
        where = f"WHERE OpportunityId IN ({quoted(some)}) AND IsDeleted = false ORDER BY CreatedDate, Id"
        for row in client.query(of, ("OpportunityId", *fields), where):
            found.setdefault(str(row["OpportunityId"]), []).append(row)
    return found


def _changes(rows: Sequence[Row]) -> list[list[Value]]:
    """A row is written at every change of amount or date as well: only those with another stage than before count."""
    before: Sequence[Value] = [None, *(row["StageName"] for row in rows)]
    pairs = zip(before, rows, strict=False)
    return [[row["StageName"], row["CreatedDate"], row["CreatedById"]] for was, row in pairs if row["StageName"] != was]


def _text(listed: Sequence[Sequence[Value]]) -> str | None:
    return msgspec.json.encode(listed).decode() if listed else None
