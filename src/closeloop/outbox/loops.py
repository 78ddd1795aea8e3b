"""A field that a system sets back however often we write it is held back, so that nobody writes for ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from closeloop.outbox.nouns import Known, Planned, Posted, Shadow, ShadowKey
from closeloop.outbox.overruled import n_overruled
from closeloop.outbox.rejects import HELD_BACK
from closeloop.outbox.stale import NOT_NEEDED
from closeloop.outbox.sync import written_fields
from closeloop.ports import Ref, Value
from closeloop.process.nouns import Process
from closeloop.record.nouns import Winner
from closeloop.words.duration import format_duration

_Place = tuple[str, Ref | None, str]
"""Connection, record, field."""


@dataclass(frozen=True, slots=True)
class HeldBack:
    """One field that is not written now.

    Attributes:
        planned: an update of that field alone, to be kept among the rejects.
        reason: who overrules whom, how often, and both values.
        is_new: whether it was not held back before.
    """

    planned: Planned
    reason: str
    is_new: bool


@dataclass(slots=True)
class Parted:
    """One person's updates.

    Attributes:
        going: the updates without the fields that are held back; one of which nothing is left is not among them.
        back: what is held back, field by field.
        over: key → why, of what was held back before and need not be any more.
    """

    going: list[Planned] = field(default_factory=list)
    back: list[HeldBack] = field(default_factory=list)
    over: dict[str, str] = field(default_factory=dict)


def hold_back(
    updates: Sequence[Planned], known: Known, undone: Sequence[Posted], process: Process, now: datetime
) -> Parted:
    """Part what may be written from what the systems have set back too often (`loops` of the process file).

    Consent is never held back: better written again and again than lost.

    Args:
        updates: of the person's fields, as they are right now.
        undone: what waits for the person, and what is held back or was refused.
    """
    before = {
        _place(each.planned, name): each for each in undone if each.is_held_back for name in each.planned.command.fields
    }
    found = Parted()
    for planned in updates:
        ref = planned.command.ref
        shadow = known.shadows.get((planned.source, ref.object, ref.id), {}) if ref is not None else {}
        times = n_overruled(shadow, now - process.loops.within)
        fields = planned.command.fields
        looping = [
            name
            for name in fields
            if times.get(name, 0) >= process.loops.after and not _is_consent(planned, name, process)
        ]
        going = {name: value for name, value in fields.items() if name not in looping}
        if going:
            found.going.append(_with(planned, planned.command.key, going) if looping else planned)
        for name in looping:
            old = before.pop(_place(planned, name), None)
            key = old.planned.command.key if old else f"{planned.command.key}:held:{name}"
            said = _said(planned, name, times[name], shadow, known, process)
            held = _with(planned, key, {name: fields[name]})
            found.back.append(HeldBack(held, said, is_new=old is None))
    why = f"{NOT_NEEDED}: it is written again, or nothing differs any more"
    found.over = {each.planned.command.key: why for each in before.values()}
    return found


def same_fields(held: Planned, known: Known, process: Process) -> dict[ShadowKey, set[str]]:
    """Record → its fields that are the person's field that is held back: here, and wherever else it is written."""
    said = held.command.fields
    written = written_fields(process, held.source, held.command.object)
    alike = {(rule.entity, rule.name) for name, rule in written if name in said}
    found = {
        key: {n for n, rule in written_fields(process, key[0], key[1]) if (rule.entity, rule.name) in alike}
        for key in known.shadows
    }
    return {key: names for key, names in found.items() if names}


def _is_consent(planned: Planned, name: str, process: Process) -> bool:
    written = written_fields(process, planned.source, planned.command.object)
    return any(rule.any_true for each, rule in written if each == name)


def _with(planned: Planned, key: str, fields: Mapping[str, Value]) -> Planned:
    return replace(planned, command=replace(planned.command, key=key, fields=fields))


def _place(planned: Planned, name: str) -> _Place:
    return planned.source, planned.command.ref, name


def _said(planned: Planned, name: str, n: int, shadow: Shadow, known: Known, process: Process) -> str:
    winner = _winner(planned, name, known, process)
    rival = winner.path.partition(".")[0] if winner is not None else planned.source
    who = f"{rival} and {planned.source}" if rival != planned.source else f"the hub and {planned.source}"
    span = format_duration(process.loops.within)
    held, wanted = _value(shadow.get(name)), _value(planned.command.fields[name])
    return (
        f"{planned.command.object}.{name}{HELD_BACK}{who} overrule each other: written {n} times within {span} and set "
        f"back each time; {planned.source} holds {held}, {rival if winner is not None else 'the hub'} says {wanted}"
    )


def _winner(planned: Planned, name: str, known: Known, process: Process) -> Winner | None:
    rules = dict(written_fields(process, planned.source, planned.command.object))
    rule = rules.get(name)
    return None if rule is None else {"person": known.person, "account": known.account}[rule.entity].get(rule.name)


def _value(value: Value) -> str:
    return "nothing" if value in (None, "") else repr(value)
