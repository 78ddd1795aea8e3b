"""Random conditions about random people, full of what engines are known to read differently.

Made from a seed by plain chance: a strategy of Hypothesis that holds fifteen such things outgrows what it draws from,
and then yields the same few small ones again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import cast

from closeloop.rules import Rule, tree, write
from closeloop.rules.staged import Beside, Column, Related, Staged
from closeloop.words.money import Money

DEAL: Mapping[str, tree.Kind] = {
    "open": "boolean", "product": "text", "n": "number", "amount": "money", "at": "moment", "thing": "any",
}  # fmt: skip
NAMES: Mapping[str, tree.Kind] = {
    "a": "number", "b": "number", "n": "number", "t": "text", "u": "text", "product": "text", "p": "boolean",
    "form.submitted": "boolean", "m": "money", "amount": "money", "at": "moment", "since": "moment",
    "span": "duration", "thing": "any",
}  # fmt: skip
NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)

_TEXTS = [
    "", "a", "A", "ab", "aB", "%", "_", "a%", "a_b", "i", "I", "İ", "ı", "i\u0307", "ß", "ss", "SS", "é", "É",
    "e\u0301", "Z", "\\", "'", "\ud7ff", "\ue000", "\U0010ffff", "joe@acme.example", "Joe@mailinator.com", "5", "1e3",
    "nan", "5 EUR", "5.00 EUR", "2026-08-01T00:00:00Z",
]  # fmt: skip
_WRITTEN = [0, 1, 2, 3, 0.1, 0.2, 0.3, 0.5, 1e-3, 5e-324, 1e-200, 2**53, 2**53 - 1, 1e15]
_COUNTED = [
    *_WRITTEN, -1, -0.0, 0.1 + 0.2, 2**53 + 1, -(2**53) - 1, 2**60 + 1, 2.0**60, 2**99 + 1, 1e200, 1e308, -1e308,
    1.5e308, float("inf"), float("-inf"), float("nan"),
]  # fmt: skip
_MONEYS = [Money(minor, currency) for minor in (0, 1, -1, 500, 10**17, -(10**17)) for currency in ("EUR", "JPY")]
_SPANS = [timedelta(0), timedelta(seconds=1), timedelta(days=1), timedelta(days=36_525)]
_MOMENTS = [
    NOW, NOW - timedelta(days=1), NOW - timedelta(microseconds=1), datetime(2026, 8, 1, tzinfo=UTC),
    datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC),
]  # fmt: skip
_CONSTANTS: Mapping[tree.Kind, Sequence[tree.Atom]] = {
    "number": _WRITTEN, "text": _TEXTS, "boolean": [True, False], "money": _MONEYS, "duration": _SPANS,
}  # fmt: skip
_REPORTED: Mapping[tree.Kind, Sequence[object]] = {
    **_CONSTANTS, "number": _COUNTED, "moment": _MOMENTS, "duration": [*_SPANS, *(-span for span in _SPANS)],
}  # fmt: skip
_ODD: Sequence[Sequence[object]] = [[None, [1]], *_REPORTED.values()]
_KINDS: Sequence[tree.Kind] = (
    "number", "number", "text", "text", "text", "boolean", "money", "moment", "duration",
)  # fmt: skip
_CHECKS = ("valid", "disposable")
_SIGNS: Sequence[tree.Comparison] = ("==", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True)
class Anyone:
    """Somebody with any values."""

    values: Mapping[str, object]
    deals: Sequence[Mapping[str, object]] = ()
    confirmed: frozenset[str] = frozenset()
    now: datetime = field(default=NOW)

    def get(self, name: str) -> object | None:
        """The value of a name."""
        return self.values.get(name)

    def related(self, _entity: str) -> Sequence[Mapping[str, object]]:
        """The deals."""
        return self.deals

    def verified(self, name: str) -> bool:
        """Whether it was confirmed."""
        return name in self.confirmed


def random_rule(chance: Random) -> Rule:
    """A condition of up to some forty parts."""
    node = _Maker(chance).condition(chance.choice([0, 1, 1, 2, 3]))
    return Rule(write(node), node, "boolean")


def random_person(chance: Random, *, odd: bool) -> Anyone:
    """Somebody whose values are of their kind, or (odd) now and then of any."""

    def values(names: Mapping[str, tree.Kind]) -> dict[str, object]:
        return {
            name: _value(chance, kind, odd=odd)
            for name, kind in names.items()
            if chance.random() < chance.choice([0.5, 1])
        }

    confirmed = frozenset(name for name in NAMES if chance.random() < 0.3)
    return Anyone(values(NAMES), [values(DEAL) for _ in range(chance.choice([0, 1, 1, 2]))], confirmed)


def everything(*, mixed: bool, table: str = "mixed") -> Staged:
    """A staged set with all names and all that can stand beside them."""

    def columns(names: Mapping[str, tree.Kind]) -> dict[str, Column]:
        beside: frozenset[Beside] = frozenset({"verified", "valid", "disposable", "same"})
        return {name: Column(f"the {name}", kind, mixed, beside) for name, kind in names.items()}

    return Staged(columns(NAMES), {"opportunity": Related(f"{table} deals", columns(DEAL))}, table)


def _value(chance: Random, kind: tree.Kind, *, odd: bool) -> object:
    if kind == "any" or (odd and chance.random() < 0.2):
        return chance.choice(chance.choice(_ODD))
    if kind == "number" and chance.random() < 0.2:
        return chance.choice(
            [chance.randint(-(2**54), 2**54), chance.uniform(-9, 9), chance.uniform(-1, 1) * 2.0**-1060]
        )
    return chance.choice(_REPORTED[kind])


class _Maker:
    """Makes one tree; inside exists() it also speaks of the record."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._inside = False

    def condition(self, depth: int) -> tree.Node:
        if depth == 0 or self._chance.random() < 0.2:
            return self._plain()
        several = tuple(self.condition(depth - 1) for _ in range(self._chance.choice([2, 2, 3])))
        made: list[tree.Node] = [tree.And(several), tree.Or(several), tree.Not(several[0])]
        return self._chance.choice(made)

    def _plain(self) -> tree.Node:
        makers: list[Callable[[], tree.Node]] = [
            self._compare, self._compare, self._compare, self._in, self._in, self._starts_with, self._starts_with,
            lambda: tree.Missing(self._sum(self._kind(), 2)),
            lambda: tree.Check(self._chance.choice(_CHECKS), self._leaf("text")),  # type: ignore[arg-type]  # one of two words
            lambda: tree.Verified(self._chance.choice(sorted(NAMES))),
            lambda: self._leaf("boolean"),
        ]  # fmt: skip
        if self._inside:
            makers += [self._same, self._same, lambda: tree.Fact("fact", self._outside())]
        else:
            makers += [self._exists, self._exists]
        return self._chance.choice(makers)()

    def _kind(self) -> tree.Kind:
        return self._chance.choice(
            ["number", "number", "text", "text", "text", "boolean", "money", "moment", "duration"]
        )

    def _compare(self) -> tree.Node:
        kind = self._kind()
        return tree.Compare(
            self._chance.choice(_SIGNS[:2] if kind == "boolean" else _SIGNS), self._sum(kind, 2), self._sum(kind, 1)
        )

    def _in(self) -> tree.Node:
        kind = self._chance.choice([kind for kind in _KINDS if kind != "moment"])
        options = [self._constant(kind) for _ in range(self._chance.randint(1, 3))]
        value = self._sum(kind, 1)
        if isinstance(value, tree.Name | tree.RecordName) and value.kind == "any":
            options += [self._constant(self._chance.choice(list(_CONSTANTS)))]
        return tree.In(value, tuple(options), self._chance.random() < 0.5)

    def _starts_with(self) -> tree.Node:
        return tree.StartsWith(self._leaf("text"), self._chance.choice([*_TEXTS, *_TEXTS[:1] * 6, *_TEXTS[:8] * 2]))

    def _exists(self) -> tree.Node:
        self._inside = True
        condition = self.condition(1) if self._chance.random() < 0.9 else None
        self._inside = False
        return tree.Exists("opportunity", condition)

    def _same(self) -> tree.Node:
        both = sorted(NAMES.keys() & DEAL.keys())
        return tree.Same("opportunity", tuple(self._chance.sample(both, self._chance.choice([1, 1, 2]))))

    def _outside(self) -> tree.Node:
        self._inside = False
        body = self._plain()
        self._inside = True
        return body

    def _constant(self, kind: tree.Kind) -> tree.Constant:
        return tree.Constant(self._chance.choice(_CONSTANTS[kind]), kind)

    def _leaf(self, kind: tree.Kind) -> tree.Node:
        if kind in _CONSTANTS and self._chance.random() < 0.4:
            return self._constant(kind)
        if self._inside and self._chance.random() < 0.6:
            found = [name for name, of in DEAL.items() if of in (kind, "any")]
            name = self._chance.choice(found)
            return tree.RecordName("opportunity", name, DEAL[name])
        name = self._chance.choice([name for name, of in NAMES.items() if of == kind] * 3 + ["thing"])
        return tree.Name(name, NAMES[name])

    def _sum(self, kind: tree.Kind, depth: int) -> tree.Node:
        if depth == 0 or kind in ("text", "boolean") or self._chance.random() < 0.4:
            return self._leaf(kind)
        one, pick = self._sum(kind, depth - 1), self._chance.random()
        sign = cast("tree.Operation", self._chance.choice("+-*/" if kind == "number" else "+-"))
        if kind == "moment":
            span = self._sum("duration", depth - 1)
            return tree.Ago(span) if pick < 0.3 else tree.Arithmetic(sign, one, span)
        if pick < 0.2:
            return tree.Negative(one)
        if kind == "duration" and pick < 0.5:
            return tree.Arithmetic("-", self._leaf("moment"), self._leaf("moment"))
        return tree.Arithmetic(sign, one, self._sum(kind, depth - 1))
