"""What another version of the process reads or counts otherwise, of what is known already."""

from __future__ import annotations

from collections.abc import Sequence

from closeloop.process.nouns import Process, ScoreLine
from closeloop.record.builtin import rules_for


def fields_to_read(process: Process, before: Sequence[Process], kind: str) -> tuple[str, ...]:
    """Fields of a kind of entity whose values were kept in another form by any of the versions before."""
    found = set()
    for old in before:
        known = rules_for(old, kind)
        for name, rule in rules_for(process, kind).items():
            if name in known and (known[name].form, known[name].clean) != (rule.form, rule.clean):
                found.add(name)
    return tuple(sorted(found))


def lines_to_count(process: Process, before: Sequence[Process]) -> tuple[str, ...]:
    """Scoring lines of interest that add up otherwise than in any of the versions before, those that went included.

    What a line is capped at is looked at when it is read.
    """
    versions = [{line.id: _adds(line) for line in each.interest} for each in (process, *before)]
    every = sorted({id_ for lines in versions for id_ in lines})
    return tuple(id_ for id_ in every if any(lines.get(id_) != versions[0].get(id_) for lines in versions))


def _adds(line: ScoreLine) -> tuple[object, ...]:
    return line.on, line.when, line.points, line.half_life
