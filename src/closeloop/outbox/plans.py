"""What would be sent, written down before any of it is: line by line for people, and exact enough to be held to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from closeloop.outbox.convert import DEAL
from closeloop.outbox.echo import points_to
from closeloop.outbox.linked import Linked
from closeloop.outbox.lint import refusal
from closeloop.outbox.merge import ACCOUNT_REF, LOSER, PERSON
from closeloop.outbox.nouns import Posted, Shadow, ShadowKey
from closeloop.outbox.portion import Portion, most_seen, portion_of
from closeloop.outbox.readiness import Readiness, Refused, Told
from closeloop.outbox.sync import written_fields
from closeloop.ports import Command, Connector, Value, Verb
from closeloop.process.nouns import Process
from closeloop.record.nouns import Winners
from closeloop.words.verbs import CALLS, REFUSED

PlanState = Literal["open", "applying", "applied", "void"]


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a line: what the system holds, what it would hold, and the rule that decided."""

    field: str
    old: Value
    new: Value
    why: str


@dataclass(frozen=True, slots=True)
class Line:
    """One command that would be sent.

    Attributes:
        source, verb, object, record_id: what would be done to which record; a create has no id yet.
        who: the person's name or address, for people.
        changes: field by field; for a merge what the survivor is to keep.
        loser: of a merge, the id that goes into `record_id`.
        into: of a conversion, what `record_id` goes into: "Contact 003…", "Account 001… (existing), new contact, new
            deal", "Contact 003…, Account 001…, Opportunity 006…".
        why: the rule that brought the command about.
        refused: why the system would not take it; such a line is not sent, but kept with its reason.
    """

    key: str
    source: str
    verb: str
    object: str
    record_id: str | None
    person_id: str | None
    who: str
    changes: tuple[Change, ...]
    why: str
    loser: str | None = None
    refused: str | None = None
    into: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that would be sent to some connections, as of one moment.

    Attributes:
        signed: process@version that decided it.
        lines: in the order in which they would go out.
        calls: connection → calls to the vendor that sending would take, if no call has to be made twice.
        at_least: connections that take bulk jobs, whose calls may be more: a job is looked at until it is done.
        n_read: connection → records read before.
        n_linked: people of whom several records are known to be one, over all systems.
        n_asked: pairs that wait for a person to say whether they are one.
        readiness: how each connection stands before it is written to, in the order of `sources`.
        linked: who was put together since the last approved plan was made; the first of `n_links`.
        decided: number of the last batch that was decided before: what is linked later is told by a later plan.
    """

    id: str
    made_at: datetime
    signed: str
    sources: tuple[str, ...]
    lines: tuple[Line, ...]
    calls: Mapping[str, int]
    n_read: Mapping[str, int] = field(default_factory=dict)
    n_linked: int = 0
    n_asked: int = 0
    at_least: tuple[str, ...] = ()
    readiness: tuple[Readiness, ...] = ()
    linked: tuple[Linked, ...] = ()
    n_links: int = 0
    decided: int = 0

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Connection → verb, or "refused" → how many lines."""
        found = Counter((line.source, REFUSED if line.refused else line.verb) for line in self.lines)
        return {
            source: {verb: found[source, verb] for verb in (*Verb, REFUSED) if found[source, verb]}
            for source in self.sources
        }


def lines_of(
    posted: Sequence[Posted],
    shadows: Mapping[ShadowKey, Shadow],
    winners: Mapping[str, Winners],
    told: Mapping[str, Told],
    process: Process,
) -> tuple[Line, ...]:
    """The lines of these commands, in their order.

    Args:
        shadows: what the records concerned are known to hold.
        winners: person → what is settled for them, fields that were cleared among it.
        told: connection → what it says of itself, to foresee what it would refuse.
    """
    return tuple(_line(each, shadows, winners, told, process) for each in posted)


def lines_refused(lines: Iterable[Line], source: str) -> list[Refused]:
    """What of these lines one connection would refuse."""
    return [
        Refused(line.verb, line.object, line.who or line.record_id or "", line.refused)
        for line in lines
        if line.refused and line.source == source
    ]


def moved(plan: Plan, posted: Mapping[str, Posted], shadows: Mapping[ShadowKey, Shadow]) -> list[str]:
    """What is not as the plan says any more, in plain words: it must not be carried out then.

    Args:
        posted: the plan's commands as they stand now.
        shadows: what their records are known to hold now.
    """
    said = []
    for line in plan.lines:
        now = posted.get(line.key)
        if now is None or (now.state in ("done", "dead") and not now.planned.command.attempt):
            if not line.refused:
                said.append(f"{named(line)}: is not to be sent any more")
            continue
        if now.state != "waiting":
            continue  # sent before the plan was stopped
        planned = {change.field: change.new for change in line.changes}
        if line.verb == Verb.CREATE and planned != dict(now.planned.command.fields):
            said.append(f"{named(line)}: what it would hold was decided anew")
        account = now.planned.command.refs.get(ACCOUNT_REF)
        if line.verb == Verb.MERGE and planned.get(ACCOUNT_REF) != (account.id if account else None):
            said.append(f"{named(line)}: the account that it goes to was decided anew")
        if line.verb == Verb.CONVERT and line.into != _into(now.planned.command):
            said.append(f"{named(line)}: what it goes into was decided anew")
        holds = shadows.get((line.source, line.object, line.record_id or ""), {})
        for change in line.changes if line.verb == Verb.UPDATE else ():
            held = holds.get(change.field)
            if held not in (change.old, change.new):
                said.append(f"{named(line)}: {change.field} was {change.old!r} and is {held!r} now")
    return said


