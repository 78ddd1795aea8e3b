"""Conditions on a pair, declared once as nested lists and read twice: as a Python predicate and as SQL.

    ["equal", "last"]                        both known and equal
    ["jaro_winkler", "first", 0.92]          similarity of at least 0.92
    ["edits", "local", 1]                    at most one insertion, deletion, substitution or swap of neighbours
    ["starts", "first"]                      one begins with the other
    ["shares", "known_as"]                   two lists, parted by "|", have an item in common
    ["initial", "first"]                     one is a single letter, with which the other begins
    ["crossed", "first", "last"]             the two columns changed places
    ["meets", "initials", "company"]         one column of either side is equal to the other column of the other side
    ["same", "numbers"]                      equal, or unknown on both sides
    ["within", "year", 1]                    two numbers at most 1 apart
    ["known", "first"] / ["missing", "first"]   both sides have it / at least one has not
    ["all", …] / ["any", …] / ["not", …]     of other conditions
    ["else"]                                 always

What is unknown on either side is never equal, similar or shared. Both readings call the same Jaro–Winkler: DuckDB's is
rapidfuzz's, over code points, and no cut-off is given, since a cut-off changes the last bit at a level's boundary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from closeloop.matching.nouns import Traits
from closeloop.words.errors import BadInput

Test = Callable[[Traits, Traits], bool]
Declared = Sequence[object]

_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,62}")
_similarity = JaroWinkler.similarity
_edits = DamerauLevenshtein.distance


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine spells what SQL does not agree on: `{0}` and `{1}` stand for the two columns."""

    shares: str = "list_has_any(string_split({0}, '|'), string_split({1}, '|'))"
    starts: str = "starts_with({0}, {1})"
    same: str = "{0} is not distinct from {1}"
    number: str = "cast({0} as double)"


