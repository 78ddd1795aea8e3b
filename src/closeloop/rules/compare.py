"""How two values compare and add up: two-valued, never across kinds, never an exception."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from closeloop.rules.tree import Comparison, Operation
from closeloop.words.money import Money

_COMPARE: dict[Comparison, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_CALCULATE: dict[Operation, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip
_FAMILY: dict[type, str] = {
    bool: "boolean", int: "number", float: "number", str: "text", datetime: "moment", timedelta: "duration",
}  # fmt: skip


def comparer(sign: Comparison) -> Callable[[object, object], bool]:
    """A function that compares two values; false when one is missing or they are of different kinds."""
    compare, ordered = _COMPARE[sign], sign not in ("==", "!=")

    def run(left: object, right: object) -> bool:
        family = _FAMILY.get(type(left))
        if family is None:
            return _money_compares(left, right, compare)
        if family != _FAMILY.get(type(right)) or (ordered and family == "boolean"):
            return False
        try:
            return compare(left, right)
        except TypeError:  # a moment without a zone, which the inside of the hub never holds
            return False

    return run


def family(value: object) -> str | None:
    """The kind of a value at run time; money counts with its currency. None: missing, or nothing that compares."""
    return f"money {value.currency}" if isinstance(value, Money) else _FAMILY.get(type(value))


def calculate(sign: Operation, left: object, right: object) -> object | None:
    """The result, or None: a side is missing, the two do not go together, by zero, or beyond what can be held."""
    try:
        if _is_number(left) and _is_number(right):
            return _doubles(sign, float(left), float(right))
        if sign == "+":
            return _add(left, right)
        if sign == "-":
            return _subtract(left, right)
    except (OverflowError, TypeError):
        return None
    return None


def negate(value: object) -> object | None:
    """The value with its sign turned; None when it has none."""
    match value:
        case bool():
            return None
        case int() | float() | timedelta():
            return -value
        case Money():
            return Money(-value.minor, value.currency)
        case _:
            return None


def _is_number(value: object) -> TypeGuard[float]:
    return _FAMILY.get(type(value)) == "number"


def _money_compares(left: object, right: object, compare: Callable[[object, object], bool]) -> bool:
    if not (isinstance(left, Money) and isinstance(right, Money)) or left.currency != right.currency:
        return False
    return compare(left.minor, right.minor)


def _doubles(sign: Operation, left: float, right: float) -> float | None:
    if sign == "/" and right == 0:
        return None
    result = float(_CALCULATE[sign](left, right))
    return result if math.isfinite(result) else None


def _add(left: object, right: object) -> object | None:
    match left, right:
        case timedelta(), timedelta():
            return left + right
        case datetime(), timedelta():
            return left + right
        case timedelta(), datetime():
            return right + left
        case Money(), Money() if left.currency == right.currency:
            return Money(left.minor + right.minor, left.currency)
        case _:
            return None


def _subtract(left: object, right: object) -> object | None:
    match left, right:
        case timedelta(), timedelta():
            return left - right
        case datetime(), timedelta():
            return left - right
        case datetime(), datetime():
            return left - right
        case Money(), Money() if left.currency == right.currency:
            return Money(left.minor - right.minor, left.currency)
        case _:
            return None
