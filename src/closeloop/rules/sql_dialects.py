"""Where the engines differ: types, marks of parameters, the order of texts, and doubles that leave their range.

A rule's arithmetic answers nothing when a result is no finite number. SQLite and DuckDB reckon on with what is not
finite, and it stays so unless something is divided by it: there it suffices to look at the end, and at divisors.
PostgreSQL stops the statement instead, so that there the result is looked at before it is reckoned. No operand is
ever written twice in a result, or a long sum would double with each step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from closeloop.rules.sql_text import Sql, put
from closeloop.rules.staged import Type
from closeloop.rules.tree import Operation
from closeloop.words.errors import BadInput

_NAME = re.compile(r"[A-Za-z0-9_. -]{1,63}")

Name = Literal["sqlite", "postgresql", "duckdb"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One engine.

    Attributes:
        name: its name.
        types: type of a staged column → its spelling in CREATE TABLE.
        double: a parameter that is a double.
        text: a parameter that is a text.
        order: a text, {}, made to compare by code point.
        reckon: one operation on two doubles.
        finite: the test of a result of `reckon`, {}; empty where it is NULL already.
        deepest: brackets that may be open at once. SQLite's parser has 100 places, and each bracket may take three.
    """

    name: Name
    types: Mapping[Type, str]
    double: str
    text: str
    order: str
    reckon: Callable[[Operation, Sql, Sql], Sql]
    finite: str = ""
    deepest: int = 400

    @staticmethod
    def quoted(name: str) -> str:
        """A name of a table or column.

        Raises:
            BadInput: it holds what a driver may take for a mark.
        """
        if not _NAME.fullmatch(name):
            raise BadInput(f"{name!r} cannot name a staged column; valid are up to 63 of A-Z, a-z, 0-9, '_-. '")
        return f'"{name}"'


def dialect_of(name: Name) -> Dialect:
    """The dialect of an engine."""
    return _DIALECTS[name]


def _plainly(operation: Operation, left: Sql, right: Sql) -> Sql:
    return put(f"({{}} {operation} {{}})", left, right)


def _postgresql(operation: Operation, left: Sql, right: Sql) -> Sql:
    match operation:
        case "+":
            return put(_SUM, left, right)
        case "-":
            return put(_SUM, left, put("(-{})", right))
        case "*" | "/":
            return put(_PRODUCTS[operation], left, right)


def _power(of_two: int) -> str:
    return f"CAST('{2.0**of_two!r}' AS double precision)"


# OFFSET 0 keeps the planner from writing the operands into every place where they are used.
_OPERANDS = "(SELECT {} AS l, {} AS r OFFSET 0) o"
_UNBOUNDED = "greatest(abs(l), abs(r)) = 'Infinity'"
_SUM = f"""(SELECT CASE WHEN {_UNBOUNDED} THEN NULL
 WHEN greatest(abs(l), abs(r)) < {_power(1022)} OR least(abs(l), abs(r)) < 1 THEN l + r
 WHEN abs(l * 0.5 + r * 0.5) < {_power(1023)} THEN l + r END FROM {_OPERANDS})"""  # noqa: S608 - all ours


def _product(operation: Operation) -> str:
    sign, without = ("+", _UNBOUNDED) if operation == "*" else ("-", "abs(l) = 'Infinity' OR r = 0")
    near_one = f"""SELECT l, r, l * {_by_size("l", _power(-768), _power(768), "1")} AS a,
 r * {_by_size("r", _power(-768), _power(768), "1")} AS b,
 {_by_size("l", "768", "-768", "0")} {sign} {_by_size("r", "768", "-768", "0")} AS e FROM {_OPERANDS} OFFSET 0"""  # noqa: S608 - all ours
    size = (
        f"SELECT l, r, e, CASE WHEN b <> 0 THEN abs(a {operation} b) ELSE a * b END AS p FROM ({near_one}) n OFFSET 0"  # noqa: S608 - all ours
    )
    return f"""(SELECT CASE WHEN {without} THEN NULL
 WHEN e = 0 OR e = 768 AND p < {_power(256)} OR e = 1536 AND p < {_power(-512)}
 OR e = -768 AND p > {_power(-307)} OR e = -1536 AND p > {_power(461)} THEN l {operation} r
 WHEN e < 0 THEN p * 0 END FROM ({size}) q)"""  # noqa: S608 - all ours


def _by_size(operand: str, large: str, small: str, other: str) -> str:
    of = f"abs({operand})"
    return f"CASE WHEN {of} >= {_power(400)} THEN {large} WHEN {of} < {_power(-400)} THEN {small} ELSE {other} END"


# Operands are brought near 1 by powers of two, where their product or quotient stays in range; how large it is there
# tells whether the one that is asked for does. A result of 2^-1075 and less than a part in 2^53 more counts as 0.
_PRODUCTS: Mapping[Operation, str] = {"*": _product("*"), "/": _product("/")}

_DIALECTS: Mapping[Name, Dialect] = {
    "sqlite": Dialect(
        "sqlite",
        {"double": "REAL", "integer": "INTEGER", "text": "TEXT", "boolean": "INTEGER"},
        double="?", text="?", order="{}", reckon=_plainly,
        finite="abs({}) < 9e999", deepest=28,
    ),
    "postgresql": Dialect(
        "postgresql",
        {"double": "double precision", "integer": "bigint", "text": 'text COLLATE "C"', "boolean": "boolean"},
        double="CAST(%s AS double precision)", text="CAST(%s AS text)", order='({} COLLATE "C")',
        reckon=_postgresql,
    ),
    "duckdb": Dialect(
        "duckdb",
        {"double": "DOUBLE", "integer": "BIGINT", "text": "VARCHAR", "boolean": "BOOLEAN"},
        double="CAST(? AS DOUBLE)", text="CAST(? AS VARCHAR)", order="{}", reckon=_plainly,
        finite="isfinite({})",
    ),
}  # fmt: skip
