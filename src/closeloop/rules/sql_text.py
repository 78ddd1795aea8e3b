"""Pieces of SQL with their parameters, put together without ever mixing a value into the text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL; `parameters` stand in the order of their marks in `text`, as the driver takes them.

    `closed` tells that it needs no brackets around it.
    """

    text: str
    parameters: tuple[object, ...] = ()
    closed: bool = field(default=False, compare=False)


TRUE, FALSE, NULL = Sql("TRUE"), Sql("FALSE"), Sql("NULL")


def put(template: str, *pieces: Sql) -> Sql:
    """The template with each {} replaced by a piece, parameters following."""
    between = template.split("{}")
    text = between[0] + "".join(piece.text + rest for piece, rest in zip(pieces, between[1:], strict=True))
    closed = template.startswith("(") and template.endswith(")")
    return Sql(text, tuple(value for piece in pieces for value in piece.parameters), closed)


def bracketed(piece: Sql) -> Sql:
    """The piece in brackets, unless it has them."""
    return piece if piece.closed else put("({})", piece)


def listed(pieces: Iterable[Sql]) -> Sql:
    """The pieces with commas between."""
    return _joined(", ", list(pieces))


def all_of(pieces: Iterable[Sql]) -> Sql:
    """All hold; none at all is true."""
    found = [piece for piece in pieces if piece != TRUE]
    return FALSE if FALSE in found else _several(" AND ", found) if found else TRUE


def any_of(pieces: Iterable[Sql]) -> Sql:
    """One holds; none at all is false."""
    found = [piece for piece in pieces if piece != FALSE]
    return TRUE if TRUE in found else _several(" OR ", found) if found else FALSE


def _several(between: str, pieces: list[Sql]) -> Sql:
    return pieces[0] if len(pieces) == 1 else put("({})", _joined(between, pieces))


def _joined(between: str, pieces: list[Sql]) -> Sql:
    return Sql(
        between.join(piece.text for piece in pieces), tuple(value for piece in pieces for value in piece.parameters)
    )


def nesting(piece: Sql) -> int:
    """How many brackets are open at once, at most. No value stands in the text, so every bracket counts."""
    deepest = level = 0
    for sign in piece.text:
        level += (sign == "(") - (sign == ")")
        deepest = max(deepest, level)
    return deepest
