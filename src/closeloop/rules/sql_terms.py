"""A value in SQL: for each kind that it may have one alternative, of which at most one is there in a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from closeloop.rules import tree
from closeloop.rules.sql_dialects import Dialect
from closeloop.rules.sql_text import FALSE, TRUE, Sql, all_of, any_of, put
from closeloop.rules.staged import LARGEST_STAGED, Column, kind_of, parts_of
from closeloop.words.errors import BadInput
from closeloop.words.moment import to_us

_FIRST, _LAST = to_us(datetime.min.replace(tzinfo=UTC)), to_us(datetime.max.replace(tzinfo=UTC))
_BOUNDS: dict[tree.Kind, int] = {"moment": max(-_FIRST, _LAST), "duration": LARGEST_STAGED, "money": LARGEST_STAGED}
_SIGNS: dict[tree.Comparison, str] = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_SUMS: dict[tuple[str, tree.Kind, tree.Kind], tree.Kind] = {
    **{(sign, kind, kind): kind for sign in "+-" for kind in ("duration", "money")},
    **{(sign, "moment", "duration"): "moment" for sign in "+-"},
    ("+", "duration", "moment"): "moment",
    ("-", "moment", "moment"): "duration",
}


@dataclass(frozen=True, slots=True)
class Alternative:
    """The value when it is of one kind; NULL when it is not.

    Attributes:
        kind: the kind.
        value: the double, whole number, text or boolean; of money its minor units.
        second: of money the currency; of a number what is left to the whole number, None where nothing ever is.
        guards: what must hold for the value to be there.
        bound: the largest absolute value of a whole number.
    """

    kind: tree.Kind
    value: Sql
    second: Sql | None = None
    guards: tuple[Sql, ...] = ()
    bound: int = 0

    @property
    def there(self) -> Sql:
        """Whether there is a value of this kind."""
        return all_of((put("{} IS NOT NULL", self.value), *self.guards))


@dataclass(frozen=True, slots=True)
class Term:
    """All alternatives of one value; `other` holds when there is a value that never compares."""

    alternatives: tuple[Alternative, ...] = ()
    other: Sql = FALSE

    @property
    def there(self) -> Sql:
        """Whether there is a value."""
        return any_of((*(each.there for each in self.alternatives), self.other))

    def of(self, kind: tree.Kind) -> Iterator[Alternative]:
        """The alternatives of one kind."""
        return (each for each in self.alternatives if each.kind == kind)


def stored(column: Column, at: str, dialect: Dialect) -> Term:
    """The value of a staged column; `at` is the row's alias."""

    def part(name: str) -> Sql:
        return Sql(f"{at}.{dialect.quoted(column.part(name))}")

    def alternative(kind: tree.Kind) -> Alternative:
        match kind:
            case "number":
                return Alternative(kind, part(kind), part("rest") if len(column.takes) > 1 else None)
            case "money":
                return Alternative(kind, part("minor"), put(dialect.order, part("currency")), bound=_BOUNDS[kind])
            case "text":
                return Alternative(kind, put(dialect.order, part(kind)))
            case _:
                return Alternative(kind, part(kind), bound=_BOUNDS.get(kind, 0))

    other = put("{} IS TRUE", part("other")) if len(column.takes) > 1 else FALSE
    return Term(tuple(alternative(kind) for kind in column.takes), other)


def written(value: object, dialect: Dialect) -> Term:
    """A value that is known now."""
    kind = kind_of(value)
    if kind == "any":
        return Term(other=FALSE if value is None else TRUE)
    first, *more = parts_of(value)
    match first:
        case bool():
            return Term((Alternative(kind, TRUE if first else FALSE),))
        case int():
            second = put(dialect.order, Sql(dialect.text, tuple(more))) if more else None
            return Term((_whole(Alternative(kind, Sql(f"({first})"), second, bound=abs(first))),))
        case float():
            rest = None if more == [0.0] else Sql(dialect.double, tuple(more))
            return Term((Alternative(kind, Sql(dialect.double, (first,)), rest),))
        case _:
            return Term((Alternative(kind, put(dialect.order, Sql(dialect.text, (first,)))),))


