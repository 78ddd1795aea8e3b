"""What should be put in order at a system before it is written to: its owners, duplicates, and what it would refuse."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from closeloop.outbox.lint import demanded
from closeloop.outbox.nouns import Shadow
from closeloop.outbox.paths import paths_of
from closeloop.outbox.rejects import Cause, cause_of
from closeloop.outbox.sync import written_fields
from closeloop.ports import Entity, Owner, Shape, ShapeField
from closeloop.process.nouns import Process
from closeloop.record.builtin import CURRENCY_NAMES, rules_for

SAMPLE = 500
"""Records of an object that are looked at for fields that nobody mapped."""

_OFTEN = 0.2
"""A field that so many of them fill is said to matter: filled by one in five it is no accident."""
_SHOWN = {"lead": "Lead", "task": "Task", "opportunity": "Opportunity"}
_MAPPED: tuple[Entity, ...] = ("person", "account", "opportunity")


@dataclass(frozen=True, slots=True)
class Told:
    """What a system says of itself.

    Attributes:
        shapes: its kinds of records.
        owners: who may own them; `unread` is why that is not known.
        gone: those of them who are not active, by their ids.
    """

    shapes: tuple[Shape, ...]
    owners: tuple[Owner, ...]
    gone: Mapping[str, Owner]
    unread: str = ""


def told_of(shapes: Sequence[Shape], owners: Sequence[Owner], unread: str = "") -> Told:
    """What a system says of itself, by these answers."""
    gone = {owner.id: owner for owner in owners if not owner.active}
    return Told(tuple(shapes), tuple(owners), gone, unread)


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that would be refused: what it is about, and the reason."""

    verb: str
    object: str
    about: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Somebody of the team to whom nothing can be given in the system, and why."""

    member: str
    user: str
    why: str


@dataclass(frozen=True, slots=True)
class Holder:
    """A user who owns records and is in no team, or may not own any more; what they own, deals only while open."""

    id: str
    name: str
    why: str
    people: int
    accounts: int
    deals: int

    @property
    def owns(self) -> str:
        """In words: "3 people, 1 account"."""
        counts = ((self.people, "person", "people"), (self.accounts, "account", "accounts"))
        deals = (self.deals, "open deal", "open deals")
        return ", ".join(f"{n:,} {one if n == 1 else many}" for n, one, many in (*counts, deals) if n)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why lines of the plan would be refused: how many, one of them word for word, and what to do about all."""

    what: str
    n: int
    example: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A field that the system's people fill and the process does not name; `share` of those looked at, 0 to 1."""

    object: str
    field: str
    share: float


