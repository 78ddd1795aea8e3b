"""What a condition may speak of: names with their kinds, related records, and named facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from closeloop.rules.rule import Rule
from closeloop.rules.tree import Kind


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names that are known where a condition stands.

    Attributes:
        names: name → kind, of the scope. Dotted names are touch kinds: "has it happened since".
        related: entity → its names, for exists(entity, …).
        facts: name → condition that stands for it.
        largest: how many nodes a condition may have, facts spelled out.
        deepest: how many levels it may have.
    """

    names: Mapping[str, Kind]
    related: Mapping[str, Mapping[str, Kind]] = field(default_factory=dict)
    facts: Mapping[str, Rule] = field(default_factory=dict)
    largest: int = 400
    deepest: int = 40

    def unknown(self, what: str, name: str, valid: Mapping[str, object]) -> str:
        """The message for a name that is not there: the closest one, and all that would be valid."""
        close = get_close_matches(name, valid, n=1)
        hint = f"did you mean '{close[0]}'? " if close else ""
        return f"unknown {what} '{name}'; {hint}valid: {', '.join(sorted(valid)) or 'none'}"
