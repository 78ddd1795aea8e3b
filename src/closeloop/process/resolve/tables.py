"""The tables beside a process file: rows with their lines, checked for their columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from closeloop.process.faults import Faults, unknown


@dataclass(frozen=True, slots=True)
class Row:
    """One row: column → trimmed text; `line` of its file."""

    file: str
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


def read_rows(faults: Faults, file: str, text: str, columns: tuple[str, ...]) -> Iterator[Row]:
    """The rows of a table that has exactly these columns; others are faults. Empty lines are passed over."""
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if not _fits(faults, file, header, columns):
            return
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                what = f"{len(cells)} cells; valid are {len(header)}, as in the first line"
                faults.add_in(file, reader.line_num, what)
                continue
            row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
            yield Row(file, reader.line_num, row)
    except csv.Error as error:
        faults.add_in(file, reader.line_num, f"not CSV: {error}")


def _fits(faults: Faults, file: str, header: list[str], columns: tuple[str, ...]) -> bool:
    for column in header:
        if column not in columns:
            faults.add_in(file, 1, unknown("column", column, columns))
        elif header.count(column) > 1:
            faults.add_in(file, 1, f"the column '{column}' stands there twice")
    missing = [column for column in columns if column not in header]
    if missing:
        faults.add_in(file, 1, f"no column {', '.join(missing)}; valid first line: {','.join(columns)}")
    return sorted(header) == sorted(columns)
