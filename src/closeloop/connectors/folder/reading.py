"""Rows of files become records, checked against the declaration, with what merges and deletions say of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from closeloop.connectors.folder.files import Csv, File, Row, columns, find, has_one, rows
from closeloop.declared.nouns import DeclaredObject, Ending
from closeloop.declared.rows import endings_in, to_record
from closeloop.declared.values import holds, lacking
from closeloop.ports import Record
from closeloop.words.errors import BadInput

Ended = dict[str, Record]


class Reader:
    """Reads the files of declared objects. What it worked out of whole files it keeps until one of them changes."""

    def __init__(self, folder: Path, style: Csv) -> None:
        self.folder, self.style = folder, style
        self._ended: dict[str, tuple[tuple[str, ...], Ended]] = {}
        self._whole: dict[str, tuple[tuple[str, ...], dict[str, tuple[str, Record]]]] = {}

    def files(self, source: str) -> list[File]:
        """The files of a name or pattern."""
        return find(self.folder, source)

    def check(self, declared: DeclaredObject, file: File, needed: Iterable[str]) -> dict[str, str]:
        """The file's columns, of which `needed` must be among them.

        Raises:
            BadInput: one is missing, or the file cannot be read.
        """
        there = columns(file, self.style)
        if missing := [name for name in dict.fromkeys(needed) if name not in there]:
            where = f"declared for {declared.name}, line {declared.line}"
            raise BadInput(f"{file.name}: {lacking(missing, [*there], where)}")
        return there

    def rows(self, declared: DeclaredObject, file: File) -> Iterator[Row]:
        """The rows that are records of the object.

        Raises:
            BadInput: as `files.rows`, or a row has no id.
        """
        self.check(declared, file, declared.columns)
        for line, row in rows(file, self.style):
            if declared.where and not holds(declared.where, row):
                continue
            if any(row[name] is None or not str(row[name]).strip() for name in declared.id):
                names = " and ".join(declared.id)
                raise BadInput(f"{file.name}:{line}: no {names}; give each row its id, or take the row out")
            yield row

    def ending_rows(self, declared: DeclaredObject, ending: Ending, file: File) -> Iterator[Row]:
        """The rows of a file of merges or deletions."""
        self.check(declared, file, ending.columns)
        for _, row in rows(file, self.style):
            yield row

    def records(self, declared: DeclaredObject, file: File, some: Sequence[Row], ended: Ended) -> Iterator[Record]:
        """The rows as records; activities of a type without a name are left out."""
        for row in some:
            record = to_record(declared, row, written_at(file))
            over = ended.get(record.id)
            if over is not None and not record.became:
                record = replace(record, became=over.became, deleted=over.deleted, touch=None)
            if record.entity != "activity" or record.touch or record.deleted or record.became:
                yield record

    def ended(self, declared: DeclaredObject) -> Ended:
        """Every record that a file of merges or deletions ends, by its id; a merge says more than a deletion.

        Raises:
            BadInput: one of those files cannot be read; then nobody knows which records live.
        """
        found = [(ending, file) for ending in declared.endings for file in self.files(ending.source)]
        for ending in declared.endings:
            has_one(self.folder, ending.source)
        signs = tuple(f"{file.name} {file.sign}" for _, file in found)
        known = self._ended.get(declared.name)
        if known is None or known[0] != signs:
            told: Ended = {}
            for ending, file in reversed(found):
                for row in self.ending_rows(declared, ending, file):
                    told |= {each.id: each for each in endings_in(declared, ending, row, written_at(file))}
            known = self._ended[declared.name] = (signs, told)
        return known[1]

    def whole(self, declared: DeclaredObject) -> dict[str, tuple[str, Record]]:
        """Every record of the object with the file it stands in last, by its id: later files and rows hold.

        Raises:
            BadInput: one of the files cannot be read.
        """
        has_one(self.folder, declared.source)
        files = self.files(declared.source)
        ended = self.ended(declared)
        signs = (*(f"{file.name} {file.sign}" for file in files), *self._ended[declared.name][0])
        known = self._whole.get(declared.name)
        if known is None or known[0] != signs:
            found: dict[str, tuple[str, Record]] = {}
            for file in files:
                for record in self.records(declared, file, list(self.rows(declared, file)), ended):
                    found[record.id] = (file.name, record)
            known = self._whole[declared.name] = (signs, found)
        return known[1]


def written_at(file: File) -> datetime:
    """When the file was written: the moment of rows that tell none."""
    return datetime.fromtimestamp(file.at, UTC)
