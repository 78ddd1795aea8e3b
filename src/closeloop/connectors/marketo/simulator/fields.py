"""The fields of the simulated instance's leads, and what it says to a value that does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from closeloop.ports import Value

Trouble = tuple[str, str]
"""Code and message of a refusal, in the vendor's words."""


@dataclass(frozen=True, slots=True)
class LeadField:
    """One field as describe2 gives it; `length` 0 is without limit."""

    name: str
    display_name: str
    data_type: str
    length: int = 0
    updateable: bool = True


FIELDS: Mapping[str, LeadField] = MappingProxyType(
    {
        field.name: field
        for field in (
            LeadField("id", "Id", "integer", updateable=False),
            LeadField("email", "Email Address", "email", 255),
            LeadField("firstName", "First Name", "string", 255),
            LeadField("lastName", "Last Name", "string", 255),
            LeadField("company", "Company Name", "string", 255),
            LeadField("phone", "Phone Number", "phone", 255),
            LeadField("title", "Job Title", "string", 255),
            LeadField("country", "Country", "string", 255),
            LeadField("numberOfEmployees", "Num Employees", "integer"),
            LeadField("unsubscribed", "Unsubscribed", "boolean"),
            LeadField("mealChoice", "Meal Choice", "string", 255),
            LeadField("closeloopKey", "Closeloop Key", "string", 255),
            LeadField("closeloopInactive", "Closeloop Inactive", "boolean"),
            LeadField("closeloopInactiveReason", "Closeloop Inactive Reason", "string", 255),
            LeadField("salesOutcome", "Sales Outcome", "string", 255),
            LeadField("salesStage", "Sales Stage", "string", 255),
            LeadField("salesOwner", "Sales Owner", "string", 255),
            LeadField("salesReason", "Sales Reason", "string", 255),
            LeadField("salesAmount", "Sales Amount", "string", 255),
            LeadField("salesCampaign", "Sales Campaign", "string", 255),
            LeadField("salesProduct", "Sales Product", "string", 255),
            LeadField("salesRegion", "Sales Region", "string", 255),
            LeadField("salesRespondedAt", "Sales Responded At", "datetime"),
            LeadField("createdAt", "Created At", "datetime", updateable=False),
            LeadField("updatedAt", "Updated At", "datetime", updateable=False),
        )
    }
)

SEARCHABLE = ("id", "email", "closeloopKey")


def trouble(row: Mapping[str, Value]) -> Trouble | None:
    """The first thing wrong with a row to be written; None when it can be stored."""
    for name, value in row.items():
        field = FIELDS.get(name)
        if field is None or not (field.updateable or name == "id"):
            return "1006", f"Field '{name}' not found"
        if value is not None and not _fits(field.data_type, value):
            return "1001", f"Invalid value '{value}'. Required of type '{field.data_type}'"
        if field.length and value is not None and len(str(value)) > field.length:
            return "1003", f"Value for field '{name}' exceeds {field.length} characters"
    return None


def stored(row: Mapping[str, Value]) -> dict[str, Value]:
    """A row as the instance keeps it: text trimmed, blank text as nothing, values in their field's type; without id."""
    return {name: _typed(FIELDS[name].data_type, value) for name, value in row.items() if name != "id"}


def _typed(data_type: str, value: Value) -> Value:
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    if data_type == "integer":
        return int(text)
    return text.lower() == "true" if data_type == "boolean" else text


def _fits(data_type: str, value: Value) -> bool:
    text = str(value)
    match data_type:
        case "integer":
            return not isinstance(value, bool) and text.lstrip("-").isdigit()
        case "boolean":
            return isinstance(value, bool) or text.lower() in ("true", "false")
        case "email":
            local, at, domain = text.strip().rpartition("@")
            return bool(local and at and domain) and " " not in text.strip()
        case "datetime":
            try:
                datetime.fromisoformat(text)
            except ValueError:
                return False
    return True
