"""What a report is: a question, its definition with a version, its columns, and the function that answers it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from closeloop.process.nouns import Process

Cell = str | int | float | None
Unit = Literal["", "count", "%", "minutes", "days", "amount"]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure means, in words. `version` goes up whenever the same rows would give another figure."""

    name: str
    version: int
    text: str

    @property
    def signed(self) -> str:
        """For example "funnel@1"."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a report: its name in CSV and JSON, its unit, and what it counts."""

    name: str
    unit: Unit
    meaning: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked about: one consistent state of the database, the process, and the moment."""

    connection: Connection
    process: Process
    now: datetime


Row = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `rows` gives one cell for each column, in order; None where there is nothing to divide by."""

    question: str
    definition: Definition
    columns: tuple[Column, ...]
    rows: Callable[[Asked], list[Row]]

    @property
    def name(self) -> str:
        """What it is asked for by."""
        return self.definition.name


def share(part: int, whole: int, digits: int = 2) -> float | None:
    """`part` of `whole` in per cent; None of nothing."""
    return round(100 * part / whole, digits) if whole else None
