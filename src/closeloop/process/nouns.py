"""The agreed process as one frozen value: what the rooms of the road are handed. Made by `process/load.py` only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from closeloop.process.sources import SourceDecl
from closeloop.rules import Rule
from closeloop.words.cleaning import CleaningTable
from closeloop.words.worktime import WorkCalendar

Side = Literal["marketing", "sales"]


@dataclass(frozen=True, slots=True)
class Path:
    """Where a source keeps a field: `crm.Account.Name` is source crm, object Account, name Name."""

    source: str
    object: str | None
    name: str

    def __str__(self) -> str:
        return ".".join(part for part in (self.source, self.object, self.name) if part)


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One field of one entity: who is believed, where it is written, what form it has.

    Attributes:
        trust: groups in order of belief; inside a group the newest value wins.
        any_true: instead of an order: true as soon as one path says true (consent).
        write: paths that are to hold the winner.
        form: name of the normal form in `words.normal` ("email", "phone", "text" …).
        key: "strong" identifies a person by itself.
        always: written whatever custody says (`gate: ignores`).
        clean: the table that brings what was given to standard text.
        cleared_by: paths of `trust` whose blank takes the value out, where it replaces one that was there.
        seen_by: the only side that the hub shows it to; None is both.
    """

    entity: str
    name: str
    trust: tuple[tuple[Path, ...], ...]
    any_true: bool
    write: tuple[Path, ...]
    form: str
    key: Literal["strong", "weak"] | None
    always: bool
    clean: CleaningTable | None = None
    cleared_by: tuple[Path, ...] = ()
    seen_by: Side | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every path that reports this field, in order of trust."""
        return tuple(path for group in self.trust for path in group)


@dataclass(frozen=True, slots=True)
class OwnKind:
    """One kind of record of the business's own, such as a purchase.

    Attributes:
        of: whose it counts as: "person" (whom it names), "account" (everybody there), "opportunity" (whose deal it is).
        objects: source and object of each that it comes from.
        key: the field by which systems that hold the same record agree; None: each record is one of its own.
        fields: by name.
    """

    name: str
    of: tuple[str, ...]
    objects: tuple[tuple[str, str], ...]
    key: str | None
    fields: Mapping[str, FieldRule]


@dataclass(frozen=True, slots=True)
class Region:
    """Countries that share rules and a calendar."""

    name: str
    countries: frozenset[str]
    calendar: WorkCalendar


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a team, as in team.csv. `user` is the id in the CRM."""

    name: str
    user: str
    email: str
    team: str
    regions: frozenset[str]
    products: frozenset[str]
    capacity: int
    away_from: datetime | None
    away_to: datetime | None

    def takes(self, team: str, product: str, region: str, at: datetime) -> bool:
        """Whether this member may be given a lead of `product` in `region` at `at`."""
        return self.team == team and product in self.products and region in self.regions and not self.is_away(at)

    def is_away(self, at: datetime) -> bool:
        """Whether this member is not to be given anything at `at`."""
        return self.away_from is not None and self.away_from <= at and (self.away_to is None or at < self.away_to)


