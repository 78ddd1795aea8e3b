"""What a file turned out to be, and its rows: each thing decided with its reason, each row with its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["csv", "jsonl", "xlsx", "xls", "xlsb", "ods", "parquet"]
Cells = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that was decided about a file.

    Attributes:
        what: "format", "encoding", "delimiter", "sheet", "header", "columns" or "quoting".
        value: what was decided, for a person to read.
        why: what in the file speaks for it, or who said so.
        sure: False when something else is possible too, and a person should look.
    """

    what: str
    value: str
    why: str
    sure: bool = True

    def __str__(self) -> str:
        return f"{self.what}: {self.value} ({self.why}{'' if self.sure else '; not certain'})"


@dataclass(frozen=True, slots=True)
class Layout:
    """How the text of a CSV falls into cells.

    Attributes:
        delimiter: one character.
        columns: the names, all different.
        required: cells that a row must have; the columns after these have no name in the header and may be missing.
        wrapped: whole rows are in quotes as if they were one cell.
        spaced: blanks after a delimiter belong to no cell (`a, "b, c"`).
    """

    delimiter: str
    columns: tuple[str, ...]
    required: int
    wrapped: bool = False
    spaced: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What a file is, found in its content.

    Attributes:
        digest: SHA-256 of its octets.
        columns: names in order, all different; of JSON lines those of the first rows.
        encoding: a codec of Python, for text only.
        tolerant: octets that are not in the encoding cost their row only, not the file.
        layout: of a CSV.
        sheet: the one that is read; `sheets` are all.
        header_line: line (row of a sheet) of the header; 0 when there is none.
        first_line: line (row) of the first row after the header.
        choices: everything that was decided.
    """

    path: Path
    kind: Kind
    digest: str
    n_bytes: int
    columns: tuple[str, ...]
    choices: tuple[Choice, ...]
    encoding: str | None = None
    tolerant: bool = False
    layout: Layout | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    header_line: int = 0
    first_line: int = 1

    @property
    def delimiter(self) -> str | None:
        """Of a CSV."""
        return self.layout.delimiter if self.layout else None

    @property
    def unsure(self) -> tuple[Choice, ...]:
        """What a person should look at."""
        return tuple(choice for choice in self.choices if not choice.sure)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands.

    Attributes:
        line: where it begins, from 1: of a text its line, of a sheet its row, of Parquet its number.
        text: verbatim with its line end; of a sheet or Parquet the row as one line of JSON.
        cells: column → value: text in a CSV or a sheet, else what JSON can say; None is null.
    """

    line: int
    text: str
    cells: Cells

    def said(self, column: str) -> str:
        """What stands there, trimmed, as text; "" for nothing."""
        return text_of(self.cells.get(column)).strip()


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
    """A line with nothing on it, or with nothing but empty cells: no row, but it counts as a line."""

    line: int
    text: str


Part = Row | Refused | Blank


def text_of(value: object) -> str:
    """A cell as text: null is empty, true and false are written small."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
