"""A lead, what happens to it, and what the outside world is to be told: the frozen values of the lifecycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from closeloop.words.money import Money

Status = Literal["open", "nurturing", "sent_back", "won"]
EventKind = Literal[
    "created",
    "moved",
    "assigned",
    "responded",
    "outcome",
    "milestone",
    "late",
    "reminded",
    "nurtured",
    "woken",
    "sent_back",
    "returned",
    "won",
    "amount",
]
ClockName = Literal["respond", "remind", "wake", "assign"]
"""The owner is to answer; the owner is reminded; nurture is over; a lead that found no owner is tried again."""


@dataclass(frozen=True, slots=True)
class Lead:
    """One sales pursuit of a person for a product in a region, as its events have made it.

    Attributes:
        cycle: 1 the first time, one more after each return from marketing.
        campaign: of the touch that created this cycle: the sourced one. `touch_id` is that touch.
        programme: of the nurture under way.
        counts: how often each limited thing happened in this cycle ("late:telemarketing", "voicemail").
    """

    id: str
    person_id: str
    product: str
    region: str
    cycle: int
    stage: str
    status: Status
    created_at: datetime
    stage_at: datetime
    owner: str | None = None
    previous_owners: tuple[str, ...] = ()
    campaign: str | None = None
    touch_id: str | None = None
    assigned_at: datetime | None = None
    respond_by: datetime | None = None
    responded_at: datetime | None = None
    reason: str | None = None
    programme: str | None = None
    amount: Money | None = None
    closed_at: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    n_events: int = 0

    @property
    def is_open(self) -> bool:
        """Whether sales has it: worked on, or nurtured for a while on sales' behalf."""
        return self.status in ("open", "nurturing")


@dataclass(frozen=True, slots=True)
class LeadEvent:
    """A change of a lead, with who and why; stage, owner and clock are read from these."""

    lead_id: str
    no: int
    at: datetime
    kind: EventKind
    stage: str
    owner: str | None
    choice: str | None
    cycle: int
    who: str
    why: str
    message_id: str


@dataclass(frozen=True, slots=True)
class ClockSet:
    """A clock of a lead, set to `due_at`, or stopped when that is None."""

    lead_id: str
    clock: ClockName
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Packet:
    """What sales was told at the handover, frozen as sent."""

    lead_id: str
    cycle: int
    at: datetime
    content: Mapping[str, object]


class Confirmed(NamedTuple):
    """A field of the person whose present value an outcome confirmed; `by` the seller, or the rule."""

    field: str
    by: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of a condition: its text, whether it held, and the values it looked at."""

    text: str
    held: bool
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's answer for one person and product, part by part."""

    person_id: str
    product: str
    region: str | None
    at: datetime
    passed: bool
    findings: tuple[Finding, ...]
    message_id: str


@dataclass(frozen=True, slots=True)
class Tier:
    """Name, lead or customer; and whose the record is."""

    person_id: str
    tier: Literal["name", "lead", "customer"]
    custody: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ShownAs:
    """What a lead is in the CRM. `record_id` is None until the CRM has answered."""

    lead_id: str
    object: str
    our_key: str
    record_id: str | None = None


@dataclass(frozen=True, slots=True)
class Deal:
    """One opportunity of a person, as the rules see it; product and region are the lead's where the CRM has none."""

    id: str
    open: bool
    won: bool
    stage: str | None
    amount: Money | None
    product: str | None
    region: str | None
    owner: str | None
    record_id: str | None
    role: str | None = None
    """The part that the person has in it, where the CRM says so: "Decision Maker"."""


# What is to be done outside, decided here and carried out by the outbox: a closed list.


@dataclass(frozen=True, slots=True)
class Show:
    """Present the lead to its owner as `object` ("lead", "task", "opportunity")."""

    lead: Lead
    object: str
    our_key: str


@dataclass(frozen=True, slots=True)
class Assign:
    """Tell the CRM the lead's owner and state on what it is shown as."""

    lead: Lead


@dataclass(frozen=True, slots=True)
class Close:
    """The task of a lead is no longer to be done."""

    lead: Lead


@dataclass(frozen=True, slots=True)
class Retire:
    """The person goes back to marketing: deactivated in the CRM, never deleted."""

    person_id: str
    lead: Lead


@dataclass(frozen=True, slots=True)
class Revive:
    """The person is sales' again: the same records become active."""

    person_id: str
    lead: Lead


@dataclass(frozen=True, slots=True)
class Enrol:
    """Into (or, `leave`, out of) a nurture programme."""

    lead: Lead
    programme: str
    leave: bool = False


@dataclass(frozen=True, slots=True)
class Tell:
    """What marketing is told of the lead."""

    lead: Lead
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A mail to the owner: a reminder before the clock runs out, or sales' turn again after nurture."""

    lead: Lead
    why: str


Intent = Show | Assign | Close | Retire | Revive | Enrol | Tell | Prompt
