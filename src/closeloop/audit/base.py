"""What every finding is counted from: the records of all files as one list, and which of them are one person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from closeloop.audit.nouns import Pair, Shown
from closeloop.audit.systems import CRM, MARKETING
from closeloop.audit.ties import Tie, tree
from closeloop.matching.nouns import Given, Weight

_WORTH_SAYING = 0.5


@dataclass(frozen=True, slots=True)
class Entry:
    """One record: as it came, and in the normal forms that findings compare. "" is nothing.

    `domain` is a company's own: none of free mail, none of throw-away mail. `also` holds what no matcher looks at
    (id, created_at, created_by, lead_source, campaign, status, converted, account …), by meaning.
    """

    file: str
    system: str
    line: int
    given: Given
    email: str = ""
    domain: str = ""
    company: str = ""
    also: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The whole name as it came."""
        return f"{self.given.first_name} {self.given.last_name}".strip() or self.given.name

    @property
    def n_filled(self) -> int:
        """How much the record says: of two copies, the one that says more is kept."""
        given = self.given
        said = (self.name, given.email, given.phone, given.title, given.company, given.city, given.country)
        return sum(1 for value in said if value) + bool(self.email)


@dataclass(frozen=True, slots=True)
class Matched:
    """What the matcher said of the base.

    `cluster` per row; `same` within clusters and `asked` between them, both by falling weight; `seen` is the share of
    true pairs that the matcher is expected to find at all; `probability` takes a weight and the guard that spoke.
    """

    cluster: Sequence[int]
    same: Sequence[Tie]
    asked: Sequence[Tie]
    same_at: float
    ask_at: float
    bundle: str
    seen: float
    weigh: Callable[[int, int], Weight]
    probability: Callable[[float, str], float]


class Base:
    """Records and what the matcher said of them, with the groupings that several findings share."""

    def __init__(self, entries: Sequence[Entry], matched: Matched) -> None:
        self.entries, self.matched = entries, matched
        first = (MARKETING, CRM)
        named = dict.fromkeys(entry.system for entry in entries)
        self.systems = tuple(sorted(named, key=lambda name: first.index(name) if name in first else len(first)))
        self.people = _grouped(matched.cluster, range(len(entries)))
        """Cluster → its rows, in the order of the files."""
        self._ties: dict[int, list[Tie]] = defaultdict(list)
        for tie in matched.same:
            self._ties[matched.cluster[tie.left]].append(tie)
        self._asked: dict[int, list[Tie]] = defaultdict(list)
        for tie in matched.asked:
            self._asked[tie.left].append(tie)
            self._asked[tie.right].append(tie)

    def of(self, system: str) -> list[int]:
        """The rows of one system."""
        return [row for row, entry in enumerate(self.entries) if entry.system == system]

    def repeats(self, system: str | None = None) -> list[Tie]:
        """Each record that repeats another of its system (or of any), as the tie of the repetition to what it repeats.

        `left` is the record that stays, or was tied to it before; `right` repeats it. A tie that goes through another
        system's record only has the weight of the two records themselves.
        """
        found = []
        for cluster, rows in self.people.items():
            inside = [row for row in rows if system is None or self.entries[row].system == system]
            if len(inside) > 1:
                found += tree(self.kept(inside), inside, self._ties[cluster], self._weigh)
        return found

    def tree(self, rows: Sequence[int]) -> list[Tie]:
        """The ties that hold the records of one person together, told from the kept record outward."""
        return tree(self.kept(rows), rows, self._ties[self.matched.cluster[rows[0]]], self._weigh)

    def asked_of(self, row: int) -> Sequence[Tie]:
        """The open questions about one record."""
        return self._asked.get(row, ())

    def kept(self, rows: Iterable[int]) -> int:
        """The record that a merge would keep: what says most, then what was there first."""
        return min(
            rows, key=lambda row: (-self.entries[row].n_filled, self.entries[row].also.get("created_at", ""), row)
        )

    def shown(self, row: int) -> Shown:
        """The record for people to read."""
        entry, given = self.entries[row], self.entries[row].given
        by = entry.also.get("created_by") or entry.also.get("lead_source", "")
        return Shown(
            entry.system, entry.file, entry.line, entry.also.get("id", ""), entry.name, given.email, given.phone,
            given.title, given.company, by,
        )  # fmt: skip

    def pair(self, tie: Tie) -> Pair:
        """Two records with the evidence between them, strongest first, behind the guard that spoke."""
        weight = self.matched.weigh(tie.left, tie.right)
        reasons = (*filter(None, [tie.why]), *in_words(weight))
        probability = self.matched.probability(weight.total, tie.why)
        return Pair(self.shown(tie.left), self.shown(tie.right), round(weight.total, 1), round(probability, 4), reasons)

    def _weigh(self, left: int, right: int) -> float:
        return self.matched.weigh(left, right).total


def in_words(weight: Weight) -> Iterable[str]:
    """The evidence of a weight as short sentences with the values, strongest first, for and against."""
    for each in sorted(weight.evidence, key=lambda evidence: -abs(evidence.weight)):
        if abs(each.weight) < _WORTH_SAYING or not (each.left or each.right):
            continue
        sign = "+" if each.weight > 0 else "−"
        values = each.left if each.left == each.right else f"{each.left or 'nothing'} / {each.right or 'nothing'}"
        yield f"{each.comparison}: {each.level} ({values}) {sign}{abs(each.weight):.0f}"


def _grouped(cluster: Sequence[int], rows: Iterable[int]) -> dict[int, list[int]]:
    grouped: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        grouped[cluster[row]].append(row)
    return dict(grouped)
