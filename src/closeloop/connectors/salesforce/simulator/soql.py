"""The part of SOQL that the hub speaks: one object, comparisons joined by AND and OR, an order, a limit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from closeloop.connectors.salesforce.simulator.fields import Row, Sobject, refuse
from closeloop.connectors.salesforce.simulator.ids import full_id
from closeloop.ports import Value

_TEXT, _MOMENT = r"'(?:[^'\\]|\\.)*'", r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)"
_TOKEN = re.compile(rf"\s*(?:({_TEXT})|({_MOMENT})|([\w.-]+)|(>=|<=|!=|[=<>(),]))")
_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{3})?(?:Z|\+00:?00)")
_COUNT = "COUNT"
Condition = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Query:
    """A query as read; one that only counts has no fields."""

    sobject: Sobject
    fields: tuple[str, ...]
    where: Condition
    order: tuple[tuple[str, bool], ...]
    limit: int | None

    def run(self, rows: Iterable[Row]) -> list[Row]:
        """The rows it finds, whole, in its order; blanks come first, as the vendor has it."""
        found = [row for row in rows if self.where(row)]
        for name, backwards in reversed(self.order):
            found.sort(key=lambda row: (row.get(name) is not None, row.get(name) or 0), reverse=backwards)
        return found[: self.limit]


def read(text: str, objects: Mapping[str, Sobject]) -> Query:
    """Read a query about these objects.

    Raises:
        Refused: MALFORMED_QUERY, INVALID_FIELD or INVALID_TYPE, in the vendor's words.
    """
    return _Reader(text, objects).query()


class _Reader:
    def __init__(self, text: str, objects: Mapping[str, Sobject]) -> None:
        self._tokens = list(_tokens(text.strip()))
        self._at = 0
        self._objects = objects
        self._sobject = objects["User"]

    def query(self) -> Query:
        self._expect("SELECT")
        names = self._list_of_names()
        self._expect("FROM")
        of = self._next()
        if of not in self._objects:
            raise refuse("INVALID_TYPE", f"sObject type '{of}' is not supported.")
        self._sobject = self._objects[of]
        fields = () if names == [_COUNT] else tuple(map(self._field, names))
        where = self._either() if self._took("WHERE") else _always
        order: list[tuple[str, bool]] = []
        if self._took("ORDER"):
            self._expect("BY")
            order.append(self._direction())
            while self._took(","):
                order.append(self._direction())
        limit = int(self._next()) if self._took("LIMIT") else None
        if self._at < len(self._tokens):
            raise refuse("MALFORMED_QUERY", f"unexpected token: {self._tokens[self._at]}")
        return Query(self._sobject, fields, where, tuple(order), limit)

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._took("OR"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def _both(self) -> Condition:
        parts = [self._comparison()]
        while self._took("AND"):
            parts.append(self._comparison())
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def _comparison(self) -> Condition:
        if self._took("("):
            inner = self._either()
            self._expect(")")
            return inner
        name = self._field(self._next())
        if self._took("IN"):
            self._expect("(")
            values = {self._value(name)}
            while self._took(","):
                values.add(self._value(name))
            self._expect(")")
            return lambda row: row.get(name) in values
        sign, value = self._next(), self._value(name)
        if sign not in _COMPARE:
            raise refuse("MALFORMED_QUERY", f"unexpected token: {sign}")
        compare = _COMPARE[sign]
        return lambda row: compare(row.get(name), value)

    def _value(self, name: str) -> Value:
        token = self._next()
        if token.startswith("'"):
            value = re.sub(r"\\(.)", r"\1", token[1:-1])
            return full_id(value) if self._sobject.fields[name].type in ("id", "reference") else value
        if stamp := _STAMP.fullmatch(token):
            return f"{stamp[1]}{stamp[2] or '.000'}+0000"
        words: dict[str, Value] = {"true": True, "false": False, "null": None}
        if token.lower() in words:
            return words[token.lower()]
        return float(token) if re.fullmatch(r"-?\d+(\.\d+)?", token) else token

    def _direction(self) -> tuple[str, bool]:
        return self._field(self._next()), self._took("DESC") or (self._took("ASC") and False)

    def _list_of_names(self) -> list[str]:
        names = [self._next()]
        if names == [_COUNT]:
            self._expect("(")
            self._expect(")")
            return names
        while self._took(","):
            names.append(self._next())
        return names

    def _field(self, name: str) -> str:
        if name not in self._sobject.fields:
            raise refuse("INVALID_FIELD", f"No such column '{name}' on entity '{self._sobject.name}'.")
        return name

    def _took(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at].upper() == word:
            self._at += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._took(word):
            raise refuse("MALFORMED_QUERY", f"expecting {word}")

    def _next(self) -> str:
        if self._at == len(self._tokens):
            raise refuse("MALFORMED_QUERY", "unexpected end of query")
        token: str = self._tokens[self._at]
        self._at += 1
        return token


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise refuse("MALFORMED_QUERY", f"unexpected token: {text[at:].strip()[:20]!r}")
        at = match.end()
        yield next(filter(None, match.groups()))


def _always(row: Row) -> bool:  # a query without WHERE
    return True


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Value, Value], bool]:
    def both_known(one: Value, other: Value) -> bool:
        texts = isinstance(one, str) and isinstance(other, str)
        numbers = isinstance(one, int | float) and isinstance(other, int | float)
        return (texts or numbers) and compare(one, other)

    return both_known


_COMPARE: dict[str, Callable[[Value, Value], bool]] = {
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    ">": _ordered(lambda one, other: one > other),
    ">=": _ordered(lambda one, other: one >= other),
    "<": _ordered(lambda one, other: one < other),
    "<=": _ordered(lambda one, other: one <= other),
}