@dataclass(frozen=True, slots=True)
class Readiness:
    """One connection as it stands before it is written to.

    Attributes:
        team: members of the process's team to whom nothing can be given there.
        holders: owners of records for whom somebody else should be found, those who own most first.
        n_twice, n_records: people who are known there by several living records, and how many those are.
        troubles: refused lines of the plan, grouped by cause.
        unfilled: "Object.field" that a new record must have and that nothing in the process fills.
        unmapped: fields that are filled there and mapped nowhere.
        unread: why the owners could not be read, "" when they could.
    """

    source: str
    team: tuple[Unmatched, ...] = ()
    holders: tuple[Holder, ...] = ()
    n_twice: int = 0
    n_records: int = 0
    troubles: tuple[Trouble, ...] = ()
    unfilled: tuple[str, ...] = ()
    unmapped: tuple[Unmapped, ...] = ()
    unread: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether nothing is to be put in order; fields without a mapping are only worth knowing."""
        return not (self.team or self.holders or self.n_twice or self.troubles or self.unfilled or self.unread)


def gives_leads(process: Process, source: str) -> bool:
    """Whether the ids of the team are users of this system: it is given the leads, or sellers work in it."""
    return source == process.gate.to or (not process.gate.to and process.sources[source].role == "sales")


def unmatched(process: Process, owners: Sequence[Owner]) -> tuple[Unmatched, ...]:
    """Members of the team whose user is none of the active users among these owners, in the order of the team."""
    users = {owner.id: owner for owner in owners}
    said = ((member, _why_not(member.user, users)) for member in process.people)
    return tuple(Unmatched(member.name, member.user, why) for member, why in said if why)


def holders(
    process: Process, owners: Sequence[Owner], owned: Mapping[str, Mapping[Entity, int]], *, has_team: bool
) -> tuple[Holder, ...]:
    """Owners of records who should own none, those with the most records first.

    Args:
        owners: everybody whom the system tells of.
        owned: id of a user → what they own of each kind.
        has_team: whether the team's ids are users of this system.
    """
    users = {owner.id: owner for owner in owners}
    team = {member.user for member in process.people}
    found = []
    for id_, counts in owned.items():
        user = users.get(id_)
        if user is None:
            why = "is no user there"
        elif not user.active:
            why = "is not active there"
        elif user.kind == "queue":
            why = "is a queue"
        elif has_team and id_ not in team:
            why = "is in no team of the process"
        else:
            continue
        n = [counts.get(entity, 0) for entity in _MAPPED]
        found.append(Holder(id_, _called(user) if user else id_, why, *n))
    return tuple(sorted(found, key=lambda each: (-(each.people + each.accounts + each.deals), each.id)))


def troubles(refused: Sequence[Refused]) -> tuple[Trouble, ...]:
    """Refused lines by cause, the most frequent first."""
    groups: dict[str, tuple[Cause, list[str]]] = {}
    for line in refused:
        cause = cause_of(line.verb, line.object, line.reason)
        said = f"{line.about}: {line.reason}" if line.about else line.reason
        groups.setdefault(cause.key, (cause, []))[1].append(said)
    found = [Trouble(cause.what, len(lines), lines[0], cause.remedy) for cause, lines in groups.values()]
    return tuple(sorted(found, key=lambda each: (-each.n, each.what)))


def unfilled(process: Process, source: str, shapes: Sequence[Shape]) -> tuple[str, ...]:
    """Fields that a record must have which the hub may make there, and that nothing fills: "Lead.Region__c"."""
    made = _made(process, source)
    return tuple(
        f"{shape.object}.{field.name}"
        for shape in shapes
        if shape.object in made
        for field in demanded(shape.fields, {name for name, _ in written_fields(process, source, shape.object)})
    )


def unmapped(shape: Shape, records: Sequence[Shadow], used: Collection[str]) -> tuple[Unmapped, ...]:
    """Fields of an object that many of these records fill, and that the process does not name."""
    if not records or shape.entity not in _MAPPED:
        return ()
    found = []
    for field in shape.fields:
        n = sum(record.get(field.name) not in (None, "", False) for record in records)
        if field.name not in used and _is_anybodys(field) and n >= _OFTEN * len(records):
            found.append(Unmapped(shape.object, field.name, round(n / len(records), 3)))
    return tuple(sorted(found, key=lambda each: (-each.share, each.field)))


def used_names(process: Process, source: str) -> frozenset[str]:
    """The names at this source that the process reads, writes or listens to."""
    money = CURRENCY_NAMES.get(process.sources[source].kind, "currency")
    built_in = (rule for entity in (*_MAPPED, "campaign") for rule in rules_for(process, entity).values())
    paths = (*(path for _, path in paths_of(process)), *(path for rule in built_in for path in rule.paths))
    return frozenset((money, *(path.name for path in paths if path.source == source)))


def _is_anybodys(field: ShapeField) -> bool:
    """Whether people fill it: what the system or a connector fills says nothing about them."""
    return field.writable and not field.filled and field.type not in ("reference", "id")


def _called(user: Owner) -> str:
    return f"{user.name} <{user.email}>" if user.email else user.name


def _why_not(user: str, users: Mapping[str, Owner]) -> str:
    found = users.get(user)
    if found is not None:
        return "" if found.active else "is not active there"
    longer = next((id_ for id_ in users if user and id_.startswith(user)), None)
    if longer:
        return f"has the short form of an id; valid is {longer}"
    return "has no user there" if user else "has no user in the team's file"


def _made(process: Process, source: str) -> frozenset[str]:
    made = set()
    if source == process.gate.to:
        for stage in process.stages.values():
            made |= {_SHOWN[name] for name in (stage.show_new_person, stage.show_known_contact) if name in _SHOWN}
    if process.sources[source].role == "marketing":
        made.add("Lead")
    return frozenset(made)
