"""What a condition stands on in SQL: one row a subject, each value in columns of its own type, written by Python.

What only Python can tell (whether an address is valid, whether a value is verified, how a text reads as money) is
told while staging, in a column beside the value; SQL then compares and reckons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isnan
from typing import Literal

from closeloop.rules import tree
from closeloop.rules.in_kind import reader
from closeloop.rules.rule import Rule, walk
from closeloop.rules.scope import Scope
from closeloop.rules.vocabulary import Vocabulary
from closeloop.words.email import is_disposable, is_valid_email
from closeloop.words.errors import BadInput
from closeloop.words.moment import to_us
from closeloop.words.money import Money

Type = Literal["double", "integer", "text", "boolean"]
Beside = Literal["verified", "valid", "disposable", "same"]

LARGEST_STAGED = 2**57
"""Minor units of money and microseconds of a span: so many still add up within 64 bits."""
LARGEST_WHOLE = 2**100
_PARTS: Mapping[tree.Kind, tuple[tuple[str, Type], ...]] = {
    "number": (("number", "double"), ("rest", "double")),
    "text": (("text", "text"),),
    "boolean": (("boolean", "boolean"),),
    "moment": (("moment", "integer"),),
    "duration": (("duration", "integer"),),
    "money": (("minor", "integer"), ("currency", "text")),
}


@dataclass(frozen=True, slots=True)
class Column:
    """Where one value stands: in columns whose names begin with `name`.

    Attributes:
        name: stem of the columns: `name_text`, `name_minor` and `name_currency`, `name_number` …
        kind: what the vocabulary declares. A text is read as this kind when it is number, moment or money.
        mixed: holds values of every kind, each in its own column, and whole numbers beyond 2⁵³ exactly
            (`name_number` + `name_rest`). Always so for kind "any". Otherwise a value of another kind is refused.
        beside: what Python tells when it stages: `name_verified`, `name_valid`, `name_disposable`, and `name_same`,
            the value as it was before it was read, for same().
    """

    name: str
    kind: tree.Kind
    mixed: bool = False
    beside: frozenset[Beside] = frozenset()

    @property
    def takes(self) -> tuple[tree.Kind, ...]:
        """The kinds of values that it can hold."""
        return tuple(_PARTS) if self.mixed or self.kind == "any" else (self.kind,)

    def part(self, name: str) -> str:
        """The name of one of its columns."""
        return f"{self.name}_{name}"

    def types(self) -> Iterator[tuple[str, Type]]:
        """Each of its columns with the type it must have."""
        wide = len(self.takes) > 1
        for kind in self.takes:
            yield from ((self.part(name), sort) for name, sort in _PARTS[kind] if wide or name != "rest")
        if wide:
            yield self.part("other"), "boolean"
        for name in sorted(self.beside):
            yield self.part(name), "text" if name == "same" else "boolean"

    def values(self, raw: object, *, verified: bool = False) -> dict[str, object]:
        """What to write into its columns, all of them: float, int, str, bool or None.

        Raises:
            BadInput: the value cannot be staged exactly; this subject is asked row by row.
        """
        read = reader(self.kind)
        value = read(raw) if read else raw
        found: dict[str, object] = {name: None for name, _ in self.types()}
        found.update(self._placed(value))
        text = value if isinstance(value, str) else ""
        told = {"verified": verified, "valid": is_valid_email(text), "disposable": is_disposable(text)}
        found.update({self.part(name): told[name] for name in self.beside if name in told})
        if "same" in self.beside:
            found[self.part("same")] = _as_it_was(raw)
        return found

    def _placed(self, value: object) -> dict[str, object]:
        if value is None:
            return {}
        kind = kind_of(value)
        if kind in self.takes and not (kind in ("money", "duration") and abs(_units(value)) > LARGEST_STAGED):
            parts = dict(zip((name for name, _ in _PARTS[kind]), parts_of(value), strict=True))
            if len(self.takes) > 1 or parts.pop("rest", 0.0) == 0.0:
                return {self.part(name): part for name, part in parts.items()}
        elif kind == "any" and len(self.takes) > 1:
            return {self.part("other"): True}
        raise BadInput(
            f"column {self.name!r} holds a {self.kind} and cannot hold {str(value)[:60]!r} exactly; "
            "declare it mixed, or ask this subject row by row"
        )


@dataclass(frozen=True, slots=True)
class Related:
    """The staged related records of one entity: `key` holds the subject's key; one row a record."""

    table: str
    columns: Mapping[str, Column]
    key: str = "subject"


