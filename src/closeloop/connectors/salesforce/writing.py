"""A command becomes the body that Salesforce wants: its field names, references, what it demands of a new record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from closeloop.connectors.salesforce.client import Body
from closeloop.connectors.salesforce.records import COUNTRY_OF, KEY
from closeloop.ports import HANDOVER, Command, Ref, Value, Verb
from closeloop.words.errors import Permanent
from closeloop.words.person_name import split_name

UNKNOWN = "[unknown]"
"""Salesforce demands a last name and, of a lead, a company: where the hub knows none it says so."""

_A_QUARTER = timedelta(days=90)


def our_key(command: Command) -> str:
    """The key under which the record of a CREATE is found again."""
    return command.our_key or command.key


def body(command: Command, fields: Mapping[str, Value], now: datetime) -> Body:
    """One record of a collection.

    Raises:
        Permanent: a reference that this object cannot hold.
    """
    said: dict[str, Value] = {}
    for name, value in fields.items():
        said.update(_in_their_words(command.object, name, value))
    for name, ref in command.refs.items():
        said.update(_reference(command, name, ref))
    if command.verb is Verb.CREATE:
        lacking = {name: value for name, value in _demanded(command.object, said, now).items() if not said.get(name)}
        said = {**said, **lacking, KEY: our_key(command)}
    elif command.ref is not None:
        said["id"] = command.ref.id
    return {"attributes": {"type": command.object}, **said}


def field_of(object_name: str, relation: str) -> str | None:
    """The field that holds one of our relations, or None."""
    if relation == "owner":
        return "OwnerId"
    return _FIELDS.get(object_name, {}).get(relation)


def filled(object_name: str) -> frozenset[str]:
    """The fields that a CREATE fills beyond those that it names: by a handover, a relation, or for want of a value."""
    related = _FIELDS.get(object_name, {}).values()
    named = ("FirstName", "LastName", COUNTRY_OF.get(object_name, "Country"))
    return frozenset(
        (KEY, "OwnerId", *named, *_OURS.get(object_name, {}).values(), *related, *_MUST.get(object_name, ()))
    )


_ACTIVITY = {"person": "WhoId", "account": "WhatId", "opportunity": "WhatId", "campaign": "WhatId"}
_FIELDS: Mapping[str, Mapping[str, str]] = {
    "Contact": {"account": "AccountId"},
    "Opportunity": {"account": "AccountId", "person": "ContactId", "campaign": "CampaignId"},
    "Task": _ACTIVITY,
    "Event": _ACTIVITY,
}


_OURS: Mapping[str, Mapping[str, str]] = {
    "Lead": {
        "company": "Company", "packet": "Closeloop_Packet__c", "product": "Product__c", "region": "Region__c",
        "campaign": "Campaign_Name__c",
    },
    "Task": {
        "subject": "Subject", "packet": "Closeloop_Packet__c", "product": "Product__c", "region": "Region__c",
        "campaign": "Campaign_Name__c",
    },
    "Opportunity": {
        "subject": "Name", "packet": "Closeloop_Packet__c", "product": "Product__c", "region": "Region__c",
        "campaign": "Campaign_Name__c",
    },
}  # fmt: skip
"""The hub's word for a part of a handover (`ports.HANDOVER`) → the field that holds it; the rest is in the packet."""


def _in_their_words(object_name: str, name: str, value: Value) -> dict[str, Value]:
    if name in HANDOVER:
        theirs = _OURS.get(object_name, {}).get(name)
        return {} if theirs is None else {theirs: value}
    if name == "done":
        return {"Status": "Completed"} if object_name == "Task" and value else {}
    if name == "Country":
        return {COUNTRY_OF.get(object_name, "Country"): value}
    if name == "Name" and object_name in ("Lead", "Contact"):
        first, last = split_name(str(value or ""))
        return {"LastName": last or UNKNOWN, **({"FirstName": first} if first else {})}
    return {name: value}


def _reference(command: Command, relation: str, ref: Ref) -> dict[str, Value]:
    field = field_of(command.object, relation)
    if field is None:
        return {}
    if field == "ContactId":
        if command.verb is not Verb.CREATE:
            return {}  # the vendor fixes a deal's contact when it is made; later it is a matter of contact roles
        if ref.object != "Contact":
            raise Permanent(f"an Opportunity is about a Contact, and {ref.object} {ref.id} is none: convert it first")
    about_a_lead = command.refs.get("person", ref).object == "Lead"
    if field == "WhatId" and (about_a_lead or (relation != "opportunity" and "opportunity" in command.refs)):
        return {}  # what is about a lead cannot be about anything else; and a deal says more than its account
    return {field: ref.id}


_MUST: Mapping[str, tuple[str, ...]] = {
    "Lead": ("LastName", "Company"), "Contact": ("LastName",), "Opportunity": ("Name", "StageName", "CloseDate"),
}  # fmt: skip
"""What Salesforce demands of a new record, and the connector knows how to say where the hub does not."""


def _demanded(object_name: str, said: Mapping[str, Value], now: datetime) -> dict[str, Value]:
    usual: dict[str, Value] = {
        "Name": said.get("Product__c") or UNKNOWN,
        "StageName": "Prospecting",
        "CloseDate": (now + _A_QUARTER).date().isoformat(),
    }
    return {name: usual.get(name, UNKNOWN) for name in _MUST.get(object_name, ())}
