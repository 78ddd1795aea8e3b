"""A row of Salesforce becomes a record: which entity, whom it points to, what it turned into, whether it is active."""

from __future__ import annotations

from collections.abc import Mapping

from closeloop.connectors.salesforce.client import Row
from closeloop.connectors.salesforce.recipes import is_active
from closeloop.connectors.salesforce.shapes import ENTITIES
from closeloop.ports import Record, Ref, Value
from closeloop.words.moment import parse

KEY = "Closeloop_Key__c"
COUNTRY_OF = {"Contact": "MailingCountry", "Account": "BillingCountry"}
"""Where an object keeps the country that a lead calls Country; the hub reads and writes "Country" everywhere."""

_OBJECTS = {
    "001": "Account",
    "003": "Contact",
    "005": "User",
    "006": "Opportunity",
    "00Q": "Lead",
    "00T": "Task",
    "00U": "Event",
    "701": "Campaign",
}
_RELATIONS = {  # our name of a relation → the field that holds it, the objects it may point to
    "owner": ("OwnerId", {"User"}),
    "person": ("WhoId", {"Lead", "Contact"}),
    "account": ("AccountId", {"Account"}),
    "opportunity": ("WhatId", {"Opportunity"}),
    "campaign": ("CampaignId", {"Campaign"}),
}
_TURNED_INTO = ("ConvertedContactId", "ConvertedAccountId", "ConvertedOpportunityId", "MasterRecordId")
_NOT_FIELDS = {"Id", KEY}


def to_record(object_name: str, row: Row, *, person: str | None = None, us: str = "") -> Record:
    """One row as a record.

    A merged record is told by `became` (its survivor) and is not `deleted`: its id lives on there.

    Args:
        object_name: of the row.
        row: with all fields of `Shapes.selected`.
        person: id of the contact that stands for an opportunity, where the row itself names none.
        us: id of the user that the hub writes as, to tell sellers' calls from our own.
    """
    fields = {name: value for name, value in row.items() if name not in _NOT_FIELDS}
    if object_name in COUNTRY_OF:
        fields["Country"] = row.get(COUNTRY_OF[object_name])
    became = tuple(ref for ref in map(_ref, (row.get(name) for name in _TURNED_INTO)) if ref)
    key = row.get(KEY)
    return Record(
        object=object_name,
        id=str(row["Id"]),
        entity=ENTITIES[object_name],
        changed_at=parse(str(row["SystemModstamp"])),
        fields=fields,
        refs=_refs(object_name, row, person),
        touch=_touch(object_name, row, us),
        our_key=key if isinstance(key, str) else None,
        became=became,
        deleted=bool(row.get("IsDeleted")) and not became,
        active=is_active(object_name, row),
    )


def _refs(object_name: str, row: Row, person: str | None) -> Mapping[str, Ref]:
    ids: dict[str, Value] = {name: row.get(field) for name, (field, _) in _RELATIONS.items()}
    if object_name == "Opportunity":
        ids["person"] = row.get("ContactId") or person
    refs = {name: ref for name, value in ids.items() if (ref := _ref(value)) and ref.object in _RELATIONS[name][1]}
    if (what := _ref(row.get("WhatId"))) and what.object == "Account":
        refs.setdefault("account", what)
    return refs


def _ref(value: Value) -> Ref | None:
    if not isinstance(value, str) or value[:3] not in _OBJECTS:
        return None
    return Ref(_OBJECTS[value[:3]], value)


def _touch(object_name: str, row: Row, us: str) -> str | None:
    if row.get("IsDeleted"):
        return None
    if object_name == "Event":
        return "meeting.booked"
    is_call = row.get("TaskSubtype") == "Call" or bool(row.get("CallDisposition"))
    ours = us != "" and row.get("CreatedById") == us == row.get("LastModifiedById")
    return "call.logged" if object_name == "Task" and is_call and row.get("IsClosed") and not ours else None
