"""All mistakes of a process file, gathered so that one run names every one of them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from closeloop.process.document import At, Document
from closeloop.words.errors import Fault, ProcessError


class Faults:
    """Gathers mistakes, each with file and line, and raises them together."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._found: dict[Fault, None] = {}

    def add(self, at: At, what: str) -> None:
        """A mistake at a place of the process file."""
        place = dotted(at)
        text = f"{place}: {what}" if place else what
        self._found[Fault(self._document.file, self._document.line(at), text)] = None

    def add_in(self, file: str, line: int, what: str) -> None:
        """A mistake in one of its tables."""
        self._found[Fault(file, line, what)] = None

    def unknown(self, at: At, what: str, name: object, valid: Iterable[str]) -> None:
        """A name that nothing goes by: with the closest one and all that would be valid."""
        self.add(at, unknown(what, name, valid))

    def __len__(self) -> int:
        return len(self._found)

    def raise_if_any(self) -> None:
        """Raise what was found, in file order.

        Raises:
            ProcessError: there is something.
        """
        if self._found:
            own = self._document.file
            raise ProcessError(sorted(self._found, key=lambda fault: (fault.file != own, fault.file, fault.line)))


def unknown(what: str, name: object, valid: Iterable[str]) -> str:
    """The text for a name that nothing goes by."""
    names = sorted(valid)
    close = get_close_matches(str(name), names, n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"unknown {what} '{name}'; {hint}valid: {', '.join(names) or 'none'}"


def dotted(at: At) -> str:
    """A place as people write it: "stages.field.outcomes.won", "route[1].to"."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in at).removeprefix(".")
