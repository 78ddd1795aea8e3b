"""Rows as CSV that a spreadsheet may open: what it would run as a formula is a text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from closeloop.measure.nouns import Cell
from closeloop.words.spreadsheet import harmless


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A header line and a line for each row, each with its end."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue()
