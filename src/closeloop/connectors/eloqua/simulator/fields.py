"""The fields of the simulated instance: properties of the interface, fields known by number, and what does not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

Values = dict[str, str]
"""Internal name → value, all of them texts, as the vendor keeps them."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `property` is its name where the interface has it as a property, else it stands in `fieldValues`."""

    number: int
    internal: str
    name: str
    property: str = ""
    data_type: str = "text"
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a value is refused, in the vendor's words."""

    property: str
    requirement: str
    value: str
    status: int = 400


_CONTACT = (
    Field(100001, "C_EmailAddress", "Email Address", "emailAddress"),
    Field(100002, "C_FirstName", "First Name", "firstName"),
    Field(100003, "C_LastName", "Last Name", "lastName"),
    Field(100004, "C_Company", "Company", "accountName"),
    Field(100005, "C_Country", "Country", "country"),
    Field(100013, "C_BusPhone", "Business Phone", "businessPhone"),
    Field(100014, "C_MobilePhone", "Mobile Phone", "mobilePhone"),
    Field(100017, "C_Title", "Title", "title"),
    Field(100018, "C_City", "City", "city"),
    Field(100020, "C_IsSubscribed", "Is Subscribed", "isSubscribed"),
    Field(100067, "C_Number_of_Employees1", "Number of Employees", data_type="numeric"),
    Field(100171, "C_Closeloop_Key1", "Closeloop Key"),
    Field(100172, "C_Closeloop_Inactive1", "Closeloop Inactive"),
    Field(100173, "C_Closeloop_Reason1", "Closeloop Reason"),
    Field(100181, "C_Sales_Outcome1", "Sales Outcome"),
    Field(100182, "C_Sales_Stage1", "Sales Stage"),
    Field(100183, "C_Sales_Owner1", "Sales Owner"),
    Field(100184, "C_Sales_Reason1", "Sales Reason"),
    Field(100185, "C_Sales_Amount1", "Sales Amount"),
    Field(100186, "C_Sales_Campaign1", "Sales Campaign"),
    Field(100187, "C_Sales_Responded_At1", "Sales Responded At", data_type="date"),
)
_ACCOUNT = (
    Field(100085, "M_CompanyName", "Company Name", "name"),
    Field(100086, "M_Country", "Country", "country"),
    Field(100087, "M_City", "City", "city"),
    Field(100088, "M_BusPhone", "Business Phone", "businessPhone"),
    Field(100191, "M_Website1", "Website"),
    Field(100192, "M_Closeloop_Key1", "Closeloop Key"),
)
FIELDS: Mapping[str, tuple[Field, ...]] = MappingProxyType({"contact": _CONTACT, "account": _ACCOUNT})
"""Kind of record → its fields. Those of custom objects are given when one is made."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LONGEST = 250


def wrong(fields: tuple[Field, ...], values: Mapping[str, str]) -> Wrong | None:
    """The first thing that is wrong with values by internal name; None when they can be kept."""
    known = {field.internal: field for field in fields}
    for internal, value in values.items():
        field = known[internal]
        shown = field.property or str(field.number)
        if internal == "C_EmailAddress" and not _EMAIL.fullmatch(value):
            return Wrong(shown, "EmailAddressRequirement", value or "<null>")
        if len(value) > _LONGEST:
            return Wrong(shown, "ValidTextLengthRequirement", value)
        if value and field.data_type == "numeric" and not re.fullmatch(r"-?\d+(\.\d+)?", value):
            return Wrong(shown, "IntegerRequirement", value)
        if value and field.data_type == "date" and not value.isdigit():
            return Wrong(shown, "DateRequirement", value)
    return None


def unix(at: datetime) -> str:
    """A moment as the Application API writes it: whole seconds since 1970, as text."""
    return str(int(at.astimezone(UTC).timestamp()))
