"""The translation that first comes to mind, as a control: lower(), LIKE, and NOT as SQL has it."""

from __future__ import annotations

from closeloop.rules import sql, tree
from closeloop.rules.sql_place import Place
from closeloop.rules.sql_text import Sql, listed, put


def naive(node: tree.Node, place: Place) -> Sql:
    """A condition; NULL where SQL does not know. What cannot be said naively is said properly."""
    match node:
        case tree.And(parts) | tree.Or(parts):
            said = [naive(part, place) for part in parts]
            between = " AND " if isinstance(node, tree.And) else " OR "
            return put(f"({between.join(['{}'] * len(said))})", *said)
        case tree.Not(part):
            return put("(NOT {})", naive(part, place))
        case tree.Fact(_, body):
            return naive(body, place)
        case tree.Compare(sign, left, right):
            spelled = {"==": "=", "!=": "<>"}.get(sign, sign)
            return put(f"({{}} {spelled} {{}})", _value(left, place), _value(right, place))
        case tree.In(value, options, negated):
            values = listed([_value(option, place) for option in options])
            return put(f"({{}} {'NOT IN' if negated else 'IN'} ({{}}))", _value(value, place), values)
        case tree.StartsWith(value, prefix):
            return put("({} LIKE {})", _value(value, place), Sql("?", (prefix + "%",)))
        case tree.Missing(value):
            return put("({} IS NULL)", _value(value, place))
        case _:
            return sql._condition(node, place)


def _value(node: tree.Node, place: Place) -> Sql:
    match node:
        case tree.Constant() | tree.Name():
            first = sql._term(node, place).alternatives[0]
            return put("lower({})", first.value) if first.kind == "text" else first.value
        case tree.Arithmetic(operation, left, right):
            return put(f"({{}} {operation} {{}})", _value(left, place), _value(right, place))
        case tree.Negative(value):
            return put("(-{})", _value(value, place))
        case tree.Ago(span):
            now = sql._term(tree.Constant(place.now, "moment"), place).alternatives[0].value
            return put("({} - {})", now, _value(span, place))
        case _:
            return naive(node, place)
