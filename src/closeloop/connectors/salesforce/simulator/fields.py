"""How the simulated vendor describes an object and its fields, and what it answers when one is misused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from closeloop.ports import Value

Row = Mapping[str, Value]
FieldType = Literal[
    "id",
    "string",
    "textarea",
    "email",
    "phone",
    "url",
    "picklist",
    "boolean",
    "int",
    "double",
    "currency",
    "date",
    "datetime",
    "reference",
]


@dataclass(frozen=True, slots=True)
class Field:
    """One field as `describe` tells it.

    Attributes:
        length: most characters of a text, 0 where there is no such bound.
        required: must have a value; with a `default` it need not be said.
        allowed: values of a restricted picklist.
        refers: objects that a reference may point to.
        writable: "both", "create" (may be said once) or "never".
    """

    name: str
    type: FieldType
    length: int = 0
    required: bool = False
    allowed: tuple[str, ...] = ()
    refers: tuple[str, ...] = ()
    writable: Literal["both", "create", "never"] = "both"
    default: Value = None
    external_id: bool = False


@dataclass(frozen=True, slots=True)
class Sobject:
    """One kind of record."""

    name: str
    prefix: str
    fields: Mapping[str, Field] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VendorError:
    """One entry of the vendor's list of errors."""

    code: str
    message: str
    fields: tuple[str, ...] = ()


class Refused(Exception):
    """The vendor says no to one record."""

    def __init__(self, *errors: VendorError) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{error.code}: {error.message}" for error in errors))


def number(text: str) -> int | float:
    """The number that a cell of a table says, whole where it is whole. Raises ValueError."""
    said = float(text)
    return int(said) if said.is_integer() else said


def refuse(code: str, message: str, *fields: str) -> Refused:
    """A refusal with one error."""
    return Refused(VendorError(code, message, fields))
