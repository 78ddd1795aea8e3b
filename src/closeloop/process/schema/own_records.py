"""`records`: kinds of record of the business's own, such as purchases."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from closeloop.process.schema.base import Closed, Name, Text

Form = Literal[
    "text", "product", "email", "phone", "person_name", "company", "country", "integer", "number", "boolean", "money",
    "moment", "time", "date",
]  # fmt: skip
"""Those of fields, and two by the names that people have for them: a product is a text, a time is a moment."""
Whose = Literal["person", "account", "opportunity"]


def _how_many(value: object) -> str:
    return "several" if isinstance(value, list) else "one"


def _how(value: object) -> str:
    return "column" if isinstance(value, dict | ColumnPart) else "form"


Texts = Annotated[
    Annotated[Text, Tag("one")] | Annotated[Annotated[list[Text], Field(min_length=1)], Tag("several")],
    Discriminator(_how_many),
]


class ColumnPart(Closed):
    """A field that the source calls otherwise: {from: Amount__c, as: money}, or one path for each object."""

    from_: Texts = Field(alias="from")
    form: Form = Field(default="text", alias="as")


class OwnRecordPart(Closed):
    """One kind of record: whose it counts as, which objects it comes from, and what it has."""

    of: Annotated[
        Annotated[Whose, Tag("one")] | Annotated[Annotated[list[Whose], Field(min_length=1)], Tag("several")],
        Discriminator(_how_many),
    ]
    from_: Texts = Field(alias="from")
    has: Annotated[
        dict[Name, Annotated[Annotated[Form, Tag("form")] | Annotated[ColumnPart, Tag("column")], Discriminator(_how)]],
        Field(min_length=1),
    ]
    key: Name | None = None
