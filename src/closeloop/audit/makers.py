"""Who made the repeating records, when the data tells: by system, by user, by source and by month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from closeloop.audit.base import Base, Entry
from closeloop.audit.nouns import Maker

_MOST, _MONTHS = 8, 36

BY: Mapping[str, Callable[[Entry], str]] = {
    "system": lambda entry: entry.system,
    "user": lambda entry: entry.also.get("created_by", ""),
    "source": lambda entry: entry.also.get("lead_source", ""),
    "month": lambda entry: entry.also.get("created_at", "")[:7],
}


def makers(base: Base) -> tuple[Maker, ...]:
    """Records and repetitions by who made them, most repetitions first, months in their order.

    The repetition is the later record of a person in a system: by its date of creation, and without dates the one that
    a merge would not keep.
    """
    repeating = set(later(base))
    found: list[Maker] = []
    for by, value_of in BY.items():
        values = [value_of(entry) for entry in base.entries]
        n_records = Counter(filter(None, values))
        n_repeats = Counter(values[row] for row in repeating if values[row])
        if len(n_records) < 2 or not n_repeats:
            continue
        told = [Maker(by, value, n, n_repeats[value], n_repeats[value] / n) for value, n in n_records.items()]
        if by == "month":
            found += sorted(told, key=lambda maker: maker.value)[-_MONTHS:]
        else:
            found += sorted(told, key=lambda maker: (-maker.repeats, maker.value))[:_MOST]
    return tuple(found)


def later(base: Base) -> list[int]:
    """Per person and system all records but the first made."""
    found = []
    for rows in base.people.values():
        for system in {base.entries[row].system for row in rows}:
            inside = [row for row in rows if base.entries[row].system == system]
            if len(inside) > 1:
                first = first_made(base, inside)
                found += [row for row in inside if row != first]
    return found


def first_made(base: Base, rows: list[int]) -> int:
    """The record that was there first; without dates for all of them, the one that a merge would keep."""
    if all(base.entries[row].also.get("created_at") for row in rows):
        return min(rows, key=lambda row: (base.entries[row].also["created_at"], row))
    return base.kept(rows)
