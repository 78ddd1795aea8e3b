"""`send_back`, `custody`, `feedback`, `nurture`, `alerts`: what sales and marketing owe each other."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from closeloop.process.schema.base import Closed, Condition, Span, Text


class SendBackPart(Closed):
    """Back to marketing for a reason. `return_when`: a condition, or never."""

    return_when: Condition
    not_before: Span | None = None


class CustodySide(Closed):
    """Which systems the hub writes to while a record is with this side, and who may mail."""

    write: list[Text]
    mail: Text


class CustodyPart(Closed):
    """The two sides."""

    marketing: CustodySide
    sales: CustodySide


class FeedbackPart(Closed):
    """What the marketing system is told of each lead."""

    to: Text
    tell: Annotated[list[Literal["outcome", "stage", "owner", "reason", "amount", "responded_at"]], Field(min_length=1)]


class ProgrammePart(Closed):
    """A nurture programme: a list in a marketing system."""

    in_: Text = Field(alias="in")
    join: Text


def _on(value: object) -> str:
    return "many" if isinstance(value, list | tuple) else "one"


class AlertPart(Closed):
    """Who hears of which touch."""

    on: Annotated[
        Annotated[Text, Tag("one")] | Annotated[Annotated[list[Text], Field(min_length=1)], Tag("many")],
        Discriminator(_on),
    ]
    when: Condition | None = None
    who: Literal["deal_owner", "lead_owner"]
    how: Literal["email"] = "email"
    within: Span
