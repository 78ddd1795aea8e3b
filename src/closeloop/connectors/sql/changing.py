"""Changing records that are there: their fields, or whether they are active, by the declaration's recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeloop.connectors.sql.work import Work, gone, moved, refused
from closeloop.connectors.sql.writing import Written, update_all
from closeloop.declared.rows import recipe, to_row
from closeloop.ports import Answer, Command, Outcome, Record, Ref, Value, Verb
from closeloop.words.errors import BadInput


def change(work: Work, commands: Sequence[Command]) -> list[Answer]:
    """One answer for each UPDATE, DEACTIVATE or REACTIVATE."""
    there = work.there([each.ref for each in commands])
    rows: list[Written] = []
    answers: dict[str, Answer] = {}
    for command in commands:
        record = there.get(command.ref.id) if command.ref else None
        if record is None or gone(record):
            answers[command.key] = moved(command, record)
            continue
        try:
            rows.append(Written(command.key, work.row(_values(work, command)), record.id))
        except BadInput as error:
            answers[command.key] = refused(command, str(error))
    wrong = update_all(work.connection, work.table, work.declared.id, rows)
    by_recipe = commands[0].verb is not Verb.UPDATE
    now = work.there([each.ref for each in commands]) if by_recipe else there
    for command in commands:
        if command.key in wrong:
            answers[command.key] = refused(command, wrong[command.key])
        elif command.key not in answers and command.ref is not None:
            answers[command.key] = _judged(command, now.get(command.ref.id))
    return [answers[each.key] for each in commands]


def _values(work: Work, command: Command) -> Mapping[str, Value]:
    declared = work.declared
    if command.verb is Verb.UPDATE:
        return to_row(declared, command.fields, command.refs)
    active = command.verb is Verb.REACTIVATE
    row = recipe(declared, active=active, present=work.present)
    if not active and "reason" in declared.write:
        row |= to_row(declared, {"reason": command.fields.get("reason")})
    owner = command.fields.get("owner")
    if active and owner and "owner" in declared.write and "owner" in declared.refs:
        row |= to_row(declared, {}, {"owner": Ref(declared.refs["owner"].to, str(owner))})
    return row


def _judged(command: Command, record: Record | None) -> Answer:
    if command.verb is Verb.UPDATE:
        return Answer(command.key, Outcome.DONE, ref=command.ref)
    if record is not None and record.active == (command.verb is Verb.REACTIVATE):
        return Answer(command.key, Outcome.DONE, ref=command.ref, verified=True)
    stands = "inactive" if command.verb is Verb.REACTIVATE else "active"
    return refused(command, f"the row was written and is still {stands}; compare `inactive` and `active`, and triggers")