def compared(sign: tree.Comparison, left: Term, right: Term) -> Sql:
    """Whether both are there, of one kind, and compare so; NULL or false when not."""
    ordered = sign not in ("==", "!=")
    return any_of(
        all_of((_compared(sign, one, other), *one.guards, *other.guards))
        for one in left.alternatives
        for other in right.of(one.kind)
        if not (ordered and one.kind == "boolean")
    )


def reckoned(operation: tree.Operation, left: Term, right: Term, dialect: Dialect) -> Term:
    """The result of an operation; nothing where the two do not go together."""
    return Term(
        tuple(
            result
            for one in left.alternatives
            for other in right.alternatives
            if (result := _reckoned(operation, one, other, dialect)) is not None
        )
    )


def negative(value: Term) -> Term:
    """The value with its sign turned."""
    return Term(
        tuple(
            replace(
                each,
                value=put("(-{})", each.value),
                second=put("(-{})", each.second) if each.kind == "number" and each.second else each.second,
            )
            for each in value.alternatives
            if each.kind in ("number", "duration", "money")
        )
    )


def _compared(sign: tree.Comparison, left: Alternative, right: Alternative) -> Sql:
    plain = put(f"{{}} {_SIGNS[sign]} {{}}", left.value, right.value)
    if left.kind == "money":
        return put("({} AND {} = {})", plain, left.second or FALSE, right.second or FALSE)
    if left.second is None and right.second is None:
        return plain
    rests = (left.second or Sql("0"), right.second or Sql("0"))
    equal = put("({} = {} AND {} = {})", left.value, right.value, *rests)
    match sign:
        case "==":
            return equal
        case "!=":
            return put("({} IS NOT NULL AND {} IS NOT NULL AND {} IS NOT TRUE)", left.value, right.value, equal)
        case _:
            # What is not a number has no rest, and no order.
            larger = put(
                f"({{}} {sign[0]} {{}} AND {{}} IS NOT NULL AND {{}} IS NOT NULL)", left.value, right.value, *rests
            )
            return put(f"({{}} OR ({{}} = {{}} AND {{}} {sign} {{}}))", larger, left.value, right.value, *rests)


def _reckoned(operation: tree.Operation, left: Alternative, right: Alternative, dialect: Dialect) -> Alternative | None:
    if left.kind == right.kind == "number":
        result = dialect.reckon(operation, _double(left), _double(right))
        # The last guard says that the number itself is finite; it goes without saying where the result is.
        divisors = (*left.guards[:-1], *(right.guards if operation == "/" else right.guards[:-1]))
        finite = (put(dialect.finite, result),) if dialect.finite else ()
        return Alternative("number", result, guards=(*divisors, *finite))
    kind = _SUMS.get((operation, left.kind, right.kind))
    if kind is None:
        return None
    total = put(f"({{}} {operation} {{}})", left.value, right.value)
    guards = (*left.guards, *right.guards)
    if kind == "moment":
        guards = (*guards, put(f"{{}} BETWEEN ({_FIRST}) AND {_LAST}", total))
    if kind == "money":
        guards = (*guards, put("{} = {}", left.second or FALSE, right.second or FALSE))
    return _whole(Alternative(kind, total, left.second, guards, left.bound + right.bound))


def _double(number: Alternative) -> Sql:
    if number.second is None:
        return number.value
    return put("CASE WHEN {} IS NOT NULL THEN {} END", number.second, number.value)


def _whole(value: Alternative) -> Alternative:
    if value.bound >= 2**63:
        raise BadInput(
            f"this sum of {value.kind} may leave 64 bits and has no spelling in SQL; "
            "valid are fewer or smaller parts, or asking row by row"
        )
    return value
