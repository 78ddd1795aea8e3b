"""Which objects the hub reads, and their fields by Salesforce's own description, asked once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from closeloop.connectors.salesforce.client import Client
from closeloop.ports import Entity, Shape, ShapeField
from closeloop.words.errors import EndError

ENTITIES: Mapping[str, Entity] = {
    "Account": "account",
    "Contact": "person",
    "Lead": "person",
    "Opportunity": "opportunity",
    "Task": "task",
    "Event": "task",
    "Campaign": "campaign",
}
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
}


class Shapes:
    """Descriptions of objects, remembered for as long as the connector lives."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[str, Mapping[str, ShapeField]] = {}

    def discover(self) -> list[Shape]:
        """Every object of ours that this organisation has."""
        there = {str(one["name"]) for one in self._client.read("/sobjects")["sobjects"]}
        ours = [(name, entity) for name, entity in ENTITIES.items() if name in there]
        return [Shape(name, entity, tuple(self.fields(name).values())) for name, entity in ours]

    def fields(self, object_name: str) -> Mapping[str, ShapeField]:
        """The fields of one object, by name."""
        if object_name not in self._known:
            answer = self._client.read(f"/sobjects/{object_name}/describe")
            self._known[object_name] = {str(said["name"]): _field(said) for said in answer["fields"]}
        return self._known[object_name]

    def fields_if_told(self, object_name: str) -> Mapping[str, ShapeField]:
        """The same for a reason in words, which is poorer without, and must not turn a refusal into a failure."""
        try:
            return self.fields(object_name)
        except EndError:
            return {}

    def selected(self, object_name: str) -> tuple[str, ...]:
        """What to ask for: the standard fields that the hub knows, as far as they are there, and every custom one."""
        there = self.fields(object_name)
        wanted = [name for name in (*_EVERYWHERE, *_STANDARD[object_name]) if name in there]
        return (*wanted, *(name for name in there if name.endswith("__c")))


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
