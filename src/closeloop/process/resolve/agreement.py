"""What every part needs while names are resolved: the file, its tables, the faults found, and conditions read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from closeloop.process.document import At
from closeloop.process.faults import Faults
from closeloop.process.schema.whole import ProcessFile
from closeloop.rules import Rule, Vocabulary, parse
from closeloop.rules.tree import Constant
from closeloop.words.errors import RuleError

NEVER = Rule("false", Constant(value=False, kind="boolean"), "boolean")
"""Stands for a condition that could not be read; a file with faults makes no process, so it is never asked."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """One file on its way to a Process."""

    part: ProcessFile
    files: Mapping[str, bytes]
    faults: Faults
    used: dict[str, bytes] = field(default_factory=dict)

    def condition(self, at: At, text: str, vocabulary: Vocabulary) -> Rule:
        """The condition at a place, or a fault and one that never holds."""
        try:
            rule = parse(text, vocabulary)
        except RuleError as error:
            self.faults.add(at, str(error))
            return NEVER
        strange = sorted(rule.names - set(vocabulary.names))
        if strange:
            facts, valid = ", ".join(sorted(rule.facts)), ", ".join(vocabulary.names)
            self.faults.add(at, f"{facts} reads {', '.join(strange)}, unknown here; valid: {valid}")
        return rule

    def condition_or_none(self, at: At, text: str | None, vocabulary: Vocabulary) -> Rule | None:
        """The same for one that may be left out."""
        return None if text is None else self.condition(at, text, vocabulary)

    def table(self, at: At, name: str) -> str | None:
        """The text of a table that stands beside the process file."""
        if name not in self.files:
            self.faults.add(at, f"no file '{name}' beside the process file")
            return None
        self.used[name] = self.files[name]
        try:
            return self.files[name].decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.files[name].count(b"\n", 0, error.start) + 1
            self.faults.add_in(name, line, "not UTF-8; save the table as UTF-8")
            return None

    def known(self, at: At, what: str, name: str, valid: Mapping[str, object] | frozenset[str]) -> bool:
        """Whether a name is there; a fault when it is not."""
        if name in valid:
            return True
        self.faults.unknown(at, what, name, valid)
        return False
