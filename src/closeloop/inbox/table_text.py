"""The rows in the text of a CSV or JSON lines file: a row that cannot be read harms none beside it."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

Format = Literal["csv", "jsonl"]
Cells = Mapping[str, object]

LONGEST_ROW = 100
"""Lines that one row may span by line ends inside quotes; beyond, a quote was never closed."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands: `line` counts from 1 in the whole file, `text` is the row with its line end."""

    line: int
    text: str
    cells: Cells


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be used: where, in which column (empty: the row as a whole), and why."""

    line: int
    text: str
    column: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}{f', column {self.column}' if self.column else ''}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Blank:
    """A line with nothing on it: no row, but it counts as a line."""

    line: int
    text: str


Part = Row | Refused | Blank


def rows_of(
    lines: Iterable[str], form: Format, *, columns: list[str] | None, delimiter: str, first_line: int = 1
) -> Iterator[Part]:
    """Every row, in order; the texts of all parts add up to the text of the file.

    Args:
        lines: with their line ends.
        form: "csv", or "jsonl": one JSON object a line.
        columns: of a CSV; None for JSON lines.
        delimiter: of a CSV, one character.
        first_line: number of the first of `lines` in the whole file.
    """
    if form == "jsonl":
        return _json_rows(lines, first_line)
    return _csv_rows(lines, columns or [], delimiter, first_line)


def _csv_rows(lines: Iterable[str], columns: list[str], delimiter: str, first_line: int) -> Iterator[Part]:
    feed = _Feed(lines)
    line = first_line
    while True:
        try:
            cells = next(csv.reader(feed, delimiter=delimiter, strict=True))
        except StopIteration:
            return
        except csv.Error as error:
            # A stray quote swallows what follows: only its own line is refused, the others are read again.
            first, *others = feed.taken or [""]
            feed.give_back(others)
            yield Refused(line, first, "", f"{error}: inside quotes a quote is doubled, and every quote is closed")
            line += 1
            feed.taken = []
            continue
        text = "".join(feed.taken)
        yield _checked(line, text, cells, columns) if cells else Blank(line, text)
        line += len(feed.taken)
        feed.taken = []


def _checked(line: int, text: str, cells: list[str], columns: list[str]) -> Row | Refused:
    if len(cells) != len(columns):
        reason = f"has {len(cells)} values and the header {len(columns)}; a delimiter inside a value needs quotes"
        return Refused(line, text, "", reason)
    for column, cell in zip(columns, cells, strict=True):
        if "\x00" in cell:
            return Refused(line, text, column, "has a NUL character, which no text may have")
    return Row(line, text, dict(zip(columns, cells, strict=True)))


class _Feed:
    """Lines for a CSV reader that can be given back, and a count of those taken for the row at hand."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._back: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= LONGEST_ROW:
            raise csv.Error(f"a quoted value goes on for more than {LONGEST_ROW} lines")
        line = self._back.popleft() if self._back else next(self._lines)
        self.taken.append(line)
        return line

    def give_back(self, lines: list[str]) -> None:
        self._back.extendleft(reversed(lines))


def _json_rows(lines: Iterable[str], first_line: int) -> Iterator[Part]:
    for line, text in enumerate(lines, first_line):
        if not text.strip():
            yield Blank(line, text)
            continue
        try:
            yield Row(line, text, _OBJECT.decode(text))
        except msgspec.ValidationError:
            yield Refused(line, text, "", "is no JSON object; valid is one object a line")
        except RecursionError:
            yield Refused(line, text, "", "is nested too deeply to be read; valid is one JSON object a line")
        except (msgspec.DecodeError, UnicodeError) as error:
            yield Refused(line, text, "", f"{error}; valid is one JSON object a line")


_OBJECT = msgspec.json.Decoder(dict[str, object])
