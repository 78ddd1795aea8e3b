"""Which records speak of one company, and how many ways each system has to write it.

By the company's own domain first, then by the exact name in its normal form; a name that is found at one domain belongs
to it. Subsidiaries with their own domain and name stay companies of their own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from rapidfuzz.fuzz import token_sort_ratio

from closeloop.audit.base import Base, Entry
from closeloop.audit.nouns import Companies, CompanySpellings
from closeloop.words.text import one_line

_EXAMPLES = 6
_ALIKE = 75.0


class Houses:
    """The companies of a base: `of[row]` is the company's number, or -1."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.of = _companies(base.entries)
        self.rows: dict[int, list[int]] = defaultdict(list)
        for row, company in enumerate(self.of):
            if company >= 0:
                self.rows[company].append(row)

    def spellings(self, company: int) -> CompanySpellings:
        """How each system writes the company; a name that resembles no other of it, as after a job change, is none."""
        entries = [self.base.entries[row] for row in self.rows[company]]
        usual = Counter(entry.company for entry in entries if entry.company).most_common(1)
        name = usual[0][0] if usual else ""
        counted: dict[str, Counter[str]] = defaultdict(Counter)
        for entry in entries:
            if entry.company and _is_alike(entry.company, name):
                counted[entry.system][one_line(entry.given.company)] += 1
        domain = Counter(entry.domain for entry in entries if entry.domain).most_common(1)
        whole = sum(counted.values(), Counter())
        return CompanySpellings(
            whole.most_common(1)[0][0] if whole else "", domain[0][0] if domain else "", len(entries),
            {system: tuple(each for each, _ in spelled.most_common()) for system, spelled in counted.items()},
        )  # fmt: skip


def companies(houses: Houses) -> Companies:
    """How many companies, and how many of them are written in several ways."""
    told = [houses.spellings(company) for company in houses.rows]
    ways = {id(each): len({text for texts in each.spellings.values() for text in texts}) for each in told}
    several = sorted((each for each in told if ways[id(each)] > 1), key=lambda each: (-ways[id(each)], each.company))
    return Companies(len(told), len(several), sum(ways[id(each)] for each in several), tuple(several[:_EXAMPLES]))


def _companies(entries: Sequence[Entry]) -> list[int]:
    names: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in entries:
        if entry.domain and entry.company:
            names[entry.domain][entry.company] += 1
    # A domain's usual name; domains with one usual name are one company with several domains.
    usual = {domain: counted.most_common(1)[0][0] for domain, counted in names.items()}
    number: dict[str, int] = {}
    found = []
    for entry in entries:
        key = usual.get(entry.domain, "") or entry.company or (f"@{entry.domain}" if entry.domain else "")
        if entry.domain and entry.company and not _is_alike(entry.company, usual[entry.domain]):
            # Works elsewhere than the address says: the company that the record names.
            key = entry.company
        found.append(number.setdefault(key, len(number)) if key else -1)
    return _joined(entries, found)


def _joined(entries: Sequence[Entry], found: list[int]) -> list[int]:
    # A spelling without a domain goes where the same spelling is found with one, if that is a single company.
    homes: dict[str, set[int]] = defaultdict(set)
    for entry, company in zip(entries, found, strict=True):
        if entry.domain and entry.company:
            homes[entry.company].add(company)
    return [
        next(iter(homes[entry.company]))
        if not entry.domain and entry.company and len(homes[entry.company]) == 1
        else company
        for entry, company in zip(entries, found, strict=True)
    ]


def _is_alike(one: str, other: str) -> bool:
    if one == other or token_sort_ratio(one, other) >= _ALIKE:
        return True
    short, long = sorted((one.split(), other.split()), key=len)
    return short == long[: len(short)] or "".join(short) == "".join(word[0] for word in long)
