"""Creating, updating and telling: rows of leads out, one answer for each command back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeloop.connectors.marketo import names, refusals
from closeloop.connectors.marketo.leads import Leads, to_ref
from closeloop.connectors.marketo.shapes import Row, Status
from closeloop.ports import Answer, Command, Outcome, Ref, Verb

Merged = Mapping[str, str]
"""Id of a lead that lost a merge → id of the winner, as far as heard."""


def create(leads: Leads, commands: Sequence[Command], lookup: str) -> list[Answer]:
    """Make leads that are not there by e-mail (by our key, where there is no e-mail); those there are updated.

    A repeated command is looked for by its key first. Where that look came too early, because reads lag behind writes,
    the look-up on Marketo's side still finds the lead: it is made at most once.
    """
    made = {}
    repeated = [command.our_key or "" for command in commands if command.attempt > 1]
    if repeated:
        made = {record.our_key: record for record in leads.records(names.KEY, repeated)}
    fresh = [command for command in commands if command.attempt == 1 or command.our_key not in made]
    rows = [{**names.to_lead(command.fields), names.KEY: command.our_key} for command in fresh]
    statuses = leads.write("createOrUpdate", lookup, rows) if rows else []
    answers = {
        command.key: answer_to(command, status, row, {}, leads)
        for command, status, row in zip(fresh, statuses, rows, strict=True)
    }
    return [
        answers.get(command.key) or Answer(command.key, Outcome.DONE, to_ref(made[command.our_key].id))
        for command in commands
    ]


def update(leads: Leads, commands: Sequence[Command], lookup: str, merged: Merged) -> list[Answer]:
    """Write fields, or what is told of a sale, to leads that are there."""
    rows = [row_of(command) for command in commands]
    statuses = leads.write("updateOnly", lookup, rows)
    return [
        answer_to(command, status, row, merged, leads)
        for command, status, row in zip(commands, statuses, rows, strict=True)
    ]


def answer_to(command: Command, status: Status, row: Row, merged: Merged, leads: Leads) -> Answer:
    """What became of one row; where it was refused, with what the vendor says is valid."""
    if status.status in ("created", "updated") and status.id is not None:
        ref: Ref = to_ref(status.id)
        return Answer(command.key, Outcome.DONE, ref, created=status.status == "created")
    if any(cause.code in refusals.LEAD_GONE for cause in status.causes):
        return gone(command, merged)
    reason = refusals.of_record(status.causes, row, leads.known_fields())
    return Answer(command.key, Outcome.PERMANENT, command.ref, reason or f"Marketo answered {status.status!r} only")


def gone(command: Command, merged: Merged) -> Answer:
    """The answer for a lead that is no more: where it lives on, if that was heard."""
    if command.ref is None:
        reason = f"email = {command.fields.get('email')!r}: Marketo has no such lead; create it first"
        return Answer(command.key, Outcome.PERMANENT, reason=reason)
    winner = survivor(command.ref.id, merged)
    if winner is None:
        reason = f"Lead {command.ref.id} is gone at Marketo: deleted, or merged into another"
        return Answer(command.key, Outcome.CHANGED, reason=reason)
    reason = f"Lead {command.ref.id} was merged into {winner}"
    return Answer(command.key, Outcome.CHANGED, reason=reason, became=(to_ref(winner),))


def survivor(lead_id: str, merged: Merged) -> str | None:
    """Where a merged lead lives on, over any number of merges; None when no merge of it was heard."""
    winner = merged.get(lead_id)
    while winner is not None and winner in merged:
        winner = merged[winner]
    return winner


def row_of(command: Command) -> Row:
    """What an UPDATE or TELL writes."""
    told = command.verb is Verb.TELL
    row = names.to_told(command.fields) if told else names.to_lead(command.fields)
    if command.ref is not None:
        row["id"] = int(command.ref.id)
    else:
        row["email"] = command.fields["email"]
    return row
