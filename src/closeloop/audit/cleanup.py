"""What a clean-up would do: merge by itself, ask a person, leave; and the list of it that somebody can act on."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import TextIO

from closeloop.audit.base import Base
from closeloop.audit.nouns import Cleanup, Group, Pair
from closeloop.audit.rates import questions
from closeloop.audit.ties import Tie
from closeloop.words.spreadsheet import harmless

_EXAMPLES, _LARGEST = 6, 5

HEADER = (
    "group", "action", "system", "file", "line", "id", "name", "email", "phone", "title", "company", "weight", "reason",
)  # fmt: skip
"""Columns of groups.csv. `action`: keep | merge (into the kept record of its system) | link (the other system's record
of the same person) | ask (are the two records of this group one person?)."""


def cleanup(base: Base) -> Cleanup:
    """Counted within systems: across systems records are linked, never merged."""
    merged = [inside for rows in base.people.values() for inside in _by_system(base, rows) if len(inside) > 1]
    asked = questions(base)
    in_merge = {row for inside in merged for row in inside}
    in_question = {row for tie in asked for row in (tie.left, tie.right)} - in_merge
    return Cleanup(
        len(in_merge), len(merged), len(asked), len(in_question),
        sum(base.matched.probability(tie.weight, tie.why) for tie in asked),
        len(base.entries) - len(in_merge) - len(in_question), tuple(_examples(base, asked)),
    )  # fmt: skip


def largest(base: Base) -> tuple[Group, ...]:
    """The people with the most records in one system, each record with what ties it to the others."""
    groups = [inside for rows in base.people.values() for inside in _by_system(base, rows) if len(inside) > 2]
    groups.sort(key=lambda rows: (-len(rows), rows))
    return tuple(_group(base, rows) for rows in groups[:_LARGEST])


def write_groups(base: Base, out: TextIO) -> int:
    """The groups as CSV, a line a record, the kept record first.

    Returns:
        How many groups: people with several records first, then the questions.
    """
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    number = 0
    for rows in base.people.values():
        if len(rows) > 1:
            number += 1
            writer.writerows(_merge_lines(base, number, rows))
    for tie in questions(base):
        number += 1
        pair = base.pair(tie)
        for row in (tie.left, tie.right):
            writer.writerow(_line(base, f"ask-{number}", "ask", row, tie.weight, "; ".join(pair.reasons)))
    return number


def _merge_lines(base: Base, number: int, rows: list[int]) -> Iterator[list[str]]:
    kept_of_all = base.kept(rows)
    why = {tie.right: tie for tie in base.tree(rows)}
    for inside in _by_system(base, rows):
        kept = base.kept(inside)
        for row in (kept, *(row for row in inside if row != kept)):
            action = "merge" if row != kept else "keep" if len(inside) > 1 or row == kept_of_all else "link"
            tie = why.get(row)
            if tie is None:
                yield _line(base, str(number), action, row, None, "says most of this person")
            else:
                pair = base.pair(tie)
                other = base.entries[tie.left]
                reason = f"with {other.file}:{other.line}: {'; '.join(pair.reasons)}"
                yield _line(base, str(number), action, row, tie.weight, reason)


def _line(base: Base, group: str, action: str, row: int, weight: float | None, reason: str) -> list[str]:
    shown = base.shown(row)
    cells = (
        group, action, shown.system, shown.file, str(shown.line), shown.id, shown.name, shown.email, shown.phone,
        shown.title, shown.company, "" if weight is None else f"{weight:.1f}", reason,
    )  # fmt: skip
    return [harmless(cell) for cell in cells]


def _group(base: Base, rows: Sequence[int]) -> Group:
    told = base.tree(rows)
    kept = base.kept(rows)
    reasons = tuple("; ".join(base.pair(tie).reasons[:3]) for tie in told)
    return Group((base.shown(kept), *(base.shown(tie.right) for tie in told)), reasons)


def _examples(base: Base, asked: Sequence[Tie]) -> Iterator[Pair]:
    step = max(1, len(asked) // _EXAMPLES)
    for tie in asked[::step][:_EXAMPLES]:
        yield base.pair(tie)


def _by_system(base: Base, rows: Sequence[int]) -> Iterator[list[int]]:
    for system in dict.fromkeys(base.entries[row].system for row in rows):
        yield [row for row in rows if base.entries[row].system == system]
