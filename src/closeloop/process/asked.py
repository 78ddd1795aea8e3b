"""What the conditions of a process ask of a person and their company."""

from __future__ import annotations

from closeloop.process.nouns import Process
from closeloop.process.once import once_per_process


@once_per_process
def names_asked(process: Process) -> frozenset[str]:
    """Every name that a condition about people and leads reads, or that the gate needs; not those of touches alone."""
    moves = [
        move
        for stage in process.stages.values()
        for move in (
            *(move for outcome in stage.outcomes.values() for move in (outcome.move, outcome.then)),
            stage.if_late.then if stage.if_late else None,
        )
    ]
    conditions = [
        process.gate.when,
        process.gate.unless,
        *(line.when for line in process.fit),
        *(line.when for line in process.route),
        *(outcome.only_when for stage in process.stages.values() for outcome in stage.outcomes.values()),
        *(move.nurture.wake_when for move in moves if move is not None and move.nurture is not None),
        *(reason.return_when for reason in process.send_back.values()),
    ]
    return frozenset(process.gate.needs).union(*(rule.names for rule in conditions if rule is not None))