def over(plan: Plan, ceilings: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Which ceilings the plan passes, in plain words.

    Args:
        ceilings: connection → verb, "refused" or "calls" → how many at most.
    """
    found = {source: {**counts, CALLS: plan.calls.get(source, 0)} for source, counts in plan.counts.items()}
    return [
        f"{source}: {found[source].get(what, 0):,} {what}, and at most {most:,} are allowed"
        for source, limits in ceilings.items()
        for what, most in limits.items()
        if source in found and found[source].get(what, 0) > most
    ]


def calls_of(posted: Sequence[Posted], end: Connector) -> tuple[int, bool]:
    """How many calls sending these takes, claimed as the sender claims them; and whether it may take more.

    Of one person one command goes at a time, in order, and what needs another command's answer waits for it. A bulk job
    is counted as done at the first look: how often it is looked at is the vendor's to say.

    Args:
        posted: commands of one connection, in order.
    """
    left = list(posted)
    n, at_least = 0, False
    while left:
        portion, left = _claim(left, end)
        n += end.cost([each.planned.command for each in portion.posted])
        at_least |= portion.as_job
    return n, at_least


def _claim(left: list[Posted], end: Connector) -> tuple[Portion, list[Posted]]:
    """What goes next, and what is left after it."""
    unsent = {each.planned.command.key for each in left}
    most, ready, seen = most_seen(end), list[Posted](), 0
    busy: set[str] = set()
    for each in left:
        if len(ready) == most:
            break
        seen += 1
        person = each.planned.person_id
        if (person is None or person not in busy) and each.planned.after not in unsent:
            ready.append(each)
        if person is not None:
            busy.add(person)
    portion = portion_of(ready, end) if ready else Portion(tuple(left))
    taken = {each.planned.command.key for each in portion.posted}
    return portion, [each for each in left[:seen] if each.planned.command.key not in taken] + left[seen:]


def _line(
    posted: Posted,
    shadows: Mapping[ShadowKey, Shadow],
    winners: Mapping[str, Winners],
    told: Mapping[str, Told],
    process: Process,
) -> Line:
    planned, command = posted.planned, posted.planned.command
    person = winners.get(planned.person_id or "", {})
    key = (planned.source, command.object, command.ref.id if command.ref else "")
    holds = shadows.get(key, {}) if command.ref else {}
    rules = {name: rule.name for name, rule in written_fields(process, planned.source, command.object)}
    changes = tuple(
        Change(name, holds.get(name), value, person[rules[name]].why if rules.get(name) in person else planned.why)
        for name, value in command.fields.items()
    )
    if command.verb is Verb.MERGE and (account := command.refs.get(ACCOUNT_REF)):
        before = points_to(holds).get(ACCOUNT_REF)
        changes += (Change(ACCOUNT_REF, before.id if before else None, account.id, planned.why),)
    says = told[planned.source]
    loser = command.refs.get(LOSER)
    named = (person.get(name) for name in ("name", "email", "company"))
    who = next((each for each in named if each is not None and not each.is_cleared), None)
    return Line(
        command.key, planned.source, command.verb.value, command.object, command.ref.id if command.ref else None,
        planned.person_id, str(who.value) if who else "", changes, planned.why, loser.id if loser else None,
        refusal(command, says.shapes, says.gone), _into(command),
    )  # fmt: skip


def _into(command: Command) -> str | None:
    """What a conversion makes of a lead; what is there already stays the only one."""
    if command.verb is not Verb.CONVERT:
        return None
    person, account, deal = (command.refs.get(name) for name in (PERSON, ACCOUNT_REF, DEAL))
    there = [f"{ref.object} {ref.id}" for ref in (person, account, deal) if ref is not None]
    if person is None:
        there = [f"{each} (existing)" for each in there] or ["a new account"]
        there.insert(1, "new contact")
    return ", ".join([*there, *(["new deal"] if command.fields.get(DEAL) else [])])


def named(line: Line) -> str:
    """A line in a few words: what would be done to which record, what it goes into, and whose it is."""
    into = line.record_id if line.loser else line.into
    parts = (line.source, line.verb, line.object, line.loser or line.record_id, into and f"into {into}")
    return " ".join(filter(None, (*parts, line.who and f"({line.who})")))


def keys_of(lines: Iterable[Line]) -> set[ShadowKey]:
    """Where what their records hold is kept."""
    return {(line.source, line.object, line.record_id) for line in lines if line.record_id}
