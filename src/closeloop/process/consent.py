"""The fields of a process that say no to being written to: one yes to opting out is enough."""

from __future__ import annotations

from closeloop.process.nouns import Process
from closeloop.process.once import once_per_process


@once_per_process
def consent_fields(process: Process) -> frozenset[str]:
    """Names of the fields with `any_true`."""
    return frozenset(rule.name for rules in process.fields.values() for rule in rules.values() if rule.any_true)
