"""The one tree of a condition: Python functions are made from it, and SQL can be made from the same nodes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from closeloop.words.money import Money

Kind = Literal["number", "text", "boolean", "moment", "duration", "money", "any"]
"""What a value is. "any" is checked only when the rule is read; it never matches what it cannot be compared with."""

Comparison = Literal["==", "!=", "<", "<=", ">", ">="]
Operation = Literal["+", "-", "*", "/"]
Atom = str | int | float | bool | datetime | timedelta | Money


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written in the rule. `kind` keeps true apart from 1."""

    value: Atom
    kind: Kind


@dataclass(frozen=True, slots=True)
class Name:
    """A value of the scope."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class RecordName:
    """Inside exists(): a value of the related record."""

    entity: str
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Fact:
    """A named condition and what it stands for. It is always about the scope, never about a related record."""

    name: str
    body: Node


@dataclass(frozen=True, slots=True)
class And:
    """True when every part is."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True when one part is."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when the part is not: two-valued, so a missing value makes it true."""

    part: Node


@dataclass(frozen=True, slots=True)
class Compare:
    """False when a side is missing or the two cannot be compared, also for `!=`."""

    operator: Comparison
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class In:
    """Whether the value is (`negated`: is not) one of the options; false when it is missing."""

    value: Node
    options: tuple[Constant, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class StartsWith:
    """Whether a text begins with these code points."""

    value: Node
    prefix: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Whether there is no value."""

    value: Node


@dataclass(frozen=True, slots=True)
class Exists:
    """Whether one related record meets the condition (None: whether there is one)."""

    entity: str
    condition: Node | None


@dataclass(frozen=True, slots=True)
class Same:
    """Inside exists(): each name has one and the same value in the related record and in the scope."""

    entity: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ago:
    """The moment that long before `now`."""

    span: Node


@dataclass(frozen=True, slots=True)
class Check:
    """valid(x): an address that can receive mail by its form; disposable(x): one of a throw-away domain."""

    check: Literal["valid", "disposable"]
    value: Node


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a caller or an answer has confirmed the value that the field has now."""

    name: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Numbers as doubles, spans, moments and money of one currency; missing when a side is, and on division by zero."""

    operator: Operation
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negative:
    """A number, a span or money with the sign turned."""

    value: Node


Node = (
    Constant | Name | RecordName | Fact | And | Or | Not | Compare | In | StartsWith | Missing | Exists | Same | Ago
    | Check | Verified | Arithmetic | Negative
)  # fmt: skip


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, in the order in which they are written. A fact's body counts."""
    match node:
        case And(parts) | Or(parts):
            return parts
        case Not(below) | Missing(below) | Ago(below) | Negative(below) | Fact(_, below) | Check(_, below):
            return (below,)
        case StartsWith(value, _):
            return (value,)
        case In(value, options, _):
            return (value, *options)
        case Compare(_, left, right) | Arithmetic(_, left, right):
            return (left, right)
        case Exists(_, condition):
            return () if condition is None else (condition,)
        case _:
            return ()
