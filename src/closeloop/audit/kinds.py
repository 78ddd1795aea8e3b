"""In which way one record repeats another: what a CRM's own duplicate rule sees, and what it does not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import lru_cache

from closeloop.audit.base import Base, Entry
from closeloop.audit.nouns import Kind
from closeloop.audit.ties import Tie
from closeloop.matching.nouns import Given
from closeloop.words.text import fold, fold_marks

_EXAMPLES = 3
_FIELDS = tuple(field.name for field in fields(Given))

KINDS: Mapping[str, tuple[str, str]] = {
    "exact_copy": ("Exact copies", "Every value is the same but for case and blanks."),
    "same_email": ("Same e-mail", "One mailbox under all its spellings; other values differ or are missing."),
    "another_spelling": ("Name spelled otherwise", "A nickname, a typing error, an initial or swapped names."),
    "another_email": ("Same name, another e-mail", "A private address, an alias domain or a former employer's."),
    "another_company": ("Company written otherwise", "Same name, one e-mail at most, another spelling of the company."),
    "fewer_values": ("Same name, fewer values", "One of the two lacks what would tell at once, usually the e-mail."),
}  # fmt: skip
"""Kind → (title, what it means), in the order in which they are tried."""


def kinds(base: Base) -> tuple[Kind, ...]:
    """Repetitions within a system by their kind, with examples; what two systems both know is no repetition here."""
    ties: dict[str, list[Tie]] = defaultdict(list)
    by_system: dict[str, Counter[str]] = defaultdict(Counter)
    for system in base.systems:
        for tie in base.repeats(system):
            kind = kind_of(base.entries[tie.left], base.entries[tie.right])
            ties[kind].append(tie)
            by_system[kind][system] += 1
    total = sum(map(len, ties.values()))
    return tuple(
        Kind(
            kind, title, meaning, len(ties[kind]), len(ties[kind]) / total if total else None,
            {system: by_system[kind][system] for system in base.systems},
            tuple(base.pair(tie) for tie in _spread(ties[kind])),
        )
        for kind, (title, meaning) in KINDS.items()
    )  # fmt: skip


def kind_of(left: Entry, right: Entry) -> str:
    """The first of KINDS that fits two records of one person."""
    return next(kind for kind, fits in _TRIED.items() if fits(left, right))


def same_name(left: Entry, right: Entry) -> bool:
    """True when the whole names are one but for case and accents."""
    return _name(left.name) == _name(right.name)


def _exact_copy(left: Entry, right: Entry) -> bool:
    return left.given == right.given or _folded(left) == _folded(right)


def _same_email(left: Entry, right: Entry) -> bool:
    return bool(left.email) and left.email == right.email


def _another_spelling(left: Entry, right: Entry) -> bool:
    return not same_name(left, right)


def _another_email(left: Entry, right: Entry) -> bool:
    return bool(left.email and right.email)


def _another_company(left: Entry, right: Entry) -> bool:
    return bool(left.company and right.company) and left.company != right.company


_TRIED: Mapping[str, Callable[[Entry, Entry], bool]] = {
    "exact_copy": _exact_copy, "same_email": _same_email, "another_spelling": _another_spelling,
    "another_email": _another_email, "another_company": _another_company, "fewer_values": lambda _left, _right: True,
}  # fmt: skip


def _folded(entry: Entry) -> tuple[str, ...]:
    return tuple(fold(getattr(entry.given, name)) for name in _FIELDS)


@lru_cache(maxsize=65_536)
def _name(name: str) -> str:
    return fold_marks(name)


def _spread(ties: list[Tie]) -> list[Tie]:
    # Weakest, middle and strongest say more than three alike.
    ranked = sorted(ties, key=lambda tie: (tie.weight, tie.left, tie.right))
    if len(ranked) <= _EXAMPLES:
        return ranked[::-1]
    return [ranked[-1], ranked[len(ranked) // 2], ranked[0]]
