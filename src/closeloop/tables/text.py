"""The rows in the text of a CSV or JSON lines: a row that cannot be read harms none beside it."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator

import msgspec

from closeloop.tables.nouns import Blank, Layout, Part, Refused, Row

LONGEST_ROW = 100
"""Lines that one row may span by line ends inside quotes; beyond, a quote was never closed."""

_OBJECT = msgspec.json.Decoder(dict[str, object])
_NO_TEXT = re.compile("[\udc80-\udcff]")


def records(
    lines: Iterable[str], delimiter: str, *, spaced: bool = False, first_line: int = 1
) -> Iterator[tuple[int, str, list[str] | str]]:
    """Every record with its line and text: its cells ([] of an empty line), or why it is none.

    The texts add up to the text of the file.

    Args:
        lines: with their line ends.
        delimiter: one character.
        spaced: blanks after a delimiter belong to no cell.
        first_line: number of the first of `lines` in the whole file.
    """
    feed, line = _Feed(lines), first_line
    while True:
        try:
            cells = next(csv.reader(feed, delimiter=delimiter, skipinitialspace=spaced, strict=True))
        except StopIteration:
            return
        except csv.Error as error:
            # A stray quote swallows what follows: only its own line is refused, the others are read again.
            first, *others = feed.taken or [""]
            feed.give_back(others)
            yield line, first, f"{error}: inside quotes a quote is doubled, and every quote is closed"
            line += 1
            feed.taken = []
            continue
        yield line, "".join(feed.taken), cells
        line += len(feed.taken)
        feed.taken = []


def csv_rows(lines: Iterable[str], layout: Layout, *, first_line: int) -> Iterator[Part]:
    """Every row of a CSV after its header, in order."""
    for line, text, cells in records(lines, layout.delimiter, spaced=layout.spaced, first_line=first_line):
        if isinstance(cells, str):
            yield Refused(line, text, "", cells)
        elif not text.isascii() and _NO_TEXT.search(text):
            yield Refused(line, text, "", _octets(text))
        else:
            yield _checked(line, text, cells, layout)


def json_rows(lines: Iterable[str], *, first_line: int = 1) -> Iterator[Part]:
    """Every row of JSON lines: one object a line."""
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
        except UnicodeError:
            yield Refused(line, text, "", _octets(text))
        except msgspec.DecodeError as error:
            yield Refused(line, text, "", f"{error}; valid is one JSON object a line")


def unwrapped(cells: list[str], delimiter: str) -> list[str] | None:
    """The cells of a row that stands in quotes as if it were one cell; None when it does not, or falls into one."""
    if not cells or not cells[0] or any(cells[1:]):
        return None
    try:
        inner = list(csv.reader(io.StringIO(cells[0], newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return inner[0] if len(inner) == 1 and len(inner[0]) > 1 else None


def _checked(line: int, text: str, cells: list[str], layout: Layout) -> Part:
    columns = layout.columns
    if layout.wrapped and len(columns) > 1:
        cells = unwrapped(cells, layout.delimiter) or cells
    if not any(cells):
        return Blank(line, text)
    if len(cells) > len(columns) and not any(cells[len(columns) :]):
        cells = cells[: len(columns)]
    if not layout.required <= len(cells) <= len(columns):
        why = f"has {len(cells)} values and the header {layout.required}"
        return Refused(line, text, "", f"{why}; a delimiter inside a value needs quotes")
    if "\x00" in text:
        for column, cell in zip(columns, cells, strict=False):
            if "\x00" in cell:
                return Refused(line, text, column, "has a NUL character, which no text may have")
    # Only columns without a name may be missing.
    cells += [""] * (len(columns) - len(cells))
    return Row(line, text, dict(zip(columns, cells, strict=True)))


def _octets(text: str) -> str:
    broken = ", ".join(f"{ord(letter) - 0xDC00:#04x}" for letter in _NO_TEXT.findall(text)[:3])
    return f"has octets that are no UTF-8 ({broken}), unlike the rest of the file; write the row in UTF-8"


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
