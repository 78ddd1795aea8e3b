"""Bulk import: many rows of one kind as CSV files, one job a file, and what became of each row.

Only what is plain goes this way: somebody who is named once, and no blanks, since a blank cell of a file does not
blank a field. The rest is left to the ordinary calls.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b

from closeloop.connectors.marketo import names, refusals
from closeloop.connectors.marketo.client import Rest
from closeloop.connectors.marketo.lanes import lane_of, people_of
from closeloop.connectors.marketo.leads import BATCH, Leads, to_ref
from closeloop.connectors.marketo.shapes import Field, Import, Row
from closeloop.connectors.marketo.writes import Merged, gone, row_of
from closeloop.ports import Answer, Command, Outcome, Value, Verb
from closeloop.words.errors import Transient
from closeloop.words.moment import parse

SIZE = 50_000
"""Rows a file; the vendor sets no number, only 10 MB."""

_MOST_BYTES = 9_500_000
_LOOKED_AT_EVERY = timedelta(seconds=10)
_REASON = "Import Failure Reason"
_WARNING = "Import Warning Reason"


@dataclass(slots=True)
class File:
    """Rows of one shape: `lookup` finds the lead, `mark` is the column by which a row is known again."""

    lookup: str
    mark: str
    columns: tuple[str, ...]
    commands: list[Command] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    n_bytes: int = 0

    @property
    def content(self) -> bytes:
        """As sent."""
        return b"".join((_line(self.columns), *self.lines))

    def part(self, commands: Sequence[Command]) -> File:
        """The same with the rows of these commands alone."""
        keys = {command.key for command in commands}
        kept = [pair for pair in zip(self.commands, self.lines, strict=True) if pair[0].key in keys]
        return File(self.lookup, self.mark, self.columns, [one for one, _ in kept], [line for _, line in kept])


def files(commands: Sequence[Command]) -> list[File]:
    """The files worth sending for these commands: none with fewer rows than one ordinary call takes."""
    n_named = Counter(person for command in commands for person in people_of(command))
    begun: dict[tuple[str, ...], list[File]] = {}
    for command in commands:
        shaped = _shaped(command)
        if shaped is None or any(n_named[person] > 1 for person in people_of(command)):
            continue
        lookup, mark, row = shaped
        columns = (mark, *sorted(row.keys() - {mark}))
        line = _line([_cell(row[name]) for name in columns])
        of_shape = begun.setdefault((lookup, *columns), [])
        if not of_shape or len(of_shape[-1].lines) >= SIZE or of_shape[-1].n_bytes + len(line) > _MOST_BYTES:
            of_shape.append(File(lookup, mark, columns))
        of_shape[-1].commands.append(command)
        of_shape[-1].lines.append(line)
        of_shape[-1].n_bytes += len(line)
    return [file for of_shape in begun.values() for file in of_shape if len(file.lines) > BATCH]


class Imports:
    """The import jobs of one instance.

    Args:
        rest: the instance.
        leads: its leads.
        pause: waits that many seconds.
        patience: how long a job is waited for; after it the commands are to be tried again, which finds the job.
    """

    def __init__(self, rest: Rest, leads: Leads, pause: Callable[[float], object], patience: timedelta) -> None:
        self._rest, self._leads, self._pause, self._patience = rest, leads, pause, patience
        self._under_way: MutableMapping[bytes, int] = {}

    def carry_out(self, file: File, merged: Merged) -> list[Answer]:
        """Send a file, wait for its job, and tell what became of each row. Raises as `Rest.call`.

        A repeated creation is looked for by its key first, unless its job is still known.
        """
        name = blake2b("\n".join(command.key for command in file.commands).encode(), digest_size=16).digest()
        began_at = self._rest.clock.now().replace(microsecond=0)
        batch_id, before = self._under_way.get(name), list[Answer]()
        if batch_id is None:
            before = self._made_before(file)
            made = {answer.key for answer in before}
            file = file.part([command for command in file.commands if command.key not in made])
            if not file.commands:
                return before
            asked = {"format": "csv", "lookupField": file.lookup}
            [job] = self._rest.call("POST", "/bulk/v1/leads.json", params=asked, file=file.content).rows(Import)
            batch_id = self._under_way[name] = job.batch_id
        job = self._finished(batch_id)
        del self._under_way[name]
        if job.status == "Failed":
            raise refusals.Refused("", f"Marketo's import {batch_id} failed: {job.message or 'it does not say why'}")
        return [*before, *self._answers(file, job, merged, began_at)]

    def _made_before(self, file: File) -> list[Answer]:
        keys = {command.our_key or "": command.key for command in _creations(file) if command.attempt > 1}
        found = self._leads.find(names.KEY, keys) if keys else []
        return [Answer(keys[str(row[names.KEY])], Outcome.DONE, to_ref(str(row["id"]))) for row in found]

    def _answers(self, file: File, job: Import, merged: Merged, began_at: datetime) -> list[Answer]:
        failed = self._said(job, "failures", file.mark, _REASON) if job.num_of_rows_failed else {}
        if len(failed) < job.num_of_rows_failed:
            raise Transient(f"Marketo's import {job.batch_id} does not say which rows it refused; write them again")
        warned = self._said(job, "warnings", file.mark, _WARNING) if job.num_of_rows_with_warning else {}
        fields = self._leads.known_fields() if failed else {}
        keys = [command.our_key or "" for command in _creations(file)]
        made = {str(row[names.KEY]): row for row in self._leads.find(names.KEY, keys)} if keys else {}
        answers = []
        for command in file.commands:
            row = _row(command)
            mark = str(row[file.mark])
            if mark in failed:
                answers.append(_refused(command, failed[mark], row, fields, merged))
            elif command.verb is not Verb.CREATE:
                answers.append(Answer(command.key, Outcome.DONE, command.ref, warned.get(mark, "")))
            elif mark not in made:
                reason = "imported, but reading back does not show it yet"
                answers.append(Answer(command.key, Outcome.TRANSIENT, reason=reason))
            else:
                new = parse(str(made[mark]["createdAt"])) >= began_at
                ref, said = to_ref(str(made[mark]["id"])), warned.get(mark, "")
                answers.append(Answer(command.key, Outcome.DONE, ref, said, created=new))
        return answers

    def _finished(self, batch_id: int) -> Import:
        until = self._rest.clock.now() + self._patience
        while True:
            [job] = self._rest.get(f"/bulk/v1/leads/batch/{batch_id}.json").rows(Import)
            if job.status in ("Complete", "Failed"):
                return job
            if self._rest.clock.now() >= until:
                raise Transient(f"Marketo is still working on import {batch_id}", timedelta(minutes=1))
            self._pause(_LOOKED_AT_EVERY.total_seconds())

    def _said(self, job: Import, what: str, mark: str, column: str) -> dict[str, str]:
        """What the vendor says of rows, by their mark; its column stands last, whatever it is called."""
        content = self._rest.file(f"/bulk/v1/leads/batch/{job.batch_id}/{what}.json").decode()
        header, *lines = list(csv.reader(io.StringIO(content, newline=""))) or [[]]
        at = header.index(column) if column in header else -1
        place = header.index(mark) if mark in header else 0
        return {line[place]: line[at] for line in lines if line}


def _shaped(command: Command) -> tuple[str, str, Row] | None:
    """The look-up, the mark and the row of a command that can go as a row of a file."""
    if command.verb not in (Verb.CREATE, Verb.UPDATE, Verb.TELL):
        return None
    _, lookup = lane_of(command)
    if command.verb is not Verb.CREATE and lookup != "id":
        # A file makes leads that are not there: nobody may be made by being told something.
        return None
    row = _row(command)
    if any(value is None for value in row.values()):
        return None
    return lookup, names.KEY if command.verb is Verb.CREATE else "id", row


def _row(command: Command) -> Row:
    if command.verb is Verb.CREATE:
        return {**names.to_lead(command.fields), names.KEY: command.our_key}
    return row_of(command)


def _creations(file: File) -> list[Command]:
    return [command for command in file.commands if command.verb is Verb.CREATE]


def _refused(command: Command, said: str, row: Row, fields: Mapping[str, Field], merged: Merged) -> Answer:
    if "lead not found" in said.lower():
        return gone(command, merged)
    return Answer(command.key, Outcome.PERMANENT, command.ref, refusals.of_import(said, row, fields))


def _line(cells: Sequence[str]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue().encode()


def _cell(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
