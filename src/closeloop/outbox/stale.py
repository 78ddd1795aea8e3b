"""What waits to be sent is looked at anew when its record goes, lives on elsewhere, or changes hands; fields always."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from closeloop.outbox.merge import ACCOUNT_REF, LOSER, PERSON
from closeloop.outbox.nouns import Known, Planned, Posted, ShadowKey
from closeloop.ports import Command, Ref, Verb

NOT_NEEDED: Final = "no longer needed"
NOT_NOW: Final = "not needed now"
_OWNER = "owner"
_OF_ITS_OWN = frozenset({Verb.RESTORE, Verb.ERASE})
"""These are about a record that may be gone already."""


@dataclass(slots=True)
class Stale:
    """What becomes of commands that were not sent yet.

    Attributes:
        dropped: key → why it is not sent any more.
        changed: those that go out in another form.
    """

    dropped: dict[str, str] = field(default_factory=dict)
    changed: list[Planned] = field(default_factory=list)


def look_again(
    unsent: Iterable[Posted], gone: Mapping[ShadowKey, Ref | None], handed: Collection[ShadowKey] = ()
) -> Stale:
    """What of these cannot go out as it stands.

    Args:
        gone: record → the one that it lives on as, None where it was deleted.
        handed: records that somebody outside gave to another owner: the hub does not take them back.
    """
    stale = Stale()
    for posted in unsent:
        planned, why = _looked_at(posted.planned, gone, handed)
        if planned is None:
            stale.dropped[posted.planned.command.key] = why
        elif planned != posted.planned:
            stale.changed.append(planned)
    return stale


def supersede(unsent: Sequence[Posted], decided: Sequence[Planned]) -> tuple[list[Planned], dict[str, str]]:
    """Of one person's fields only what was decided last goes out.

    What a system has refused is not asked of it again by itself: it waits among the rejects for somebody to retry it.

    Args:
        unsent: what waits for the person, and what was refused.
        decided: the updates of their fields that are right now.

    Returns:
        Those that do not wait already, and key → why, of those that are not sent any more.
    """
    refused = {_content(each.planned) for each in unsent if each.state == "dead"}
    waiting = [each for each in unsent if is_of_fields(each.planned) and each.state != "dead"]
    there = {_content(each.planned): each.planned.command.key for each in waiting}
    kept = {there[_content(each)] for each in decided if _content(each) in there}
    dropped = {
        each.planned.command.key: "not sent any more: what the record is to hold was decided anew"
        for each in waiting
        if each.planned.command.key not in kept
    }
    return [each for each in decided if _content(each) not in {*there, *refused}], dropped


def needless(undone: Sequence[Posted], known: Known) -> dict[str, str]:
    """Creates, sent or not, of a person who has a record by now, or for whom another create waits: key → why not.

    Two who were linked after both creates were planned have one each.
    """
    found = {}
    for each in undone:
        source, command = each.planned.source, each.planned.command
        if each.state == "dead" or command.verb is not Verb.CREATE or each.planned.lead_id is not None:
            continue
        if known.records(source):
            found[command.key] = f"{NOT_NEEDED}: {source} has a record of them"
        elif each.state == "waiting" and known.pending.get((source, command.object), command.key) != command.key:
            found[command.key] = f"{NOT_NEEDED}: another create of them waits"
    return found


def overtaken(undone: Sequence[Posted], known: Known) -> list[Planned]:
    """Conversions into an account, of a person who has a contact there meanwhile, as they go into that contact."""
    moved = []
    for planned in (each.planned for each in undone if each.state == "waiting"):
        refs = planned.command.refs
        if planned.command.verb is Verb.CONVERT and ACCOUNT_REF in refs and PERSON not in refs:
            contact = next((Ref(*record) for record in known.records(planned.source) if record[0] == "Contact"), None)
            if contact is not None:
                kept = {name: ref for name, ref in refs.items() if name != ACCOUNT_REF}
                moved.append(replace(planned, command=replace(planned.command, refs={**kept, PERSON: contact})))
    return moved


def orphans(undone: Sequence[Posted], unmade: Collection[str], known: Known) -> tuple[list[Planned], dict[str, str]]:
    """What waits for the record of a create that is not made any more: it goes to the person's own, or nowhere.

    Where another create of theirs waits, it waits for that one.

    Returns:
        Those that go elsewhere, and key → why, of those that are not sent.
    """
    moved: list[Planned] = []
    dropped: dict[str, str] = {}
    for each in undone:
        planned, command = each.planned, each.planned.command
        if each.state != "waiting" or planned.after not in unmade or command.verb is Verb.CREATE:
            continue
        record = next(iter(known.records(planned.source)), None) if _is_of_person(planned) else None
        other = known.pending.get((planned.source, command.object)) if _is_of_person(planned) else None
        if record is None and other is not None and other not in unmade:
            moved.append(replace(planned, after=other))
        elif record is None:
            dropped[command.key] = f"{NOT_NEEDED}: its record is not made any more"
        else:
            moved.append(replace(planned, command=replace(command, object=record[0], ref=Ref(*record))))
    return moved, dropped


def is_of_fields(planned: Planned) -> bool:
    """Whether a command brings a person's fields to where they should be held."""
    return planned.command.verb is Verb.UPDATE and planned.lead_id is None


