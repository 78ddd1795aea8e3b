"""Free text brought to standard text by a declared table: what was given → what it is called here.

A line's `given` is compared without case, accents and punctuation. One `*` in it stands for one or more words; the same
`*` in `standard` gives them back, cleaned by the same table: "VP *" → "Vice President, *". A line without `*` goes
before lines with it, those in the order of the file. What no line knows stays as given.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from closeloop.words.errors import Fault, ProcessError
from closeloop.words.text import fold_marks, one_line

_BETWEEN_WORDS = re.compile(r"[\s,;:/|()\[\]_–—-]+")
_WITHIN_WORDS = re.compile(r"['’‘`.*\"]")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: `before` and `after` are the words around `*`; `more` holds further columns, if any."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    is_open: bool
    standard: str
    more: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """The line that knows a text, and the words that its `*` stood for, as given."""

    line: Line
    carried: str


@dataclass(frozen=True, slots=True)
class CleaningTable:
    """Lines to look a text up in; made by `read_cleaning_table`. Two are equal when they were read from one text."""

    text: str
    exact: Mapping[tuple[str, ...], Line] = field(compare=False, repr=False)
    open: tuple[Line, ...] = field(compare=False, repr=False)

    def clean(self, text: str) -> str:
        """The standard text for `text`, or `text` itself when the table does not know it."""
        return _cleaned(self, text)

    def find(self, text: str) -> Found | None:
        """The line that knows `text`, if any does."""
        given = given_words(text)
        words = tuple(_comparable(word) for word in given)
        line = self.exact.get(words)
        if line is not None:
            return Found(line, "")
        for line in self.open:
            start, end = len(line.before), len(words) - len(line.after)
            if start < end and words[:start] == line.before and words[end:] == line.after:
                return Found(line, " ".join(given[start:end]))
        return None


def read_cleaning_table(text: str, file: str) -> CleaningTable:
    """The table written in `text`: CSV with a heading of at least `given` and `standard`.

    Args:
        text: what stands in the file.
        file: its name, for messages.

    Raises:
        ProcessError: with every mistake: no such heading, an empty cell, a second `*`, one text given twice.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    faults: list[Fault] = []
    lines: dict[tuple[tuple[str, ...], tuple[str, ...] | None], Line] = {}
    try:
        heading = [cell.strip() for cell in next(reader, [])]
        if len(set(heading)) < len(heading) or not {"given", "standard"} <= set(heading):
            found = ", ".join(heading) or "nothing"
            faults.append(Fault(file, 1, f"the heading is {found}; it needs the columns given and standard, once each"))
            raise ProcessError(faults)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            row = dict(zip(heading, (one_line(cell) for cell in cells), strict=False))
            what = _fault(row, n_cells=len(cells), n_columns=len(heading)) or _add(row, lines)
            if what is not None:
                faults.append(Fault(file, reader.line_num, what))
    except csv.Error as error:
        faults.append(Fault(file, reader.line_num, f"not CSV: {error}"))
    if faults:
        raise ProcessError(faults)
    exact = {before: line for (before, after), line in lines.items() if after is None}
    return CleaningTable(text, MappingProxyType(exact), tuple(line for line in lines.values() if line.is_open))


def given_words(text: str) -> tuple[str, ...]:
    """The words of `text` as given, without the punctuation between them; a word that is all punctuation is none."""
    return tuple(word for word in _BETWEEN_WORDS.split(one_line(text[:_LONGEST])) if _comparable(word))


@lru_cache(maxsize=65_536)
def _cleaned(table: CleaningTable, text: str) -> str:
    found = table.find(text)
    if found is None:
        return text
    # What `*` stood for is shorter than the text, so this ends.
    return found.line.standard.replace("*", table.clean(found.carried)) if found.carried else found.line.standard


def _comparable(word: str) -> str:
    return _WITHIN_WORDS.sub("", fold_marks(word)).replace(" ", "").replace("&", "and")


def _add(row: Mapping[str, str], lines: dict[tuple[tuple[str, ...], tuple[str, ...] | None], Line]) -> str | None:
    before, star, after = row["given"].partition("*")
    words = [tuple(_comparable(word) for word in given_words(part)) for part in (before, after)]
    key = (words[0], words[1] if star else None)
    if key in lines:
        return f"{row['given']!r} is given a second time; one line for each text"
    more = {name: cell for name, cell in row.items() if name not in ("given", "standard")}
    lines[key] = Line(words[0], words[1], bool(star), row["standard"], MappingProxyType(more))
    return None


def _fault(row: Mapping[str, str], *, n_cells: int, n_columns: int) -> str | None:
    if n_cells > n_columns:
        return f"{n_cells} cells under {n_columns} headings; put a text with a comma in quotes"
    for name in ("given", "standard"):
        if not row.get(name):
            return f"nothing under {name}; each line needs a text there"
    given, standard = row["given"], row["standard"]
    if given.count("*") > 1 or standard.count("*") > 1:
        return f"{given!r} → {standard!r} has more than one *; one on each side at most"
    if "*" in standard and "*" not in given:
        return f"{standard!r} has a *, but {given!r} has none that it could stand for"
    if any(part and part[side] != " " for part, side in zip(given.split("*"), (-1, 0), strict=False) if "*" in given):
        return f"{given!r}: the * stands for whole words; put a space between it and what is beside it"
    if not given_words(given.replace("*", " ")) and "*" in standard:
        return f"{given!r} would be looked up in the table again without end; give a word beside the *"
    return None if given_words(given.replace("*", " ")) or "*" in given else f"{given!r} has no letter or digit"
