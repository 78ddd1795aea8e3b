"""Records end and come back: erased for good, merged into another, restored after either."""

from __future__ import annotations

from collections.abc import Sequence

from closeloop.connectors.sql.creating import create
from closeloop.connectors.sql.reading import is_living
from closeloop.connectors.sql.work import Work, gone, moved, refused
from closeloop.connectors.sql.writing import Written, delete_all, update_all
from closeloop.declared.nouns import PRESENT, DeclaredObject, Pointer
from closeloop.declared.rows import to_row
from closeloop.ports import Answer, Command, Outcome, Ref, Value
from closeloop.words.errors import BadInput


def erase(work: Work, commands: Sequence[Command]) -> list[Answer]:
    """One answer for each ERASE: the row is deleted, and looked for afterwards."""
    rows = [Written(each.key, {}, each.ref.id) for each in commands if each.ref]
    wrong = delete_all(work.connection, work.table, work.declared.id, rows)
    left = work.with_a_row([str(each.id) for each in rows])
    why = "the row is there again after it was deleted; a trigger or rule of the table keeps it"
    return [
        refused(each, wrong.get(each.key, why))
        if each.ref is None or each.ref.id in left
        else Answer(each.key, Outcome.DONE, ref=each.ref, verified=True)
        for each in commands
    ]


def merge_column(declared: DeclaredObject) -> Pointer | None:
    """Where a record says which other of its kind it lives on in."""
    return next((each for each in declared.became if each.to == declared.name), None)


def merge(work: Work, commands: Sequence[Command]) -> list[Answer]:
    """One answer for each MERGE, one after another, since a survivor may be the next one's loser."""
    pointer = merge_column(work.declared)
    if pointer is None:
        why = f"{work.declared.name} has no `became` in its declaration; name the column that says who it lives on in"
        return [refused(each, why) for each in commands]
    return [_merge(work, each, pointer) for each in commands]


def restore(work: Work, commands: Sequence[Command]) -> list[Answer]:
    """One answer for each RESTORE: the row says again that it lives, or where there is none, is made anew."""
    rows_there = work.with_a_row([each.ref.id for each in commands if each.ref])
    anew = [each for each in commands if each.ref is None or each.ref.id not in rows_there]
    answers = {answer.key: answer for answer in (create(work, anew) if anew else ())}
    rows: list[Written] = []
    for command in commands:
        if command.ref is None or command.key in answers:
            continue
        try:
            values = {**_living(work.declared), **to_row(work.declared, command.fields, command.refs)}
            rows.append(Written(command.key, work.row(values), command.ref.id))
        except BadInput as error:
            answers[command.key] = refused(command, str(error))
    wrong = update_all(work.connection, work.table, work.declared.id, rows)
    answers |= {each.key: refused(each, wrong[each.key]) for each in commands if each.key in wrong}
    now = work.there([each.ref for each in commands])
    for command in commands:
        if command.key not in answers and command.ref is not None:
            stands = command.ref.id in now and is_living(now[command.ref.id])
            why = "the row was written and is still no living record; a table of merges or a trigger ends it"
            done = Answer(command.key, Outcome.DONE, ref=command.ref, verified=True)
            answers[command.key] = done if stands else refused(command, why)
    return [answers[each.key] for each in commands]


def _merge(work: Work, command: Command, pointer: Pointer) -> Answer:
    loser_ref, survivor = command.refs.get("loser"), command.ref
    if survivor is None or loser_ref is None or loser_ref.object != survivor.object or loser_ref == survivor:
        return refused(command, f"a merge needs two records of {work.declared.name}: `ref` and the loser")
    there = work.there([survivor, loser_ref])
    loser = there.get(loser_ref.id)
    if gone(there.get(survivor.id)):
        return moved(command, there.get(survivor.id))
    if loser is None or loser.deleted:
        why = f"not merged: {loser_ref.object} {loser_ref.id} is {'deleted' if loser else 'not there'}"
        return Answer(command.key, Outcome.CHANGED, ref=loser_ref, reason=why)
    if loser.became and survivor not in loser.became:
        why = f"not merged: {loser_ref.object} {loser_ref.id} became {loser.became[0].object} {loser.became[0].id}"
        return Answer(command.key, Outcome.CHANGED, ref=loser_ref, reason=why, became=loser.became)
    try:
        ended = {**_dead(work.declared, work.present), **_pointing(pointer, survivor)}
        rows = [
            Written(command.key, work.row(ended), loser_ref.id),
            Written(command.key, work.row(to_row(work.declared, command.fields)), survivor.id),
        ]
    except BadInput as error:
        return refused(command, str(error))
    # Both rows or neither.
    with work.connection.begin_nested() as both:
        wrong = update_all(work.connection, work.table, work.declared.id, rows)
        now = work.there([loser_ref]).get(loser_ref.id)
        stands = not wrong and now is not None and survivor in now.became
        if not stands:
            both.rollback()
    why = wrong.get(command.key, "the row was written and does not name its survivor; a trigger may change it back")
    return Answer(command.key, Outcome.DONE, ref=survivor, verified=True) if stands else refused(command, why)


def _dead(declared: DeclaredObject, present: str) -> dict[str, Value]:
    return {name: present if values[0] == PRESENT else values[0] for name, values in declared.deleted.items()}


def _pointing(pointer: Pointer, survivor: Ref) -> dict[str, Value]:
    return dict(zip(pointer.by, survivor.id.split(":", len(pointer.by) - 1), strict=True))


def _living(declared: DeclaredObject) -> dict[str, Value]:
    row: dict[str, Value] = {name: None for pointer in declared.became for name in pointer.by}
    for name, values in declared.deleted.items():
        flags = {value for value in values if isinstance(value, bool)}
        if values[0] != PRESENT and len(flags) != 1:
            raise BadInput(
                f"{declared.name}: `deleted` says what a deleted row has in {name}, not what a living one has;"
                " restore it in the database, or declare a column of true and false, or of a moment (*)"
            )
        row[name] = None if values[0] == PRESENT else not flags.pop()
    return row
