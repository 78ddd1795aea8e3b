"""A tree written as text again: reading the text gives an equal tree."""

from __future__ import annotations

from datetime import timedelta

from closeloop.rules import tree
from closeloop.words.duration import format_duration
from closeloop.words.money import Money

_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SIGN, _ATOM = range(8)


def write(node: tree.Node) -> str:
    """The condition in its plainest spelling: single quotes, no needless parentheses."""
    return _write(node)[0]


def _write(node: tree.Node) -> tuple[str, int]:
    match node:
        case tree.Or(parts):
            return " or ".join(_inside(part, _AND) for part in parts), _OR
        case tree.And(parts):
            return " and ".join(_inside(part, _NOT) for part in parts), _AND
        case tree.Not(part):
            return f"not {_inside(part, _NOT)}", _NOT
        case tree.Compare(operator, left, right):
            return f"{_inside(left, _SUM)} {operator} {_inside(right, _SUM)}", _COMPARE
        case tree.In(value, options, negated):
            listed = ", ".join(write(option) for option in options)
            return f"{_inside(value, _SUM)} {'not in' if negated else 'in'} [{listed}]", _COMPARE
        case tree.StartsWith(value, prefix):
            return f"{_inside(value, _SUM)} starts with {_quote(prefix)}", _COMPARE
        case tree.Arithmetic(operator, left, right):
            level = _SUM if operator in "+-" else _PRODUCT
            return f"{_inside(left, level)} {operator} {_inside(right, level + 1)}", level
        case tree.Negative(value):
            return f"-{_inside(value, _SIGN)}", _SIGN
        case _:
            return _atom(node), _ATOM


def _inside(node: tree.Node, least: int) -> str:
    text, level = _write(node)
    return text if level >= least else f"({text})"


def _atom(node: tree.Node) -> str:
    match node:
        case tree.Constant(value, _):
            return _constant(value)
        case tree.Name(name, _) | tree.RecordName(_, name, _) | tree.Fact(name, _):
            return name
        case _:
            return _call(node)


def _call(node: tree.Node) -> str:
    match node:
        case tree.Missing(value):
            return f"missing({write(value)})"
        case tree.Exists(entity, None):
            return f"exists({entity})"
        case tree.Exists(entity, condition) if condition is not None:
            return f"exists({entity}, {write(condition)})"
        case tree.Same(_, names):
            return f"same({', '.join(names)})"
        case tree.Ago(span):
            return f"ago({write(span)})"
        case tree.Check(check, value):
            return f"{check}({write(value)})"
        case tree.Verified(name):
            return f"verified({name})"
        case _:  # pragma: no cover
            raise AssertionError(f"{type(node).__name__} has no spelling")


def _constant(value: tree.Atom) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _quote(value)
        case timedelta():
            return format_duration(value)
        case Money():
            return f"money({_quote(str(value))})"
        case _:
            return str(value)


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
