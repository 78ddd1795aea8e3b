"""Titles of jobs by a declared table: one standard text for all spellings, with its level and its function."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from closeloop.words.cleaning import CleaningTable, read_cleaning_table
from closeloop.words.text import one_line


@dataclass(frozen=True, slots=True)
class Title:
    """A title as it is called here; `level` ("director") and `function` ("marketing") are "" when not declared."""

    standard: str
    level: str = ""
    function: str = ""


def normalise_title(text: str, table: CleaningTable | None = None) -> Title:
    """The standard form of a title: "VP Marketing" and "Vice President of Marketing" → "Vice President, Marketing".

    Args:
        text: as given.
        table: columns given, standard and, if wanted, level and function; without one, the table that comes along.
            Of a line with `*`, level and function that the line leaves empty come from what `*` stands for.

    Returns:
        The text as given, on one line, when the table does not know it.
    """
    return _title(one_line(text), table or default_titles())


@lru_cache(maxsize=1)
def default_titles() -> CleaningTable:
    """The table titles.csv that comes along, in English."""
    return read_cleaning_table(
        files("closeloop.words").joinpath("titles.csv").read_text(encoding="utf-8"), "titles.csv"
    )


@lru_cache(maxsize=65_536)
def _title(text: str, table: CleaningTable) -> Title:
    found = table.find(text)
    if found is None:
        return Title(text)
    line = found.line
    level, function = line.more.get("level", ""), line.more.get("function", "")
    if not found.carried:
        return Title(line.standard, level, function)
    rest = _title(found.carried, table)
    return Title(line.standard.replace("*", rest.standard), level or rest.level, function or rest.function)
