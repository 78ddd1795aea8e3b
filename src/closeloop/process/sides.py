"""What one side may be told: fields that only the other one sees are left out, and so is what would give them away."""

from __future__ import annotations

from closeloop.process.nouns import Process, Side
from closeloop.process.once import once_per_process
from closeloop.rules import Rule

_UNSAID = "a condition that only {side} sees"


def hidden_from(side: Side, process: Process) -> frozenset[str]:
    """Names of the fields that only the other side sees."""
    return _of_one_side(process).get("sales" if side == "marketing" else "marketing", frozenset())


def told(rule: Rule, side: Side, process: Process) -> str:
    """A condition as this side may read it: its text, unless it reads what only the other side sees."""
    if rule.names & hidden_from(side, process):
        return _UNSAID.format(side="sales" if side == "marketing" else "marketing")
    return rule.text


@once_per_process
def _of_one_side(process: Process) -> dict[str, frozenset[str]]:
    rules = [rule for rules in process.fields.values() for rule in rules.values()]
    return {side: frozenset(rule.name for rule in rules if rule.seen_by == side) for side in ("marketing", "sales")}
