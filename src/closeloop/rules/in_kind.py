"""Values kept as text, read in the kind that the process declares: one reading for Python and for SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite

from closeloop.rules.tree import Kind
from closeloop.words import moment
from closeloop.words.errors import BadInput
from closeloop.words.money import parse_money


def reader(kind: Kind) -> Callable[[object], object] | None:
    """What reads a value as a condition compares it; None when values of this kind are taken as they are.

    Money and moments are kept as text in their normal form; the columns of a file are text throughout. A text that
    cannot be read is missing.
    """
    read = _READ.get(kind)
    if read is None:
        return None

    def run(value: object) -> object:
        if type(value) is not str:
            return value
        try:
            return read(value)
        except (BadInput, ValueError):
            return None

    return run


def _number(text: str) -> float | None:
    number = float(text)
    return number if isfinite(number) else None


_READ: Mapping[Kind, Callable[[str], object]] = {"money": parse_money, "moment": moment.parse, "number": _number}
