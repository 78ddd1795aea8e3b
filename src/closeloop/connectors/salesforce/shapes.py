"""Which objects the hub reads, and their fields by Salesforce's own description, asked once and after a change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast, get_args

from closeloop.connectors.salesforce.client import Client, Row
from closeloop.connectors.salesforce.judging import BadCall
from closeloop.connectors.salesforce.records import COUNTRY_OF
from closeloop.connectors.salesforce.writing import filled
from closeloop.ports import Entity, Shape, ShapeField, Value
from closeloop.words.errors import BadInput, EndError

ENTITIES: Mapping[str, Entity] = {
    "Campaign": "campaign",
    "Account": "account",
    "Contact": "person",
    "Lead": "person",
    "OpportunityContactRole": "role",
    "Opportunity": "opportunity",
    "Task": "task",
    "Event": "task",
    "CampaignMember": "activity",
}
"""The objects that the hub reads wherever they are, those that others point to first."""
_EVERYWHERE = ("Id", "SystemModstamp", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedById", "OwnerId")
_REACH = (
    "Name",
    "FirstName",
    "LastName",
    "Email",
    "Phone",
    "MobilePhone",
    "Title",
    "HasOptedOutOfEmail",
    "LeadSource",
    "MasterRecordId",
)
_ACTIVITY = ("Subject", "WhoId", "WhatId", "AccountId", "Type", "Description")
_STANDARD: Mapping[str, tuple[str, ...]] = {
    "Account": (
        "Name",
        "Website",
        "Phone",
        "NumberOfEmployees",
        "AnnualRevenue",
        "Industry",
        "BillingCountry",
        "MasterRecordId",
    ),
    "Contact": (*_REACH, "AccountId", "MailingCountry"),
    "Lead": (
        *_REACH,
        "Company",
        "Country",
        "Status",
        "NumberOfEmployees",
        "AnnualRevenue",
        "Industry",
        "IsConverted",
        "ConvertedDate",
        "ConvertedContactId",
        "ConvertedAccountId",
        "ConvertedOpportunityId",
    ),
    "Opportunity": (
        "Name",
        "StageName",
        "Amount",
        "CurrencyIsoCode",
        "CloseDate",
        "IsClosed",
        "IsWon",
        "Type",
        "LeadSource",
        "Probability",
        "AccountId",
        "ContactId",
        "CampaignId",
    ),
    "OpportunityContactRole": ("OpportunityId", "ContactId", "IsPrimary", "Role"),
    "Task": (
        *_ACTIVITY,
        "Status",
        "Priority",
        "TaskSubtype",
        "ActivityDate",
        "CallDisposition",
        "CallDurationInSeconds",
        "IsClosed",
        "CompletedDateTime",
    ),
    "Event": (*_ACTIVITY, "StartDateTime", "EndDateTime", "DurationInMinutes", "Location"),
    "Campaign": ("Name", "Type", "Status", "ActualCost", "IsActive"),
    "CampaignMember": ("CampaignId", "LeadId", "ContactId", "Status", "HasResponded", "FirstRespondedDate"),
}
_NO_VALUES = ("address", "location", "base64", "complexvalue")
"""Types whose values are no single value: they are not asked for."""
_DOUBLES = ("double", "currency", "percent")


class Shapes:
    """Descriptions of objects, remembered until something shows that they have changed.

    Attributes:
        entities: the objects that are read, by the hub's kinds: those of ENTITIES and those that the settings add.

    Args:
        client: asks.
        added: further objects of the organisation, as `added_objects` reads them from the settings.
    """

    def __init__(self, client: Client, added: Mapping[str, Entity] | None = None) -> None:
        self._client = client
        self._known: dict[str, Mapping[str, ShapeField]] = {}
        self._targets: dict[str, Mapping[str, frozenset[str]]] = {}
        self._updatable: dict[str, frozenset[str]] = {}
        self.entities: Mapping[str, Entity] = {**ENTITIES, **(added or {})}

    def discover(self) -> list[Shape]:
        """Every object of ours that this organisation has, described anew; its others by name alone, to be added."""
        listed = self._client.read("/sobjects")["sobjects"]
        there = {str(one["name"]): bool(one.get("custom")) for one in listed if one.get("queryable", True)}
        self._known.clear()
        ours = [(name, entity) for name, entity in self.entities.items() if name in there]
        others = [name for name, custom in there.items() if custom and name not in self.entities]
        read = [Shape(name, entity, (*self._marked(name), *self._renamed(name))) for name, entity in ours]
        return read + [Shape(name, "record", ()) for name in others]

    def _marked(self, object_name: str) -> list[ShapeField]:
        ours = filled(object_name)
        return [replace(field, filled=field.name in ours) for field in self.fields(object_name).values()]

    def _renamed(self, object_name: str) -> list[ShapeField]:
        """The field that the hub reads and writes under another name, so that what it would refuse is foreseen."""
        there = self.fields(object_name)
        theirs = COUNTRY_OF.get(object_name, "Country")
        return [replace(there[theirs], name="Country")] if theirs in there and "Country" not in there else []

    def fields(self, object_name: str) -> Mapping[str, ShapeField]:
        """The fields of one object, by name."""
        if object_name not in self._known:
            described = self._client.read(f"/sobjects/{object_name}/describe")["fields"]
            self._known[object_name] = {str(said["name"]): _field(said) for said in described}
            self._targets[object_name] = {
                str(said["name"]): frozenset(said["referenceTo"]) for said in described if said.get("referenceTo")
            }
            self._updatable[object_name] = frozenset(str(said["name"]) for said in described if said["updateable"])
        return self._known[object_name]

    def updatable(self, object_name: str) -> frozenset[str]:
        """The fields that can be written to a record that is there."""
        self.fields(object_name)
        return self._updatable[object_name]

    def targets(self, object_name: str) -> Mapping[str, frozenset[str]]:
        """The fields that point to records, and the objects that they may point to."""
        self.fields(object_name)
        return self._targets[object_name]

    def knows(self, object_name: str) -> bool:
        """Whether it can be told without a call what the fields of an object are."""
        return object_name in self._known

    def has(self, object_name: str) -> bool:
        """Whether the organisation has this object and lets the integration user see it."""
        try:
            self.fields(object_name)
        except BadCall as refused:
            if refused.status != 404:
                raise
            self._known[object_name] = {}
        return bool(self._known[object_name])

    def forget(self, object_name: str) -> None:
        """Describe an object anew the next time: it is no longer as it was."""
        self._known.pop(object_name, None)

    def fields_if_told(self, object_name: str) -> Mapping[str, ShapeField]:
        """The same for a reason in words, which is poorer without, and must not turn a refusal into a failure."""
        try:
            return self.fields(object_name)
        except EndError:
            return {}

    def selected(self, object_name: str) -> tuple[str, ...]:
        """What to ask for: the standard fields that the hub knows, as far as they are there, and every custom one.

        Of a record of the organisation's own, every field.
        """
        there = self.fields(object_name)
        if self.entities.get(object_name) == "record":
            return tuple(name for name, field in there.items() if field.type not in _NO_VALUES)
        standard = _STANDARD.get(object_name, ("Name",))
        wanted = [name for name in (*_EVERYWHERE, *standard) if name in there]
        custom = (name for name, field in there.items() if name.endswith("__c") and field.type not in _NO_VALUES)
        return (*wanted, *custom)

    def valued(self, object_name: str, row: Row) -> Row:
        """A row with its values as the description types them, whichever interface of Salesforce wrote them."""
        types = {name: field.type for name, field in self.fields(object_name).items()}
        return {name: _valued(value, types.get(name, "string")) for name, value in row.items()}


def added_objects(setting: str) -> Mapping[str, Entity]:
    """The setting `objects`, such as "Order:record, Project__c:opportunity".

    Raises:
        BadInput: it is written otherwise, or names no kind of record that the hub has.
    """
    added: dict[str, Entity] = {}
    for part in filter(None, (one.strip() for one in setting.split(","))):
        name, _, entity = (piece.strip() for piece in part.partition(":"))
        if not name.isidentifier() or entity not in get_args(Entity):
            example = "valid are an object and what it is to the hub, such as Order:record"
            raise BadInput(f"salesforce: objects = {part!r}; {example}; kinds are {', '.join(get_args(Entity))}")
        added[name] = cast("Entity", entity)
    return added


def _valued(value: Value, kind: str) -> Value:
    """REST writes types as JSON has them; bulk results are text, with moments in another way."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        match kind:
            case "boolean":
                return value == "true"
            case "int":
                return int(float(value))
            case "datetime":
                return value.removesuffix("Z") + "+0000" if value.endswith("Z") else value
            case _ if kind in _DOUBLES:
                return _valued(float(value), kind)
    if kind in _DOUBLES and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _field(said: Mapping[str, Any]) -> ShapeField:
    writable = bool(said["createable"] or said["updateable"])
    must = writable and not said["nillable"] and not said["defaultedOnCreate"] and said["type"] != "boolean"
    return ShapeField(
        name=str(said["name"]),
        type=str(said["type"]),
        writable=writable,
        required=bool(must),
        max_length=int(said.get("length") or 0) or None,
        allowed=tuple(str(one["value"]) for one in said.get("picklistValues") or () if one["active"]),
    )