@dataclass(frozen=True, slots=True)
class Staged:
    """The shape of a staged set: name of the vocabulary → column, entity → related table."""

    columns: Mapping[str, Column]
    related: Mapping[str, Related] = field(default_factory=dict)
    table: str = "staged"
    key: str = "subject"

    def row(self, scope: Scope) -> dict[str, object]:
        """The columns of one subject but its key.

        Raises:
            BadInput: a value cannot be staged exactly; this subject is asked row by row.
        """
        found: dict[str, object] = {}
        for name, column in self.columns.items():
            verified = "verified" in column.beside and scope.verified(name)
            found.update(column.values(scope.get(name), verified=verified))
        return found

    def records(self, scope: Scope, entity: str) -> list[dict[str, object]]:
        """The columns of the subject's related records but the key; raises as `row` does."""
        columns = self.related[entity].columns
        return [
            {part: value for name, column in columns.items() for part, value in column.values(record.get(name)).items()}
            for record in scope.related(entity)
        ]


def staged_for(rules: Iterable[Rule], vocabulary: Vocabulary, *, mixed: bool = False, table: str = "staged") -> Staged:
    """The smallest staged set on which all the rules can be asked.

    Args:
        rules: the conditions, read with `vocabulary`.
        vocabulary: tells the kinds.
        mixed: whether every column takes values of every kind (see Column).
        table: the subjects' table; a related one is named by it and its entity.
    """
    nodes = [node for rule in rules for node in walk(rule.tree)]
    related = {
        entity: Related(f"{table}_{entity}", _columns(_beside(nodes, entity), vocabulary.related[entity], mixed=mixed))
        for entity in sorted({node.entity for node in nodes if isinstance(node, tree.Exists)})
    }
    return Staged(_columns(_beside(nodes, None), vocabulary.names, mixed=mixed), related, table)


def parts_of(value: object) -> tuple[object, ...]:
    """A value as its columns hold it: a number as double and what is left to the whole number; money as two.

    Raises:
        BadInput: it cannot be written exactly.
    """
    match value:
        case bool():
            return (value,)
        case int() | float():
            return _number(value)
        case str():
            return (_text(value),)
        case Money(minor, currency):
            return (minor, currency)
        case timedelta():
            return (value // timedelta(microseconds=1),)
        case datetime() if value.tzinfo is not None:
            return (to_us(value),)
        case _:
            raise BadInput(f"{str(value)[:60]!r} cannot be staged; valid is a moment with its zone")


def _units(value: object) -> int:
    first = parts_of(value)[0]
    return first if isinstance(first, int) else 0


def _number(value: float) -> tuple[object, ...]:
    if isnan(value):  # the rest is missing, so that it compares with nothing and differs from all
        return 0.0, None
    if abs(value) > LARGEST_WHOLE and isinstance(value, int):
        raise BadInput(f"{str(value)[:60]} cannot be staged exactly; valid are whole numbers up to {LARGEST_WHOLE}")
    double = float(value)
    return double, float(value - int(double)) if isinstance(value, int) else 0.0


def _text(value: str) -> str:
    if "\0" in value or (not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value)):
        raise BadInput(f"{value[:60]!r} cannot be staged; no database keeps the character 0 or half a surrogate pair")
    return value


def kind_of(value: object) -> tree.Kind:
    """The kind of a value at run time; "any" of nothing and of what never compares."""
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "text"
        case Money():
            return "money"
        case timedelta():
            return "duration"
        case datetime():
            return "moment"
        case _:
            return "any"


def _as_it_was(value: object) -> str | None:
    """One text for all values that are equal; None for what equals nothing."""
    kind = kind_of(value)
    if kind == "any" or (isinstance(value, float) and isnan(value)):
        return None
    parts = parts_of(value)
    return f"{kind} {' '.join(str(part) for part in parts)}" if kind != "number" else f"number {_exact(parts)}"


def _exact(parts: Sequence[object]) -> str:
    double, rest = parts
    return f"{double or 0.0!r} {rest!r}"


def _beside(nodes: Sequence[tree.Node], entity: str | None) -> dict[str, set[Beside]]:
    """The names read of the subject (None) or of the related records, each with what must stand beside it."""
    found: dict[str, set[Beside]] = {}
    for node in nodes:
        match node:
            case tree.Verified(name) if entity is None:
                found.setdefault(name, set()).add("verified")
            case tree.Check(check, tree.Name(name, _)) if entity is None:
                found.setdefault(name, set()).add(check)
            case tree.Check(check, tree.RecordName(of, name, _)) if entity == of:
                found.setdefault(name, set()).add(check)
            case tree.Same(of, names) if entity in (None, of):
                for name in names:
                    found.setdefault(name, set()).add("same")
            case tree.Name(name, _) if entity is None:
                found.setdefault(name, set())
            case tree.RecordName(of, name, _) if entity == of:
                found.setdefault(name, set())
            case _:
                pass
    return found


def _columns(found: Mapping[str, set[Beside]], kinds: Mapping[str, tree.Kind], *, mixed: bool) -> Mapping[str, Column]:
    # Numbered, since names may be longer than an identifier and differ in case alone.
    return {name: Column(f"v{at}", kinds[name], mixed, frozenset(found[name])) for at, name in enumerate(sorted(found))}
