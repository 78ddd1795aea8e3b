"""From all values of some entities to what changed among their winners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeloop.process.nouns import Process
from closeloop.record.builtin import rules_for
from closeloop.record.nouns import FieldValue, Settled, Winner, Winners
from closeloop.record.resolve import resolve


def settle(
    kinds: Mapping[str, str],
    values: Mapping[str, Sequence[FieldValue]],
    old: Mapping[str, Winners],
    process: Process,
) -> dict[str, Settled]:
    """Resolve every field of every given entity again.

    Args:
        kinds: root id → "person", "account", "opportunity", "purchase" …, for each entity to settle. Give it both
            ids of a merge or of its undoing: the one that is no longer a root has no values, and its winners vanish.
        values: root id → all values of the entities that are linked to it.
        old: root id → the winners as they stand.

    Returns:
        Only those of `kinds` where something changed.
    """
    settled: dict[str, Settled] = {}
    for root_id, kind in kinds.items():
        before = old.get(root_id, {})
        now = winners_of(kind, values.get(root_id, ()), process)
        changed = [winner for field, winner in now.items() if _differs(winner, before.get(field))]
        vanished = sorted(field for field in before if field not in now)
        if changed or vanished:
            settled[root_id] = Settled(changed, vanished)
    return settled


def winners_of(kind: str, values: Sequence[FieldValue], process: Process) -> dict[str, Winner]:
    """The winner of each field of one entity, by field name in alphabetical order."""
    by_field: dict[str, list[FieldValue]] = {}
    for value in values:
        by_field.setdefault(value.field, []).append(value)
    winners: dict[str, Winner] = {}
    rules = rules_for(process, kind)
    for field in sorted(by_field):
        rule = rules.get(field)
        winner = resolve(by_field[field], rule, process.signed) if rule else None
        if winner is not None:
            winners[field] = winner
    return winners


def _differs(winner: Winner, old: Winner | None) -> bool:
    # 1, 1.0 and true are equal in Python, and three values in a table.
    return winner != old or not winner.same_value(old) or type(winner.given) is not type(old.given)
