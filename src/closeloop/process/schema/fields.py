"""`fields`: who is believed, where the winner is written, and in what form."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from closeloop.process.schema.base import Closed, Name, Table, Text

Form = Literal[
    "text", "email", "phone", "person_name", "company", "country", "integer", "number", "boolean", "money", "moment",
    "date",
]  # fmt: skip


class Newest(Closed):
    """Among these paths the latest value wins."""

    newest: Annotated[list[Text], Field(min_length=1)]


class AnyTrue(Closed):
    """True as soon as one of these paths says so."""

    any_true: Annotated[list[Text], Field(min_length=1)]


def _entry(value: object) -> str:
    return "newest" if isinstance(value, dict | Newest) else "path"


def _trust(value: object) -> str:
    return "any_true" if isinstance(value, dict | AnyTrue) else "order"


TrustEntry = Annotated[Annotated[Text, Tag("path")] | Annotated[Newest, Tag("newest")], Discriminator(_entry)]
Trust = Annotated[
    Annotated[Annotated[list[TrustEntry], Field(min_length=1)], Tag("order")] | Annotated[AnyTrue, Tag("any_true")],
    Discriminator(_trust),
]


class FieldPart(Closed):
    """One field. The first path in `trust` that has a value wins."""

    trust: Trust
    write: list[Text] = Field(default_factory=list)
    form: Form | None = Field(default=None, alias="as")
    clean: Table | None = None
    key: Literal["strong", "weak"] | None = None
    gate: Literal["ignores"] | None = None
    cleared_by: list[Text] = Field(default_factory=list)
    seen_by: Literal["marketing", "sales"] | None = None


class FieldsPart(Closed):
    """The fields of people and of companies."""

    person: Annotated[dict[Name, FieldPart], Field(min_length=1)]
    account: dict[Name, FieldPart] = Field(default_factory=dict)