DUCKDB = Dialect()
SPARK = Dialect(
    shares="arrays_overlap(split({0}, '[|]'), split({1}, '[|]'))",
    starts="startswith({0}, {1})",
    same="{0} <=> {1}",
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was read: `test` for a pair in Python, `sql` over the columns `name_l` and `name_r`."""

    test: Test
    sql: str
    columns: tuple[str, ...]


def read_condition(declared: Declared, dialect: Dialect = DUCKDB) -> Condition:
    """Read a declared condition.

    Raises:
        BadInput: the condition is none of those at the top of this module; says which part.
    """
    if not isinstance(declared, list | tuple) or not declared or declared[0] not in _READERS:
        raise BadInput(f"{declared!r} is not a condition; valid are lists that begin with {', '.join(_READERS)}")
    try:
        return _READERS[str(declared[0])](declared[1:], dialect)
    except (TypeError, ValueError, IndexError) as error:
        raise BadInput(f"{declared!r} is not a condition: {error}") from error


def columns_of(declared: Declared) -> tuple[str, ...]:
    """The columns that a condition looks at, in the order in which it names them."""
    return read_condition(declared).columns


def _equal(arguments: Declared, _: Dialect) -> Condition:
    (column,) = _columns(arguments, 1)

    def test(left: Traits, right: Traits) -> bool:
        value = left.get(column)
        return value is not None and value == right.get(column)

    return Condition(test, f"{column}_l = {column}_r", (column,))


def _jaro_winkler(arguments: Declared, _: Dialect) -> Condition:
    (column,), least = _columns(arguments[:-1], 1), _number(arguments[-1])

    def test(left: Traits, right: Traits) -> bool:
        one, other = left.get(column), right.get(column)
        return one is not None and other is not None and _similarity(one, other) >= least

    return Condition(test, f"jaro_winkler_similarity({column}_l, {column}_r) >= {least!r}", (column,))


def _edit_distance(arguments: Declared, _: Dialect) -> Condition:
    (column,), most = _columns(arguments[:-1], 1), int(_number(arguments[-1]))

    def test(left: Traits, right: Traits) -> bool:
        one, other = left.get(column), right.get(column)
        return one is not None and other is not None and _edits(one, other, score_cutoff=most) <= most

    return Condition(test, f"damerau_levenshtein({column}_l, {column}_r) <= {most}", (column,))


def _starts(arguments: Declared, dialect: Dialect) -> Condition:
    (column,) = _columns(arguments, 1)

    def test(left: Traits, right: Traits) -> bool:
        one, other = left.get(column), right.get(column)
        return one is not None and other is not None and (one.startswith(other) or other.startswith(one))

    sides = f"{column}_l", f"{column}_r"
    return Condition(test, f"({dialect.starts.format(*sides)} or {dialect.starts.format(*sides[::-1])})", (column,))


def _shares(arguments: Declared, dialect: Dialect) -> Condition:
    (column,) = _columns(arguments, 1)

    def test(left: Traits, right: Traits) -> bool:
        one, other = left.get(column), right.get(column)
        if one is None or other is None:
            return False
        return one == other or not set(one.split("|")).isdisjoint(other.split("|"))

    return Condition(test, dialect.shares.format(f"{column}_l", f"{column}_r"), (column,))


def _initial(arguments: Declared, _: Dialect) -> Condition:
    (column,) = _columns(arguments, 1)

    def test(left: Traits, right: Traits) -> bool:
        one, other = left.get(column), right.get(column)
        return one is not None and other is not None and (len(one) == 1 or len(other) == 1) and one[:1] == other[:1]

    one, other = f"{column}_l", f"{column}_r"
    sql = f"((length({one}) = 1 or length({other}) = 1) and substr({one}, 1, 1) = substr({other}, 1, 1))"
    return Condition(test, sql, (column,))


def _meets(arguments: Declared, _: Dialect) -> Condition:
    one, other = _columns(arguments, 2)

    def test(left: Traits, right: Traits) -> bool:
        ours, theirs = left.get(one), right.get(one)
        return (ours is not None and ours == right.get(other)) or (theirs is not None and theirs == left.get(other))

    return Condition(test, f"({one}_l = {other}_r or {other}_l = {one}_r)", (one, other))


def _same(arguments: Declared, dialect: Dialect) -> Condition:
    (column,) = _columns(arguments, 1)
    sql = dialect.same.format(f"{column}_l", f"{column}_r")
    return Condition(lambda left, right: left.get(column) == right.get(column), f"({sql})", (column,))


def _crossed(arguments: Declared, _: Dialect) -> Condition:
    one, other = _columns(arguments, 2)

    def test(left: Traits, right: Traits) -> bool:
        here, there = left.get(one), left.get(other)
        return here is not None and there is not None and here == right.get(other) and there == right.get(one)

    return Condition(test, f"({one}_l = {other}_r and {other}_l = {one}_r)", (one, other))


def _within(arguments: Declared, dialect: Dialect) -> Condition:
    (column,), most = _columns(arguments[:-1], 1), _number(arguments[-1])

    def test(left: Traits, right: Traits) -> bool:
        one, other = left.get(column), right.get(column)
        return one is not None and other is not None and abs(float(one) - float(other)) <= most

    numbers = (dialect.number.format(f"{column}_{side}") for side in "lr")
    return Condition(test, f"abs({' - '.join(numbers)}) <= {most!r}", (column,))


def _known(arguments: Declared, _: Dialect) -> Condition:
    (column,) = _columns(arguments, 1)
    sql = f"({column}_l is not null and {column}_r is not null)"
    return Condition(lambda left, right: column in left and column in right, sql, (column,))


def _missing(arguments: Declared, _: Dialect) -> Condition:
    (column,) = _columns(arguments, 1)
    sql = f"({column}_l is null or {column}_r is null)"
    return Condition(lambda left, right: column not in left or column not in right, sql, (column,))


def _all(arguments: Declared, dialect: Dialect) -> Condition:
    parts = list(_parts(arguments, dialect))
    tests = tuple(part.test for part in parts)
    if len(tests) == 2:
        first, second = tests
        return _joined(parts, "and", lambda left, right: first(left, right) and second(left, right))
    return _joined(parts, "and", lambda left, right: all(test(left, right) for test in tests))


def _any(arguments: Declared, dialect: Dialect) -> Condition:
    parts = list(_parts(arguments, dialect))
    tests = tuple(part.test for part in parts)
    return _joined(parts, "or", lambda left, right: any(test(left, right) for test in tests))


def _not(arguments: Declared, dialect: Dialect) -> Condition:
    (part,) = _parts(arguments, dialect)
    denied = part.test
    # In SQL, what is not known to hold is neither true nor false; here it does not hold.
    return Condition(lambda left, right: not denied(left, right), f"not coalesce({part.sql}, false)", part.columns)


def _else(arguments: Declared, _: Dialect) -> Condition:
    if arguments:
        raise ValueError("else takes nothing")
    return Condition(lambda _left, _right: True, "ELSE", ())


def _parts(arguments: Declared, dialect: Dialect) -> Iterator[Condition]:
    if not arguments:
        raise ValueError("it needs conditions")
    for argument in arguments:
        if not isinstance(argument, list | tuple):
            raise TypeError(f"{argument!r} is no condition")
        yield read_condition(argument, dialect)


def _joined(parts: list[Condition], word: str, test: Test) -> Condition:
    columns = dict.fromkeys(column for part in parts for column in part.columns)
    return Condition(test, "(" + f" {word} ".join(part.sql for part in parts) + ")", tuple(columns))


def _columns(arguments: Declared, n: int) -> tuple[str, ...]:
    if len(arguments) != n:
        raise ValueError(f"it takes {n} column{'s' * (n > 1)}")
    for argument in arguments:
        if not isinstance(argument, str) or not _COLUMN.fullmatch(argument):
            raise ValueError(f"{argument!r} is not a column; valid is a name such as last_name")
    return tuple(map(str, arguments))


def _number(argument: object) -> float:
    if isinstance(argument, bool) or not isinstance(argument, int | float):
        raise TypeError(f"{argument!r} is not a number")
    return float(argument)


_READERS: MappingProxyType[str, Callable[[Declared, Dialect], Condition]] = MappingProxyType(
    {
        "equal": _equal,
        "jaro_winkler": _jaro_winkler,
        "edits": _edit_distance,
        "starts": _starts,
        "shares": _shares,
        "initial": _initial,
        "crossed": _crossed,
        "meets": _meets,
        "same": _same,
        "within": _within,
        "known": _known,
        "missing": _missing,
        "all": _all,
        "any": _any,
        "not": _not,
        "else": _else,
    }
)
