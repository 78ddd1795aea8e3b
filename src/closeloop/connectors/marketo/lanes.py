"""Which commands can go to Marketo in one call, without changing their order for any one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from closeloop.connectors.marketo import merging, names
from closeloop.connectors.marketo.leads import BATCH, OBJECT
from closeloop.ports import Command, Verb

Lane = tuple[Verb, str]
"""The verb, and by what the call looks leads up, which list it is about, or which merge it is: ("join", "reheat")."""

_NEEDS_REF = frozenset({Verb.UPDATE, Verb.DEACTIVATE, Verb.REACTIVATE, Verb.ERASE, Verb.RESTORE})
_REF_OR_EMAIL = frozenset({Verb.TELL, Verb.JOIN, Verb.LEAVE})


@dataclass(slots=True)
class Batch:
    """Commands of one lane, in order."""

    lane: Lane
    commands: list[Command] = field(default_factory=list)


def refusal(command: Command) -> str:
    """Why this command cannot be carried out here at all; "" when it can."""
    if command.verb is Verb.MAIL:
        return "Marketo's connector does not send mail; give the command to smtp"
    if command.verb is Verb.CONVERT:
        return "Marketo has one kind of person, so there is nothing to convert; convert the Lead in the CRM"
    if command.object != OBJECT:
        return f"Marketo has no {command.object!r} that we write; valid is {OBJECT}"
    if command.ref is not None and (command.ref.object != OBJECT or not command.ref.id.isdigit()):
        return f"{command.ref.object} {command.ref.id!r} is no lead of Marketo's; valid is {OBJECT} with a number"
    if command.verb in _NEEDS_REF and command.ref is None:
        return f"{command.verb} needs the lead's id"
    if command.verb in _REF_OR_EMAIL and command.ref is None and not command.fields.get("email"):
        return f"{command.verb} needs the lead's id or its email"
    if command.verb in (Verb.JOIN, Verb.LEAVE) and not command.fields.get("list"):
        return f"{command.verb} needs fields['list'], the name of a static list, or programme:NAME"
    if command.verb is Verb.MERGE:
        return merging.refusal(command)
    if command.verb in (Verb.CREATE, Verb.RESTORE) and not command.our_key:
        return f"{command.verb} needs our_key, by which the lead is found again"
    return ""


def batch(commands: Sequence[Command]) -> list[Batch]:
    """Group commands that `refusal` lets pass into as few calls as their order for each person allows."""
    batches: list[Batch] = []
    newest: dict[Lane, int] = {}
    heard: dict[str, int] = {}
    for command in commands:
        lane, people = lane_of(command), people_of(command)
        # Joining an earlier batch must not overtake a command for the same person.
        last = max((heard.get(person, 0) for person in people), default=0)
        at = newest.get(lane, -1)
        if at < last or len(batches[at].commands) >= BATCH:
            at = newest[lane] = len(batches)
            batches.append(Batch(lane))
        batches[at].commands.append(command)
        heard.update(dict.fromkeys(people, at))
    return batches


def lane_of(command: Command) -> Lane:
    """The lane of a command that `refusal` lets pass."""
    if command.verb in (Verb.JOIN, Verb.LEAVE):
        return command.verb, str(command.fields["list"])
    if command.verb is Verb.MERGE:
        return command.verb, command.key
    if command.verb is Verb.CREATE:
        return command.verb, "email" if command.fields.get("email") else names.KEY
    # What is told and what is updated are both fields of the lead.
    verb = Verb.UPDATE if command.verb is Verb.TELL else command.verb
    return verb, "id" if command.ref else "email"


def people_of(command: Command) -> set[str]:
    """Under which names a command knows its people."""
    email = command.fields.get("email")
    known = {command.ref.id if command.ref else None, command.our_key, str(email).lower() if email else None}
    known |= {ref.id for name, ref in command.refs.items() if name == "loser"}
    return {one for one in known if one}
