"""`stages`: who owns a lead, how soon they act, what may come of it, and what follows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from closeloop.process.schema.base import Closed, Condition, Count, HeardAs, Name, Span

Pick = Literal["least_loaded", "round_robin", "deal_owner", "account_owner"]


class ShowAs(Closed):
    """What a lead is in the CRM: never a second record for somebody it knows."""

    new_person: Literal["lead"]
    known_contact: Literal["task", "opportunity"]


class RespondPart(Closed):
    """How soon the owner must act."""

    within: Span
    clock: Literal["working", "plain"] = "plain"
    remind_before: Span | None = None


class NurturePart(Closed):
    """Care by marketing; it wakes after a time, on a condition, or on what comes first."""

    programme: Name
    wake_after: Span | None = None
    wake_when: Condition | None = None
    owner: Literal["keep"] | None = None


class MovePart(Closed):
    """What happens next; exactly one of the three."""

    to: Name | None = None
    send_back: Name | None = None
    nurture: NurturePart | None = None


def _then(value: object) -> str:
    return "move" if isinstance(value, dict | MovePart) else "stage"


Then = Annotated[Annotated[Name, Tag("stage")] | Annotated[MovePart, Tag("move")], Discriminator(_then)]


class IfLatePart(Closed):
    """Clawback: to a stage, at most so often, and then something else."""

    move: Name
    except_: Literal["previous_owner"] | None = Field(default=None, alias="except")
    at_most: Count
    then: Then


class OutcomePart(MovePart):
    """How an outcome is heard (all paths must hold), and what follows. The `at_most`-th time, `then` follows."""

    heard_as: HeardAs | None = None
    only_when: Condition | None = None
    verifies: list[Name] = Field(default_factory=list)
    at_most: Count | None = None
    then: Then | None = None


class MilestonePart(Closed):
    """A step that is measured and moves nothing."""

    heard_as: HeardAs


class StagePart(Closed):
    """One stage; {} ends the road."""

    owner: list[Pick] = Field(default_factory=list)
    show_as: ShowAs | None = None
    respond: RespondPart | None = None
    if_late: IfLatePart | None = None
    milestones: dict[Name, MilestonePart] = Field(default_factory=dict)
    outcomes: dict[Name, OutcomePart] = Field(default_factory=dict)


Stages = Annotated[dict[Name, StagePart], Field(min_length=1)]
