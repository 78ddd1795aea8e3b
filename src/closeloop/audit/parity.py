"""Two systems held against each other: do they know the same people, once each, and say the same of them?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from closeloop.audit.base import Base, Entry
from closeloop.audit.companies import Houses
from closeloop.audit.kinds import same_name
from closeloop.audit.nouns import Group, Holding, Parity

_EXAMPLES = 4
_MANY = 3

DEFINITION = (
    "Of the people that both systems know, the share for whom each has exactly one record and both say the same "
    "e-mail, name and company in their normal forms: case, accents, legal forms and plus-tags do not count. What only "
    "one of the two says is a difference; what neither says is none."
)


def parities(base: Base, houses: Houses) -> tuple[Parity, ...]:
    """Each two systems; none when there is only one."""
    return tuple(_parity(base, houses, left, right) for left, right in combinations(base.systems, 2))


def _parity(base: Base, houses: Houses, left: str, right: str) -> Parity:
    held: Counter[tuple[int, int]] = Counter()
    differences: Counter[str] = Counter()
    only_left = only_right = once = agreeing = 0
    lopsided: list[list[int]] = []
    for rows in base.people.values():
        here = [row for row in rows if base.entries[row].system == left]
        there = [row for row in rows if base.entries[row].system == right]
        if not here and not there:
            continue
        held[min(len(here), _MANY), min(len(there), _MANY)] += 1
        only_left += not there
        only_right += not here
        if not here or not there:
            continue
        if len(here) == len(there) == 1:
            once += 1
            found = list(_differences(base.entries[here[0]], base.entries[there[0]]))
            differences.update(found)
            agreeing += not found
        else:
            differences["more than one record"] += 1
            if min(len(here), len(there)) == 1 and max(len(here), len(there)) >= _MANY:
                lopsided.append([*here, *there])
    both = held.total() - only_left - only_right
    lopsided.sort(key=lambda rows: (-len(rows), rows))
    company_held, lopsided_companies = _companies(houses, left, right)
    return Parity(
        left, right, held.total(), only_left, only_right, both, once, agreeing, agreeing / both if both else None,
        dict(differences.most_common()), _holdings(held),
        tuple(Group(tuple(map(base.shown, rows)), ()) for rows in lopsided[:_EXAMPLES]),
        _holdings(company_held),
        tuple(houses.spellings(company) for company in lopsided_companies[:_EXAMPLES]),
    )  # fmt: skip


def _differences(here: Entry, there: Entry) -> Iterator[str]:
    yield from _difference("e-mail", here.email, there.email, same=here.email == there.email)
    yield from _difference("name", here.name, there.name, same=same_name(here, there))
    yield from _difference("company", here.company, there.company, same=here.company == there.company)


def _difference(what: str, here: str, there: str, *, same: bool) -> Iterator[str]:
    if bool(here) != bool(there):
        yield f"{what} on one side only"
    elif here and not same:
        yield f"another {what}"


def _companies(houses: Houses, left: str, right: str) -> tuple[Counter[tuple[int, int]], Sequence[int]]:
    held: Counter[tuple[int, int]] = Counter()
    lopsided: list[tuple[int, int]] = []
    for company in houses.rows:
        spelled = houses.spellings(company).spellings
        here, there = len(spelled.get(left, ())), len(spelled.get(right, ()))
        if here or there:
            held[min(here, _MANY), min(there, _MANY)] += 1
        if min(here, there) == 1 and max(here, there) >= _MANY:
            lopsided.append((-max(here, there), company))
    return held, [company for _, company in sorted(lopsided)]


def _holdings(held: Counter[tuple[int, int]]) -> tuple[Holding, ...]:
    return tuple(Holding(left, right, n) for (left, right), n in sorted(held.items()))
