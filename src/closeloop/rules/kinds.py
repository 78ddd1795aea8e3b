"""Which kinds of values compare and add up: what can be known when a rule is read is refused then."""

from __future__ import annotations

from dataclasses import dataclass

from closeloop.rules.tree import Kind, Node

_SUMS: dict[tuple[str, Kind, Kind], Kind] = {
    **{(sign, "number", "number"): "number" for sign in "+-*/"},
    **{(sign, "duration", "duration"): "duration" for sign in "+-"},
    **{(sign, "money", "money"): "money" for sign in "+-"},
    **{(sign, "moment", "duration"): "moment" for sign in "+-"},
    ("+", "duration", "moment"): "moment",
    ("-", "moment", "moment"): "duration",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """A part of a rule while it is read: its node, its kind, where it began, how deep and how large it is."""

    node: Node
    kind: Kind
    column: int
    depth: int
    size: int


def comparable(sign: str, left: Kind, right: Kind) -> str | None:
    """Why two kinds cannot be compared, or None."""
    if "any" in (left, right):
        return None
    if left != right:
        return f"a {left} never compares with a {right}; valid is a {left} on both sides"
    if left == "boolean" and sign not in ("==", "!="):
        return f"true and false have no order; valid are == and !=, not {sign}"
    return None


def arithmetic_kind(sign: str, left: Kind, right: Kind) -> Kind | None:
    """The kind of the result, or None when the two do not go together. Numbers are reckoned as doubles."""
    if "any" in (left, right):
        return None if {left, right} & {"text", "boolean"} else "any"
    return _SUMS.get((sign, left, right))
