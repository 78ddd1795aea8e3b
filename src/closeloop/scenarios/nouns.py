"""A scenario as its file tells it, and what playing it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from closeloop.process.document import Plain

Said = Mapping[str, Plain]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done (`do`, with what it needs), or what is expected by now (`expect`).

    Attributes:
        number: counts from 1.
        line: in the file.
        do: name of the act; None when the step only expects.
        said: parameters of the act, or expectations by name.
        after: how long after the step before: "1h", "8h working"; None for at once.
    """

    number: int
    line: int
    do: str | None
    said: Said
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story with its beginning and its steps. `clock` is wall time in the first region of the process."""

    name: str
    file: str
    line: int
    clock: str
    given: Said
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that did not hold."""

    scenario: Scenario
    step: Step
    name: str
    expected: Plain
    found: Plain

    def __str__(self) -> str:
        where = f"{self.scenario.file}:{self.step.line}: {self.scenario.name}, step {self.step.number}"
        return f"{where}: {self.name}: expected {spelled(self.expected)}, found {spelled(self.found)}"


def spelled(value: Plain) -> str:
    """As a scenario file would write it on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {spelled(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(spelled, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return "nothing" if value is None else str(value)
