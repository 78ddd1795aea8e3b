"""Which row names the columns: titles and padding above it, doubled and missing names, or none at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from statistics import median

from closeloop.tables.headings import known_heading
from closeloop.tables.nouns import Choice
from closeloop.words.text import one_line

_DEEPEST = 40
_LONGEST = 200
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATA = re.compile(
    r"[-+(]?[\d.,'’\s]*\d[\d.,'’\s]*[)%]?"  # a number
    r"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*"  # a day
    r"|[^@\s]+@[^@\s]+\.[^@\s]+"  # an address
    r"|https?://\S+"
    r"|null|none|true|false|n/a|-+|\*+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Header:
    """`index` of the header among the records, None without one; the columns, and how many a row must have."""

    index: int | None
    columns: tuple[str, ...]
    required: int
    choices: tuple[Choice, ...]


def header_of(
    records: Sequence[tuple[int, Sequence[str]]], said: int | None, knows: Callable[[Collection[str]], int]
) -> Header:
    """Find the header among the first records.

    Args:
        records: with their lines; cells of one file.
        said: the line of the header, by a person; 0 means that there is none.
        knows: how many of some cells are names of columns that are expected.
    """
    rows = [cells for _, cells in records]
    index, why, sure = _found(records, said, knows)
    cells = rows[index] if index is not None else ()
    after = rows[index + 1 :] if index is not None else rows
    names = [one_line(cell) for cell in cells]
    # A row longer than its header is refused by itself: which of its cells is the surplus, nobody knows.
    width = len(names) if index is not None else _usual_width(after)
    names = names or [""] * width
    required = max((n for n, name in enumerate(names, 1) if name), default=1 if index is not None else width)
    columns = _unique(names)
    choices = [_choice(records, index, why, sure=sure)]
    if index is not None:
        choices += _notes(names, columns, after)
    return Header(index, columns, required, tuple(choices))


def _found(
    records: Sequence[tuple[int, Sequence[str]]], said: int | None, knows: Callable[[Collection[str]], int]
) -> tuple[int | None, str, bool]:
    if said is not None:
        at = next((n for n, (line, _) in enumerate(records) if line == said), None) if said else None
        return at, "as was said", True
    rows = [cells for _, cells in records]
    known = [knows(cells) for cells in rows[:_DEEPEST]]
    if max(known, default=0):
        return known.index(max(known)), "it has the columns that are expected", True
    filled = [_filled(cells) for cells in rows]
    enough = max(1.0, float(median([n for n in filled if n] or [1])) / 2)
    for index, cells in enumerate(rows[:_DEEPEST]):
        if filled[index] < enough or not _distinct(cells):
            continue
        if not _names(cells):
            break
        if _recurs(cells, rows[index + 1 :]):
            return None, "what stands in the first row stands below it as well", False
        sure = sum(map(known_heading, cells)) > 1 or _unlike(cells, rows[index + 1 :])
        why = "the first full row of names" if index else "the first row, all names"
        return index, why, sure
    return None, "no row of names comes before the first row of values", False


def _choice(records: Sequence[tuple[int, Sequence[str]]], index: int | None, why: str, *, sure: bool) -> Choice:
    if index is None:
        return Choice("header", "none", f"{why}; the columns are numbered", sure)
    above = [line for line, cells in records[:index] if any(cell.strip() for cell in cells)]
    titles = f"; above it, left out: line {', '.join(map(str, above))}" if above else ""
    return Choice("header", f"line {records[index][0]}", why + titles, sure)


def _notes(names: list[str], columns: tuple[str, ...], after: Sequence[Sequence[str]]) -> list[Choice]:
    notes = []
    twice = [column for name, column in zip(names, columns, strict=True) if name and name != column]
    if twice:
        notes.append(Choice("columns", ", ".join(twice), "the header has the name twice", sure=False))
    empty: list[str] = []
    full: list[str] = []
    for n, (name, column) in enumerate(zip(names, columns, strict=True)):
        if not name:
            (full if any(n < len(cells) and cells[n].strip() for cells in after) else empty).append(column)
    if empty:
        notes.append(Choice("columns", ", ".join(empty), "without a name, and nothing in it in the rows looked at"))
    if full:
        notes.append(Choice("columns", ", ".join(full), "without a name in the header", sure=False))
    return notes


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    taken = set(filter(None, names))
    seen: set[str] = set()
    columns = []
    for place, name in enumerate(names, 1):
        column, n = name or f"column {place}", 1
        while column in seen or (column != name and column in taken):
            n += 1
            column = f"{name or f'column {place}'} ({n})"
        seen.add(column)
        columns.append(column)
    return tuple(columns)


def _usual_width(rows: Sequence[Sequence[str]]) -> int:
    widths = [len(cells) for cells in rows]
    return max(widths, key=lambda width: (widths.count(width), width), default=1)


def _filled(cells: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def _said(cells: Sequence[str]) -> list[str]:
    return [cell.strip() for cell in cells if cell.strip()]


def _distinct(cells: Sequence[str]) -> bool:
    said = _said(cells)
    return len(set(said)) * 2 >= len(said)


def _names(cells: Sequence[str]) -> bool:
    """Whether most are names: short texts, or years, which name columns too."""
    said = _said(cells)
    good = sum(
        _YEAR.fullmatch(cell) is not None or (len(cell) <= _LONGEST and _DATA.fullmatch(cell) is None) for cell in said
    )
    return good * 10 >= len(said) * 8 and not any("@" in cell for cell in said)


def _recurs(cells: Sequence[str], after: Sequence[Sequence[str]]) -> bool:
    said = [(n, cell) for n, cell in enumerate(cells) if cell.strip()]
    again = sum(any(n < len(row) and row[n] == cell for row in after) for n, cell in said)
    return again * 2 > len(said) and not any(known_heading(cell) for _, cell in said)


def _unlike(cells: Sequence[str], after: Sequence[Sequence[str]]) -> bool:
    """Whether some column below holds values that no name looks like."""
    for n, cell in enumerate(cells):
        below = [row[n].strip() for row in after if n < len(row) and row[n].strip()]
        alike = sum(_DATA.fullmatch(value) is not None for value in below)
        if cell.strip() and below and alike * 2 > len(below) and _DATA.fullmatch(cell.strip()) is None:
            return True
    return not after
