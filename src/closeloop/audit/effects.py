"""What duplicates do to reports: usual figures by records, and as they are by people, each with its formula.

Source: essay 000 ("the ROI report will show that we sourced 2 Leads and got one Opportunity").
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from closeloop.audit.base import Base
from closeloop.audit.makers import first_made
from closeloop.audit.nouns import Effect
from closeloop.audit.said import system as called

_MOST = 6
_WON = frozenset({"converted", "customer", "won", "closed won", "closed_won", "opportunity"})
_YES = frozenset({"true", "yes", "y", "1", "t", "x"})

FORMULAS = {
    "leads": "records ÷ people − 1: how many times more leads a report shows than people stand behind them",
    "sourced": "records with a value ÷ people who have one, each credited once, to the record made first, − 1",
    "sourced_by": "records with this value ÷ people whose first record has it − 1; later records are influence",
    "conversion": "(converted people ÷ people) ÷ (converted records ÷ records) − 1: by how much records understate it",
}


def effects(base: Base) -> tuple[Effect, ...]:
    """The figures that can be counted from the columns there are, per system."""
    found: list[Effect] = []
    for system in base.systems:
        people: dict[int, list[int]] = defaultdict(list)
        for row in base.of(system):
            people[base.matched.cluster[row]].append(row)
        groups = list(people.values())
        found.append(_leads(system, groups))
        for meaning, whole in (("campaign", "campaigns"), ("lead_source", "lead sources")):
            found += _sourced(base, system, groups, meaning, whole)
        found += _conversion(base, system, groups)
    return tuple(found)


def _leads(system: str, groups: list[list[int]]) -> Effect:
    n = sum(map(len, groups))
    return Effect(
        "leads",
        f"People in {called(system)}",
        FORMULAS["leads"],
        system,
        n,
        len(groups),
        n / len(groups) - 1,
        n,
        len(groups),
    )


def _sourced(base: Base, system: str, groups: list[list[int]], meaning: str, whole: str) -> list[Effect]:
    def said(row: int) -> str:
        return base.entries[row].also.get(meaning, "")

    by_records = Counter(said(row) for rows in groups for row in rows if said(row))
    first = [first_made(base, telling) for rows in groups if (telling := [row for row in rows if said(row)])]
    by_people = Counter(map(said, first))
    if not by_records:
        return []
    n, people = by_records.total(), by_people.total()
    found = [
        Effect("sourced", f"Sourced by all {whole}", FORMULAS["sourced"], system, n, people, n / people - 1, n, people)
    ]
    ranked = sorted(by_records, key=lambda value: (by_people[value] - by_records[value], value))
    for value in [v for v in ranked if len(by_records) > 1 and by_people[v] != by_records[v]][:_MOST]:
        n, people = by_records[value], by_people[value]
        change = n / people - 1 if people else None
        found.append(Effect("sourced_by", value, FORMULAS["sourced_by"], system, n, people, change, n, people))
    return found


def _conversion(base: Base, system: str, groups: list[list[int]]) -> list[Effect]:
    won = {row for rows in groups for row in rows if _is_won(base.entries[row].also)}
    if not won:
        return []
    n = sum(map(len, groups))
    n_won = sum(1 for rows in groups if won.intersection(rows))
    by_records, by_people = len(won) / n, n_won / len(groups)
    return [
        Effect(
            "conversion", f"Conversion in {called(system)}", FORMULAS["conversion"], system, by_records, by_people,
            by_people / by_records - 1, len(won), n_won,
        )
    ]  # fmt: skip


def _is_won(also: Mapping[str, str]) -> bool:
    said = also.get("is_converted", "").lower() in _YES or also.get("lead_status", "").lower() in _WON
    return said or bool(also.get("converted_contact_id") or also.get("converted_account_id"))