def _is_of_person(planned: Planned) -> bool:
    return planned.lead_id is None or planned.command.verb in (Verb.JOIN, Verb.LEAVE, Verb.TELL)


def _content(planned: Planned) -> tuple[object, ...]:
    command = planned.command
    return planned.source, command.verb, command.object, command.ref, tuple(sorted(command.fields.items(), key=str))


def _looked_at(
    planned: Planned, gone: Mapping[ShadowKey, Ref | None], handed: Collection[ShadowKey]
) -> tuple[Planned | None, str]:
    command = planned.command
    if command.verb in _OF_ITS_OWN:
        return planned, ""
    if command.ref is not None and (key := (planned.source, command.ref.object, command.ref.id)) in gone:
        to = gone[key]
        if to is None:
            return None, f"not sent any more: {_named(command.ref)} was deleted there"
        said = f"{_named(command.ref)} became {_named(to)}"
        if _stays_behind(planned, to):
            return None, f"not sent any more: {said}; what it should hold is decided there"
        command = replace(command, object=to.object, ref=to)
    elif command.ref is not None and key in handed and _OWNER in command.refs:
        refs = {name: ref for name, ref in command.refs.items() if name != _OWNER}
        if not refs and not command.fields:
            return None, f"not sent any more: {_named(command.ref)} was given to another owner there"
        command = replace(command, refs=refs)
    loser = command.refs.get(LOSER)
    if loser is not None and (planned.source, loser.object, loser.id) in gone:
        return None, f"not sent any more: {_named(loser)} is gone there"
    if any((planned.source, ref.object, ref.id) in gone for ref in command.refs.values()):
        command = replace(command, refs=_living(planned.source, command, gone))
    return replace(planned, command=command), ""


def _stays_behind(planned: Planned, to: Ref) -> bool:
    """Whether a command makes no sense for what its record became: fields are decided there, a lead ends as a contact.

    A survivor that is gone itself is no survivor: whom to merge now is decided when the record is read.
    """
    command = planned.command
    if is_of_fields(planned) or command.verb in (Verb.MERGE, Verb.CONVERT):
        return True
    return command.verb is Verb.UPDATE and command.object != to.object


def _living(source: str, command: Command, gone: Mapping[ShadowKey, Ref | None]) -> dict[str, Ref]:
    """What it points to, as it lives on; what was deleted is left out."""
    found = {name: gone.get((source, ref.object, ref.id), ref) for name, ref in command.refs.items()}
    return {name: ref for name, ref in found.items() if ref is not None}


def _named(ref: Ref) -> str:
    return f"{ref.object} {ref.id}"
