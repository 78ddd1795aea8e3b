"""Pulling: files that changed since the cursor are read anew, and of their rows those that look different are told."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypedDict

from closeloop.connectors.folder.files import File, Row, has_one
from closeloop.connectors.folder.reading import Reader, written_at
from closeloop.declared import seen
from closeloop.declared.nouns import Declared, DeclaredObject, Ending
from closeloop.declared.rows import endings_in
from closeloop.ports import Pulled, Record
from closeloop.words.errors import BadInput, Lost, Permanent

MOST_KNOWN = 100_000
"""Rows of a file whose digests are kept; a bigger file is told whole when it changes: the hub drops what it knows."""
_VERSION = 1


class State(TypedDict, total=False):
    """What a cursor holds of a file: how it looked, its rows' digests, and in the middle of it, how far it was read."""

    sign: str
    known: str
    found: str
    row: int
    fault: str


@dataclass(frozen=True, slots=True)
class Source:
    """One declared object's rows, or one of its tables of merges or deletions."""

    name: str
    declared: DeclaredObject
    ending: Ending | None

    @property
    def pattern(self) -> str:
        """What its files are called."""
        return self.ending.source if self.ending else self.declared.source


class Puller:
    """Reads what changed."""

    def __init__(self, declared: Declared, reader: Reader, size: int) -> None:
        self._reader, self._size = reader, size
        self._sources = [
            Source(each.name if ending is None else f"{each.name}/{number}", each, ending)
            for each in declared.in_order()
            for number, ending in enumerate((None, *each.endings))
        ]
        self._open: tuple[tuple[str, str, int], Iterator[Row]] | None = None

    def pull(self, cursor: str | None) -> Pulled:
        """The next page; when nothing is new and something cannot be read, that is raised."""
        states = _read(cursor)
        begun = any("row" in state for state in states.values())
        faults: dict[str, None] = {}
        for source in self._sources:
            for file in self._files(source, faults):
                place = f"{source.name}:{file.name}"
                for records, state in self._pages(source, file, states.get(place, {}), begun=begun):
                    states[place] = state
                    if records:
                        return Pulled(tuple(records), _write(states), more=True)
                if "fault" in states[place]:
                    faults[states[place]["fault"]] = None
        if faults and not begun:
            raise Permanent("; ".join([*faults, "all other files were read"]))
        return Pulled((), _write(states), more=False)

    def close(self) -> None:
        """Let go of a file that was read in part."""
        self._open = None

    def mark(self) -> str:
        """The cursor of the files as they stand."""
        states: dict[str, State] = {}
        for source in self._sources:
            for file in self._files(source, {}):
                for _, state in self._pages(source, file, {}, begun=False):
                    states[f"{source.name}:{file.name}"] = state
        return _write(states)

    def _files(self, source: Source, faults: dict[str, None]) -> list[File]:
        try:
            has_one(self._reader.folder, source.pattern)
            # Without knowing who was merged, nobody can be told as living.
            self._reader.ended(source.declared)
        except BadInput as error:
            faults[str(error)] = None
            return []
        return self._reader.files(source.pattern)

    def _pages(self, source: Source, file: File, state: State, *, begun: bool) -> Iterator[tuple[list[Record], State]]:
        # What could not be read is tried again in each round: the declaration may be what was mended.
        if state.get("sign") != file.sign or ("fault" in state and not begun):
            state = {"sign": file.sign, "known": state.get("known", ""), "found": "", "row": 0}
        while "row" in state:
            records, state = self._page(source, file, state)
            yield records, state

    def _page(self, source: Source, file: File, state: State) -> tuple[list[Record], State]:
        rows, fault = self._next_rows(source, file, state["row"])
        digests = [seen.digest(each) for each in rows]
        known = seen.unpack(state["known"])
        fresh = [each for each, digest in zip(rows, digests, strict=True) if digest not in known]
        records = list(self._records(source, file, fresh))
        row = state["row"] + len(rows)
        found = b64encode(b64decode(state["found"]) + b"".join(digests)).decode() if row <= MOST_KNOWN else ""
        if fault is not None:
            return records, {"sign": file.sign, "known": seen.pack(known | seen.unpack(found)), "fault": fault}
        if len(rows) < self._size:
            return records, {"sign": file.sign, "known": seen.pack(seen.unpack(found))}
        return records, {"sign": file.sign, "known": state["known"], "found": found, "row": row}

    def _next_rows(self, source: Source, file: File, row: int) -> tuple[list[Row], str | None]:
        opened, self._open = self._open, None
        place = (source.name, f"{file.name} {file.sign}", row)
        left = opened[1] if opened and opened[0] == place else islice(self._rows(source, file), row, None)
        rows: list[Row] = []
        try:
            rows.extend(islice(left, self._size))
        except BadInput as error:
            return rows, str(error)
        self._open = ((*place[:2], row + len(rows)), left)
        return rows, None

    def _rows(self, source: Source, file: File) -> Iterator[Row]:
        if source.ending is None:
            return self._reader.rows(source.declared, file)
        return self._reader.ending_rows(source.declared, source.ending, file)

    def _records(self, source: Source, file: File, rows: Sequence[Row]) -> Iterator[Record]:
        declared, ending = source.declared, source.ending
        if ending is not None:
            for row in rows:
                yield from endings_in(declared, ending, row, written_at(file))
            return
        several = len(self._reader.files(declared.source)) > 1
        last = self._reader.whole(declared) if several else {}
        for record in self._reader.records(declared, file, rows, self._reader.ended(declared)):
            # An older drop that is written anew says nothing of records that a later one has.
            if not several or last[record.id][0] == file.name:
                yield record


def _read(cursor: str | None) -> dict[str, State]:
    if cursor is None:
        return {}
    try:
        found = json.loads(cursor)
        version, states = found["v"], dict(found["files"])
    except (ValueError, TypeError, KeyError):
        raise Lost("the cursor cannot be read; compare everything") from None
    if version != _VERSION:
        raise Lost(f"the cursor is of version {version}, this is {_VERSION}; compare everything")
    return states


def _write(states: dict[str, State]) -> str:
    return json.dumps({"v": _VERSION, "files": states}, separators=(",", ":"))
