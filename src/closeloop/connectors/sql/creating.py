"""Creating: what carries our key is found, the rest is inserted, and all of it is read back by its key."""

from __future__ import annotations

from collections.abc import Sequence

from closeloop.connectors.sql.reading import ref_of
from closeloop.connectors.sql.work import Work, refused
from closeloop.connectors.sql.writing import Written, insert_all
from closeloop.declared.rows import to_row
from closeloop.ports import Answer, Command, Outcome, Record
from closeloop.words.errors import BadInput


def create(work: Work, commands: Sequence[Command]) -> list[Answer]:
    """One answer for each CREATE. Blank fields are left to the table's own defaults."""
    declared = work.declared
    if declared.key is None:
        why = f"{declared.name} has no `key` in its declaration; without a column for our key nothing is made safely"
        return [refused(each, why) for each in commands]
    if lack := work.tables.lacks_unique(work.connection, declared):
        return [refused(each, lack) for each in commands]
    keys = {each.key: each.our_key or each.key for each in commands}
    there = work.reader.by_key(work.connection, declared, keys.values())
    rows: dict[str, Written] = {}
    wrong: dict[str, str] = {}
    for command in commands:
        our_key = keys[command.key]
        if our_key not in there and our_key not in rows:
            try:
                rows[our_key] = Written(command.key, _row(work, command, our_key))
            except BadInput as error:
                wrong[command.key] = str(error)
    wrong |= insert_all(work.connection, work.table, list(rows.values()))
    # A row that another process made meanwhile was refused for its key, and is found here: that is the record.
    made = work.reader.by_key(work.connection, declared, [key for key in keys.values() if key not in there])
    ours = {row.key for row in rows.values()} - wrong.keys()
    return [
        _answer(each, there.get(keys[each.key]) or made.get(keys[each.key]), wrong, new=each.key in ours)
        for each in commands
    ]


def _row(work: Work, command: Command, our_key: str) -> dict[str, object]:
    fields = {name: value for name, value in command.fields.items() if value is not None}
    return work.row({**to_row(work.declared, fields, command.refs), str(work.declared.key): our_key}, new=True)


def _answer(command: Command, record: Record | None, wrong: dict[str, str], *, new: bool) -> Answer:
    if record is not None:
        return Answer(command.key, Outcome.DONE, ref=ref_of(record), created=new)
    reason = wrong.get(command.key)
    return refused(command, reason or "the row was written and is not there; a trigger or rule of the table removes it")
