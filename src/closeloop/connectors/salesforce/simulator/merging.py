"""What the vendor does when records are merged: the losers go, what hung on them moves to the survivor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeloop.connectors.salesforce.simulator.checks import checked, known_fields
from closeloop.connectors.salesforce.simulator.fields import refuse
from closeloop.connectors.salesforce.simulator.ids import full_id
from closeloop.connectors.salesforce.simulator.org import Org
from closeloop.ports import Value

_MOST_LOSERS = 2
_CHILDREN = {
    "Contact": (
        ("Task", "WhoId"),
        ("Event", "WhoId"),
        ("OpportunityContactRole", "ContactId"),
        ("Opportunity", "ContactId"),
        ("CampaignMember", "ContactId"),
    ),
    "Lead": (("Task", "WhoId"), ("Event", "WhoId"), ("CampaignMember", "LeadId")),
    "Account": (("Contact", "AccountId"), ("Opportunity", "AccountId"), ("Task", "WhatId"), ("Event", "WhatId")),
}


def merge(org: Org, object_name: str, survivor: Mapping[str, Value], loser_ids: Sequence[str], *, by: str) -> list[str]:
    """Merge at most two records into a third of the same object, all or nothing: the ids of what was moved.

    Args:
        survivor: its `id`, and fields to be written to it; all its others stay as they are.

    Raises:
        Refused: one of them is gone, converted or locked, the user may not, or a value is wrong.
    """
    sobject = org.schema.objects[object_name]
    said = {name: value for name, value in survivor.items() if name != "id"}
    with org.lock:
        if object_name not in _CHILDREN:
            raise refuse("INVALID_TYPE", f"merge is not supported for {object_name}")
        if not 1 <= len(loser_ids) <= _MOST_LOSERS:
            raise refuse("INVALID_NUM_ARGS", f"at most {_MOST_LOSERS} records can be merged into another")
        kept_id, gone = full_id(str(survivor["id"])), [full_id(loser_id) for loser_id in loser_ids]
        if kept_id in gone:
            raise refuse("INVALID_ID_FIELD", "a record cannot be merged with itself")
        for record_id in (kept_id, *gone):
            org.writable(sobject, record_id)
        if by == org.me and org.protected & set(gone):
            raise refuse("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
        known_fields(sobject, said)
        values = checked(org.schema, sobject, said, org.row, new=False)
        moved = []
        for loser_id in gone:
            for name, field in _CHILDREN[object_name]:
                moved += org.move(name, field, loser_id, kept_id, by)
            org.force(loser_id, {"IsDeleted": True, "MasterRecordId": kept_id}, by=by)
        org.force(kept_id, values, by=by)
        return moved
