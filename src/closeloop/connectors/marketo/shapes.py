"""Marketo's answers as typed values, by the vendor's own specification (Swagger of the Lead Database REST API)."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from closeloop.ports import Value

T = TypeVar("T")

Row = dict[str, Value]
"""One lead: REST field name → value; which keys there are depends on the `fields` asked for."""


class Reason(msgspec.Struct, frozen=True):
    """Why a call or a record was refused; codes as in the vendor's list of error codes."""

    code: str
    message: str = ""


class Status(msgspec.Struct, frozen=True):
    """What became of one record of a write or a list operation.

    The specification calls the causes `reason` for leads and `reasons` for lists; the live service says `reasons`
    in both.
    """

    status: str = ""
    id: int | None = None
    reasons: tuple[Reason, ...] = ()
    reason: Reason | None = None

    @property
    def causes(self) -> tuple[Reason, ...]:
        """The causes of a refusal, wherever they stand."""
        return self.reasons or ((self.reason,) if self.reason else ())


class Attribute(msgspec.Struct, frozen=True):
    """One secondary attribute of an activity."""

    name: str
    value: Value = None


class Happening(msgspec.Struct, frozen=True, rename="camel"):
    """One entry of the activity log: an act of a person, a change of a lead, or a deletion."""

    lead_id: int
    activity_date: str
    activity_type_id: int
    id: int | None = None
    marketo_guid: str | None = msgspec.field(default=None, name="marketoGUID")
    primary_attribute_value: str | None = None
    primary_attribute_value_id: int | None = None
    attributes: tuple[Attribute, ...] = ()


class StaticList(msgspec.Struct, frozen=True):
    """A static list, as far as it is needed here."""

    id: int
    name: str


class Field(msgspec.Struct, frozen=True, rename="camel"):
    """One field of a lead as describe2 gives it."""

    name: str
    data_type: str
    updateable: bool
    length: int | None = None


class Description(msgspec.Struct, frozen=True):
    """The lead object as describe2 gives it."""

    fields: tuple[Field, ...]


class Job(msgspec.Struct, frozen=True, rename="camel"):
    """A bulk export job. Statuses: Created, Queued, Processing, Canceled, Completed, Failed."""

    export_id: str
    status: str = ""
    file_size: int | None = None
    number_of_records: int | None = None
    error_msg: str | None = None


class Import(msgspec.Struct, frozen=True, rename="camel"):
    """A bulk import job. Statuses: Queued, Importing, Complete, Failed."""

    batch_id: int
    status: str = ""
    num_of_rows_failed: int = 0
    num_of_rows_with_warning: int = 0
    message: str | None = None


class Programme(msgspec.Struct, frozen=True):
    """A programme, as far as it is needed here."""

    id: int
    name: str


class Member(msgspec.Struct, frozen=True, rename="camel"):
    """What became of one member of a programme."""

    lead_id: int
    status: str = ""
    reasons: tuple[Reason, ...] = ()


class Usage(msgspec.Struct, frozen=True):
    """The calls made today."""

    total: int = 0


class Reply(msgspec.Struct, frozen=True, rename="camel"):
    """The envelope around every answer."""

    success: bool
    request_id: str = ""
    errors: tuple[Reason, ...] = ()
    result: msgspec.Raw = msgspec.Raw(b"[]")
    next_page_token: str | None = None
    more_result: bool = False

    def rows(self, kind: type[T]) -> list[T]:
        """The result, each entry read as `kind`."""
        return msgspec.json.decode(self.result, type=list[kind])  # type: ignore[valid-type]  # msgspec takes the type as a value
