"""Flags of a row: conditions of the process file over its columns. A row that meets one is kept, and says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from closeloop.process.sources import FileMapping
from closeloop.rules import Rule
from closeloop.rules.rule import walk
from closeloop.rules.tree import Name
from closeloop.tables.nouns import Cells


def flags_of(cells: Cells, mapping: FileMapping, now: datetime) -> tuple[str, ...]:
    """The names of the flags that a row meets, in the order of the process file."""
    return tuple(name for name, rule in mapping.flags.items() if rule.test(_RowScope(cells, rule, now)))


class _RowScope:
    """A row as a condition sees it: a column that the rule reads as a number is one, or is missing."""

    def __init__(self, cells: Cells, rule: Rule, now: datetime) -> None:
        self._cells = cells
        self._numbers = {node.name for node in walk(rule.tree) if isinstance(node, Name) and node.kind == "number"}
        self._now = now

    @property
    def now(self) -> datetime:
        return self._now

    def get(self, name: str) -> object | None:
        value = self._cells.get(name)
        if isinstance(value, str):
            value = value.strip() or None
        return _number(value) if name in self._numbers else value

    def related(self, entity: str) -> Sequence[Mapping[str, object]]:
        return ()

    def verified(self, name: str) -> bool:
        return False


def _number(value: object) -> float | None:
    if not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except ValueError:
        return None
