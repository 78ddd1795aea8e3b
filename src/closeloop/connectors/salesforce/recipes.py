"""What a deactivated record is in Salesforce: nothing is deleted, a few fields say that sales is not to work it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from closeloop.connectors.salesforce.client import Row
from closeloop.ports import Command, Value, Verb


@dataclass(frozen=True, slots=True)
class Recipe:
    """The fields that switch a record off and on, and where the reason is kept."""

    off: Mapping[str, Value]
    on: Mapping[str, Value]
    reason: str | None = None


RECIPES: Mapping[str, Recipe] = {
    "Lead": Recipe(
        {"Status": "Unqualified", "Closeloop_Inactive__c": True},
        {"Status": "Open", "Closeloop_Inactive__c": False},
        "Closeloop_Reason__c",
    ),
    "Contact": Recipe({"Closeloop_Inactive__c": True}, {"Closeloop_Inactive__c": False}, "Closeloop_Reason__c"),
    "Task": Recipe({"Status": "Deferred"}, {"Status": "Not Started"}),
    "Opportunity": Recipe({"StageName": "Closed Lost"}, {"StageName": "Prospecting"}, "Loss_Reason__c"),
}


def is_active(object_name: str, row: Row) -> bool:
    """False when every field of the recipe stands at "off"."""
    recipe = RECIPES.get(object_name)
    return recipe is None or any(row.get(name) != value for name, value in recipe.off.items())


def is_left_alone(command: Command, row: Row) -> bool:
    """Whether a deal or task is finished, so that neither verb may touch it; what the recipe closed can be reopened."""
    return bool(row.get("IsClosed")) and (command.verb is Verb.DEACTIVATE or is_active(command.object, row))


def stands(command: Command, row: Row) -> bool:
    """Whether the record is as the command wanted it."""
    wanted_active = command.verb is Verb.REACTIVATE
    return is_left_alone(command, row) or is_active(command.object, row) is wanted_active


def ingredients(command: Command) -> Mapping[str, Value]:
    """The fields to write for a DEACTIVATE or REACTIVATE of an object that has a recipe."""
    recipe = RECIPES[command.object]
    off = command.verb is Verb.DEACTIVATE
    fields: dict[str, Value] = dict(recipe.off if off else recipe.on)
    if recipe.reason is not None:
        fields[recipe.reason] = command.fields.get("reason") if off else None
    if not off and command.fields.get("owner"):
        fields["OwnerId"] = command.fields["owner"]
    return fields
