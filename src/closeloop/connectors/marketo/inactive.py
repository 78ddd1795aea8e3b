"""The recipe for a deactivated lead: a flag with its reason, and off every nurture list; read back before it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from closeloop.connectors.marketo import names
from closeloop.connectors.marketo.leads import Leads
from closeloop.connectors.marketo.lists import Lists
from closeloop.connectors.marketo.writes import Merged, update
from closeloop.ports import Answer, Command, Outcome, Verb


def change_active(
    leads: Leads, lists: Lists, nurture_lists: Sequence[str], commands: Sequence[Command], merged: Merged
) -> list[Answer]:
    """Carry out DEACTIVATE and REACTIVATE commands. A reactivated lead is not put back on lists: that is a JOIN.

    The commands are all of one verb; a deactivated lead must be on none of `nurture_lists` (names of static lists).
    """
    off = commands[0].verb is Verb.DEACTIVATE
    answers = update(leads, [replace(command, fields=_flags(command)) for command in commands], "id", merged)
    written = [int(answer.ref.id) for answer in answers if answer.outcome is Outcome.DONE and answer.ref]
    if not written:
        return answers
    if off:
        for name in nurture_lists:
            lists.change(Verb.LEAVE, name, written)
    stand = _standing(leads, lists, nurture_lists if off else (), written, active=not off)
    return [_verified(answer, stand) if answer.outcome is Outcome.DONE else answer for answer in answers]


def _flags(command: Command) -> dict[str, str | int | float | bool | None]:
    off = command.verb is Verb.DEACTIVATE
    return {names.INACTIVE: off, names.INACTIVE_REASON: command.fields.get("reason") if off else None}


def _standing(leads: Leads, lists: Lists, nurture_lists: Sequence[str], ids: list[int], *, active: bool) -> set[str]:
    stand = {record.id for record in leads.records("id", map(str, ids)) if record.active is active}
    for name in nurture_lists:
        stand -= {str(one) for one in lists.members(name, ids)}
    return stand


def _verified(answer: Answer, stand: set[str]) -> Answer:
    if answer.ref is not None and answer.ref.id in stand:
        return replace(answer, verified=True)
    return replace(answer, outcome=Outcome.TRANSIENT, reason="written, but reading back does not show it yet")
