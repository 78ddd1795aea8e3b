"""Away and back: ERASE deletes a lead for good, RESTORE makes a lost one anew, since Marketo takes no deletion back."""

from __future__ import annotations

from collections.abc import Sequence

from closeloop.connectors.marketo import names, refusals
from closeloop.connectors.marketo.leads import Leads, to_ref
from closeloop.connectors.marketo.shapes import Row, Status
from closeloop.connectors.marketo.writes import Merged, answer_to, survivor
from closeloop.ports import Answer, Command, Outcome


def erase(leads: Leads, commands: Sequence[Command]) -> list[Answer]:
    """Delete leads; one that is gone already is as asked. A merged lead is gone: its winner has an order of its own."""
    wanted = list(dict.fromkeys(_id(command) for command in commands))
    statuses = leads.delete(wanted)
    answers = []
    for command in commands:
        causes = statuses.get(_id(command), Status()).causes
        if not causes or any(cause.code in refusals.LEAD_GONE for cause in causes):
            answers.append(Answer(command.key, Outcome.DONE, command.ref))
        else:
            reason = refusals.of_record(causes, {"id": _id(command)})
            answers.append(Answer(command.key, Outcome.PERMANENT, command.ref, reason))
    return answers


def restore(leads: Leads, commands: Sequence[Command], merged: Merged) -> list[Answer]:
    """Make leads anew under our key with the fields they had; where one lives after all, its fields are written again.

    The look-up goes by our key, not by the address: the winner of a merge may have the same address. A winner that
    took the key over, because it had none, loses it again.
    """
    living = {str(row["id"]) for row in leads.find("id", (str(_id(command)) for command in commands))}
    there = [command for command in commands if str(_id(command)) in living]
    answers = _written(leads, "updateOnly", "id", there, merged)
    lost = [command for command in commands if command not in there]
    made = _written(leads, "createOnly", names.KEY, lost, merged)
    taken = [command for command in lost if made[command.key][1]]
    answers |= made
    if taken:
        answers |= _untangled(leads, taken, merged)
    return [answers[command.key][0] for command in commands]


_Answers = dict[str, tuple[Answer, bool]]
"""Key of the command → its answer, and whether another lead has our key."""


def _written(leads: Leads, action: str, lookup: str, commands: Sequence[Command], merged: Merged) -> _Answers:
    if not commands:
        return {}
    rows = [_row(command, lookup) for command in commands]
    answers: _Answers = {}
    for command, status, row in zip(commands, leads.write(action, lookup, rows), rows, strict=True):
        exists = any(cause.code == refusals.EXISTS for cause in status.causes)
        answers[command.key] = answer_to(command, status, row, merged, leads), exists
    return answers


def _untangled(leads: Leads, commands: Sequence[Command], merged: Merged) -> _Answers:
    """A lead that has our key is what an earlier attempt made, or a winner that took the key over."""
    answers: _Answers = {}
    holders = {str(row[names.KEY]): str(row["id"]) for row in leads.find(names.KEY, map(_key, commands))}
    again, freed = [], list[Row]()
    for command in commands:
        holder = holders.get(_key(command))
        winner = survivor(str(_id(command)), merged)
        if holder is None:
            reason = "another lead has our key, but reading back does not show it yet"
            answers[command.key] = Answer(command.key, Outcome.TRANSIENT, command.ref, reason), False
        elif holder != winner and command.attempt > 1:
            answers[command.key] = Answer(command.key, Outcome.DONE, to_ref(holder)), False
        else:
            freed.append({"id": int(holder), names.KEY: None})
            again.append(command)
    if again:
        leads.write("updateOnly", "id", freed)
        answers |= _written(leads, "createOnly", names.KEY, again, merged)
    return answers


def _row(command: Command, lookup: str) -> Row:
    row = names.to_lead(command.fields)
    return {**row, "id": _id(command)} if lookup == "id" else {**row, names.KEY: command.our_key}


def _key(command: Command) -> str:
    return command.our_key or ""


def _id(command: Command) -> int:
    """The lead's number; a command without one was refused before."""
    return int(command.ref.id) if command.ref else 0
