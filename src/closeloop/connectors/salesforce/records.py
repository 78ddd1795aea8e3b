"""A row of Salesforce becomes a record: which entity, whom it points to, what it turned into, whether it is active."""

from __future__ import annotations

from collections.abc import Mapping

from closeloop.connectors.salesforce.client import Row
from closeloop.connectors.salesforce.recipes import is_active
from closeloop.ports import Entity, Record, Ref, Value
from closeloop.words.moment import parse

KEY, ROLES = "Closeloop_Key__c", "OpportunityContactRole"
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
_ANSWERS = {
    "registered": "event.registered",
    "attended": "event.attended",
    "no show": "event.missed",
    "no-show": "event.missed",
}
"""What a member's status in a campaign says that they did; any other that counts as a response is `list.joined`."""
_NOT_FIELDS = {"Id", KEY}


def to_record(
    object_name: str,
    row: Row,
    entity: Entity,
    targets: Mapping[str, frozenset[str]],
    *,
    deal: Mapping[str, Value] | None = None,
    us: str = "",
) -> Record:
    """One row as a record.

    A merged record is told by `became` (its survivor) and is not `deleted`: its id lives on there.

    Args:
        object_name: of the row.
        row: with all fields of `Shapes.selected`.
        entity: what it is to the hub.
        targets: the fields that point to records, and the objects that they may point to.
        deal: what `deals.told` says of an opportunity: `person` is the contact that stands for it, where the row names
            none, the others are fields.
        us: id of the user that the hub writes as, to tell sellers' calls from our own.
    """
    said = dict(deal or {})
    person = said.pop("person", None)
    fields = {**{name: value for name, value in row.items() if name not in _NOT_FIELDS}, **said}
    if object_name in COUNTRY_OF:
        fields["Country"] = row.get(COUNTRY_OF[object_name])
    became = tuple(ref for ref in map(_ref, (row.get(name) for name in _TURNED_INTO)) if ref)
    key = row.get(KEY)
    return Record(
        object=object_name,
        id=str(row["Id"]),
        entity=entity,
        changed_at=parse(str(row["SystemModstamp"])),
        fields=fields,
        refs=_refs(object_name, row, person, targets, entity),
        touch=_touch(object_name, row, us),
        our_key=key if isinstance(key, str) else None,
        became=became,
        deleted=bool(row.get("IsDeleted")) and not became,
        active=is_active(object_name, row),
    )


def _refs(
    object_name: str, row: Row, person: Value, targets: Mapping[str, frozenset[str]], entity: Entity
) -> Mapping[str, Ref]:
    ids: dict[str, Value] = {name: row.get(field) for name, (field, _) in _RELATIONS.items()}
    if object_name == "Opportunity":
        ids["person"] = row.get("ContactId") or person
    if object_name == ROLES:
        ids |= {"person": row.get("ContactId"), "opportunity": row.get("OpportunityId")}
    if object_name == "CampaignMember":
        ids["person"] = row.get("ContactId") or row.get("LeadId")
    refs = {name: ref for name, value in ids.items() if (ref := _ref(value)) and ref.object in _RELATIONS[name][1]}
    if (what := _ref(row.get("WhatId"))) and what.object == "Account":
        refs.setdefault("account", what)
    # An object of the organisation's own has fields of its own names: the first that points to such a record is it.
    for field in targets if object_name.endswith("__c") or entity == "record" else ():
        for name, (_, objects) in _RELATIONS.items():
            theirs = field.endswith("__c") or (entity == "record" and name != "owner")
            if (ref := _ref(row.get(field))) and ref.object in objects and theirs:
                refs.setdefault(name, ref)
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
    if object_name == "CampaignMember":
        said = _ANSWERS.get(str(row.get("Status")).lower(), "list.joined" if row.get("HasResponded") else "")
        return said or None
    is_call = row.get("TaskSubtype") == "Call" or bool(row.get("CallDisposition"))
    ours = us != "" and row.get("CreatedById") == us == row.get("LastModifiedById")
    return "call.logged" if object_name == "Task" and is_call and row.get("IsClosed") and not ours else None
