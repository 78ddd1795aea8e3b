"""Scenario files into scenarios: every name known, every mistake with file and line."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from closeloop.process.document import At, Document, Plain, read_document
from closeloop.scenarios.nouns import Said, Scenario, Step
from closeloop.words.errors import BadInput, Fault, ProcessError

_CLOCK = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


def read_scenarios(
    path: Path, acts: Collection[str], expectations: Collection[str], givens: Collection[str]
) -> list[Scenario]:
    """Read a file of scenarios.

    Args:
        path: the file, YAML as the process file.
        acts, expectations, givens: the names that are known.

    Raises:
        BadInput: the file cannot be read.
        ProcessError: all mistakes found, in file order.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"{path}: cannot be read: {error.strerror}; scenarios stand beside the process file as NAME.scenarios.yaml"
        ) from None
    reader = _Reader(read_document(path.name, content), acts, expectations, givens)
    found = reader.scenarios()
    if reader.faults:
        raise ProcessError(sorted(reader.faults, key=lambda fault: fault.line))
    return found


class _Reader:
    def __init__(
        self, document: Document, acts: Collection[str], expectations: Collection[str], givens: Collection[str]
    ) -> None:
        self._document, self._acts, self._expectations, self._givens = document, acts, expectations, givens
        self.faults: list[Fault] = []

    def scenarios(self) -> list[Scenario]:
        plain = self._document.plain
        if not isinstance(plain, list):
            self._fault((), "a file of scenarios is a list of them, each with scenario, given and steps")
            return []
        return [self._scenario((index,), each) for index, each in enumerate(plain) if self._is_map((index,), each)]

    def _scenario(self, at: At, plain: Plain) -> Scenario:
        said = plain if isinstance(plain, dict) else {}
        self._known(at, said, ("scenario", "given", "steps"), "key of a scenario")
        given = self._map((*at, "given"), said.get("given"))
        self._known((*at, "given"), given, self._givens, "name of what is given")
        clock = given.get("clock")
        if not isinstance(clock, str) or _CLOCK.fullmatch(clock) is None:
            self._fault((*at, "given"), 'clock: says when it begins; valid is "2026-09-01 09:00"')
            clock = ""
        steps = said.get("steps")
        if not isinstance(steps, list) or not steps:
            self._fault(at, "steps: is missing; valid is a list of do and expect")
            steps = []
        read = tuple(self._step((*at, "steps", index), index + 1, each) for index, each in enumerate(steps))
        rest = {name: value for name, value in given.items() if name != "clock"}
        return Scenario(
            str(said.get("scenario") or ""), self._document.file, self._document.line(at), clock, rest, read
        )

    def _step(self, at: At, number: int, plain: Plain) -> Step:
        said, line = self._map(at, plain), self._document.line(at)
        if "expect" in said:
            self._known(at, said, ("expect",), "key beside expect")
            expected = self._map((*at, "expect"), said["expect"])
            self._known((*at, "expect"), expected, self._expectations, "expectation")
            return Step(number, line, None, expected)
        act, after = said.get("do"), said.get("after")
        if not isinstance(act, str) or act not in self._acts:
            self._fault(at, f"do: {act!r} is no act; valid are {', '.join(self._acts)}")
        parameters = {name: value for name, value in said.items() if name not in ("do", "after")}
        return Step(number, line, str(act), parameters, str(after) if after is not None else None)

    def _known(self, at: At, said: Said, valid: Collection[str], what: str) -> None:
        for name in said:
            if name not in valid:
                self._fault((*at, name), f"{name!r} is no {what}; valid are {', '.join(valid)}")

    def _map(self, at: At, plain: Plain) -> dict[str, Plain]:
        return plain if self._is_map(at, plain) and isinstance(plain, dict) else {}

    def _is_map(self, at: At, plain: Plain) -> bool:
        if not isinstance(plain, dict):
            self._fault(at, f"{plain!r} is no map of names and values")
        return isinstance(plain, dict)

    def _fault(self, at: At, what: str) -> None:
        self.faults.append(Fault(self._document.file, self._document.line(at), what))