@dataclass(frozen=True, slots=True)
class ContentLine:
    """Pages whose URL path matches `pattern` (`*` any part) speak of this product and topic."""

    pattern: re.Pattern[str]
    product: str | None
    topic: str | None
    depth: int


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One scoring line. `id` is stable within the version: "fit[0]", "interest[2]".

    A fit line has `when` over the person and no `on`; an interest line counts touches of kind `on`.
    """

    id: str
    points: float
    when: Rule | None = None
    on: str | None = None
    at_most: float | None = None
    half_life: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """From name to lead. `needs` are fields that must have a value; "product" and "region" count as fields.

    `to` is the CRM that is given the lead; "" when leads stay in the hub.
    """

    when: Rule
    unless: Rule | None
    needs: tuple[str, ...]
    to: str
    packet: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RouteLine:
    """The first line whose `when` is true (None: always) names the stage a new lead starts in."""

    when: Rule | None
    to: str


@dataclass(frozen=True, slots=True)
class Respond:
    """How soon the owner must act: `within` of working time, or of plain time."""

    within: timedelta
    working: bool
    remind_before: timedelta | None
    text: str
    """As written, for explanations: "8h working"."""
    working_days: int | None = None
    """Set when written in days of working time ("2d working"): so many working days, and `within` says 24h each."""


@dataclass(frozen=True, slots=True)
class Move:
    """What happens to a lead next; exactly one of `to`, `send_back`, `nurture` is set."""

    to: str | None = None
    send_back: str | None = None
    nurture: Nurture | None = None


@dataclass(frozen=True, slots=True)
class IfLate:
    """Clawback: to stage `move` under another owner, at most so often, then `then`."""

    move: str
    except_previous: bool
    at_most: int
    then: Move


@dataclass(frozen=True, slots=True)
class Nurture:
    """Care by marketing while the lead stays with its stage; wakes after a time or on a condition."""

    programme: str
    wake_after: timedelta | None
    wake_when: Rule | None
    keep_owner: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """One field of a vendor record that must have one of these values."""

    path: Path
    values: frozenset[str | int | float | bool]


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    """One outcome of a stage: how it is heard, and what follows."""

    name: str
    heard_as: tuple[Heard, ...]
    only_when: Rule | None
    verifies: tuple[str, ...]
    move: Move
    at_most: int | None
    then: Move | None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A step that is measured without moving the lead."""

    name: str
    heard_as: tuple[Heard, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage between two owners. A stage without `owner` and outcomes ends the road (customer)."""

    name: str
    owner: tuple[str, ...]
    show_new_person: str | None
    show_known_contact: str | None
    respond: Respond | None
    if_late: IfLate | None
    outcomes: Mapping[str, OutcomeRule]
    milestones: Mapping[str, Milestone]

    @property
    def final(self) -> bool:
        """Whether the road ends here."""
        return not self.owner and not self.outcomes


@dataclass(frozen=True, slots=True)
class SendBack:
    """Back to marketing with a reason. `return_when` None: never."""

    reason: str
    return_when: Rule | None
    not_before: timedelta | None


@dataclass(frozen=True, slots=True)
class Custody:
    """Which systems the hub writes to, and who may mail, while the record is in this custody."""

    name: str
    write: tuple[str, ...]
    mail: str | None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the marketing system is told of each lead, with the campaign that began it."""

    to: str
    tell: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Programme:
    """A nurture programme: the list `join` in the system `system`."""

    name: str
    system: str
    join: str


@dataclass(frozen=True, slots=True)
class AlertRule:
    """Who hears of which touch, by mail. `on` is a touch kind, or "any"."""

    id: str
    on: tuple[str, ...]
    when: Rule | None
    who: str
    within: timedelta


@dataclass(frozen=True, slots=True)
class Matching:
    """How records are brought together beyond what holds for every process.

    Attributes:
        merge_in: systems in which a merge is carried out too.
        convert_in: those of them in which a lead beside a contact of the same person is converted into it.
        into_accounts: those of these in which a lead of somebody without a contact is converted into their account.
        account_ties: what chooses among accounts that match a person equally well, in order.
    """

    merge_in: tuple[str, ...] = ()
    account_ties: tuple[str, ...] = ()
    convert_in: tuple[str, ...] = ()
    into_accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loops:
    """From how many times on, within which span, a field that a system sets back is not written there any more."""

    after: int = 5
    within: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Process:
    """Everything that was agreed, in one version. `signed` stands under every decision."""

    name: str
    version: int
    agreed_by: tuple[str, ...]
    agreed_on: str
    sources: Mapping[str, SourceDecl]
    regions: Mapping[str, Region]
    people: tuple[Member, ...]
    products: tuple[str, ...]
    content: tuple[ContentLine, ...]
    fields: Mapping[str, Mapping[str, FieldRule]]
    fit: tuple[ScoreLine, ...]
    interest: tuple[ScoreLine, ...]
    gate: Gate
    route: tuple[RouteLine, ...]
    stages: Mapping[str, Stage]
    send_back: Mapping[str, SendBack]
    custody: Mapping[str, Custody]
    feedback: Feedback | None
    programmes: Mapping[str, Programme]
    alerts: tuple[AlertRule, ...]
    files: Mapping[str, bytes]
    """The process file and its tables by name, as read: a replay reads them from here."""
    matching: Matching = field(default_factory=Matching)
    ceilings: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """System → verb, "refused" or "calls" → how many a plan may have at most."""
    records: Mapping[str, OwnKind] = field(default_factory=dict)
    loops: Loops = field(default_factory=Loops)

    @property
    def signed(self) -> str:
        """For example "b2b@7"."""
        return f"{self.name}@{self.version}"

    def region_of(self, country: str | None) -> Region | None:
        """The region a country belongs to."""
        return next((region for region in self.regions.values() if country in region.countries), None)

    def own_kind(self, source: str, object_name: str) -> OwnKind | None:
        """The kind of the business's own that this object of a source stands for."""
        here = (source, object_name)
        return next((kind for kind in self.records.values() if here in kind.objects), None)

    def member(self, name: str) -> Member | None:
        """The team member of that name."""
        return next((member for member in self.people if member.name == name), None)

    def member_by_user(self, user: str) -> Member | None:
        """The team member with that id in the CRM."""
        return next((member for member in self.people if member.user == user), None)
