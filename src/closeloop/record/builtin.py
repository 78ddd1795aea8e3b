"""Fields that every process has without declaring them: relations, owners, and what a deal or a campaign is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeloop.ports import Entity
from closeloop.process.nouns import FieldRule, Path, Process
from closeloop.process.once import once_per_process
from closeloop.process.sources import SourceDecl

RELATIONS = ("account", "person", "opportunity", "campaign")
"""Fields of any entity whose value is the id of another one, under the path "<source>.<Object>.<relation>"."""

FORMS: Mapping[str, Mapping[str, str]] = {
    "person": {"owner": "text"},
    "account": {"owner": "text"},
    "opportunity": {
        "name": "text", "stage": "text", "amount": "money", "product": "text", "region": "text", "owner": "text",
        "is_won": "boolean", "is_closed": "boolean", "opened_at": "text", "closed_at": "date", "loss_reason": "text",
    },
    "campaign": {"name": "text"},
    "role": {"role": "text", "is_primary": "boolean"},
}  # fmt: skip
"""Entity → built-in field → normal form. `owner` is the id of a user in the CRM."""

LIVING = "living"
"""Field of deals and of records of the business's own: one that is deleted in every system counts no more."""

VENDOR_NAMES: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "salesforce": {
        "Lead": {"OwnerId": "owner"},
        "Contact": {"OwnerId": "owner"},
        "Account": {"OwnerId": "owner"},
        "Opportunity": {
            "Name": "name", "StageName": "stage", "Amount": "amount", "Product__c": "product", "Region__c": "region",
            "OwnerId": "owner", "IsWon": "is_won", "IsClosed": "is_closed", "CreatedDate": "opened_at",
            "CloseDate": "closed_at", "Loss_Reason__c": "loss_reason",
        },
        "Campaign": {"Name": "name"},
        "OpportunityContactRole": {"Role": "role", "IsPrimary": "is_primary"},
    },
    "tryton": {
        "Lead": {"employee": "owner"},
        "Opportunity": {
            "description": "name", "state": "stage", "amount": "amount", "employee": "owner", "is_won": "is_won",
            "is_closed": "is_closed", "start_date": "opened_at", "end_date": "closed_at", "lost_reason": "loss_reason",
        },
    },
}  # fmt: skip
"""Kind of source → vendor's object → vendor's field → our field.

A path is "<source>.<object>.<vendor's field>"; the short "<source>.<vendor's field>" is understood as well.
"""

ENTITY_OF_OBJECT: Mapping[str, Entity] = {
    "Lead": "person", "Contact": "person", "Account": "account", "Opportunity": "opportunity", "Campaign": "campaign",
    "OpportunityContactRole": "role", "ContactRole": "role",
}  # fmt: skip

_OUR_NAMES: Mapping[str, Mapping[str, str]] = {
    name: {field: field for field in FORMS[entity]} for name, entity in ENTITY_OF_OBJECT.items()
}
"""A declaration names its columns by our fields."""

CURRENCY_NAMES: Mapping[str, str] = {"salesforce": "CurrencyIsoCode", "tryton": "currency"}
"""Kind of source → the vendor's field beside an amount that says its currency."""


def kinds_of(process: Process) -> Sequence[str]:
    """Every kind of entity that has fields: the built-in ones, and those that the process declares."""
    return (*FORMS, *process.records)


def rules_for(process: Process, entity: str) -> Mapping[str, FieldRule]:
    """Every field rule of an entity by field name: the built-in ones, replaced by what the process file declares.

    Relations cannot be replaced.

    A built-in rule has no order of trust: whatever path a value came by, the newest wins.
    """
    return _all_rules(process).get(entity, {})


@once_per_process
def _all_rules(process: Process) -> Mapping[str, Mapping[str, FieldRule]]:
    built_in = {
        entity: {
            **{name: _newest(entity, name, form, _paths(process, entity, name)) for name, form in forms.items()},
            **process.fields.get(entity, {}),
            **(_living(entity) if entity in ("opportunity", "role") else {}),
            **_relations(entity),
        }
        for entity, forms in FORMS.items()
    }
    own = {
        name: {
            **kind.fields,
            **_living(name),
            **_relations(name),
        }
        for name, kind in process.records.items()
    }
    return {**own, **built_in}


def _living(entity: str) -> Mapping[str, FieldRule]:
    return {LIVING: FieldRule(entity, LIVING, (), True, (), "boolean", None, False)}


def _relations(entity: str) -> Mapping[str, FieldRule]:
    return {name: _newest(entity, name, "text", ()) for name in RELATIONS if name != entity}


def _paths(process: Process, entity: str, name: str) -> tuple[Path, ...]:
    found = (path for source in process.sources.values() for path in _paths_of_source(source, entity, name))
    return tuple(dict.fromkeys(found))


def _paths_of_source(source: SourceDecl, entity: str, name: str) -> list[Path]:
    names = _OUR_NAMES if source.declared is not None else VENDOR_NAMES.get(source.kind, {})
    return [
        Path(source.name, shown, vendor_field)
        for vendor_object, fields in names.items()
        if ENTITY_OF_OBJECT[vendor_object] == entity
        for vendor_field, field in fields.items()
        if field == name
        for shown in (vendor_object, None)
    ]


def _newest(entity: str, name: str, form: str, paths: tuple[Path, ...]) -> FieldRule:
    return FieldRule(entity, name, (paths,) if paths else (), False, (), form, None, False)
