"""Every error that Closeloop raises, in one tree; what the business expects is a value, not an error.

CloseloopError
├── BadInput            something handed in is wrong: what, where, what would be valid, what to do
│   ├── ProcessError    a process file or its tables, with file and line
│   └── RuleError       a condition in the rule language, with the column
├── EndError            an outside system said no
│   ├── Transient       try again later, perhaps after `retry_after`
│   ├── Permanent       trying again changes nothing: dead letter with the reason
│   │   └── Barred      it lets the hub do nothing at all: what is to be sent waits until it is let in again
│   ├── Changed         the other side moved first: read again, decide again
│   └── Lost            what changed since the cursor can no longer be told: compare everything
└── Unready             the hub itself cannot work now (database away, wrong version)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


class CloseloopError(Exception):
    """The root: `except CloseloopError` at the very edge turns it into a message for a person."""


class BadInput(CloseloopError):
    """Something handed in cannot be accepted. The text says what, where, and what would be valid."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake in a file: `line` counts from 1, 0 when the file as a whole is meant."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


class ProcessError(BadInput):
    """A process file cannot be used. `faults` holds every mistake found, in file order."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


class RuleError(BadInput):
    """A condition cannot be read. `column` counts from 1 inside `text`."""

    def __init__(self, text: str, column: int, what: str) -> None:
        self.text, self.column, self.what = text, column, what
        super().__init__(f"{what} (column {column} of {text!r})")


class EndError(CloseloopError):
    """An outside system refused or failed."""


class Transient(EndError):
    """Worth trying again; `retry_after` is what the other side asked for, if it said."""

    def __init__(self, what: str, retry_after: timedelta | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(what)


class Permanent(EndError):
    """Trying again changes nothing until somebody changes something: says what."""


class Barred(Permanent):
    """The hub is not let in at all, which is no fault of what it was to do: says what to repair."""


class Changed(EndError):
    """The record moved under us: read it again and decide again."""


class Lost(EndError):
    """The cursor or replay window is gone at the vendor: says since when nothing can be told."""


class Unready(CloseloopError):
    """The hub cannot work now: says what is missing and what to do."""
