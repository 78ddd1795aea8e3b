"""A condition as SQL over a staged set: the same answer for all subjects at once as `Rule.test` gives for each."""

from __future__ import annotations

from datetime import datetime
from functools import singledispatch

from closeloop.rules import sql_dialects, tree
from closeloop.rules.rule import Rule
from closeloop.rules.sql_place import SUBJECT, Place, is_fixed
from closeloop.rules.sql_terms import Alternative, Term, compared, negative, reckoned, written
from closeloop.rules.sql_text import FALSE, TRUE, Sql, all_of, any_of, bracketed, nesting, put
from closeloop.rules.staged import Staged
from closeloop.words.errors import BadInput

_LONGEST = 500_000


def to_sql(rule: Rule, staged: Staged, dialect: sql_dialects.Name, now: datetime) -> Sql:
    """The condition as an expression that is true or false, never NULL, in each row of the staged set.

    On PostgreSQL the statement is to run after SET LOCAL jit = off: many conditions together look costly enough to be
    compiled, which takes longer than to answer them for everybody.

    Args:
        rule: the condition.
        staged: where its names stand; `staged_for` makes it, `Staged.row` fills it. Its table has the alias "s".
        dialect: the engine.
        now: the moment of the decision, one for the whole set.

    Raises:
        BadInput: this condition is to be asked row by row, for one of four reasons: it reads a name, or asks
            verified(), valid(), disposable() or same() of one, that is not staged so; a text in it holds a character
            that no database keeps; its spans or amounts may add up beyond 64 bits; its SQL is too long or too deep.
    """
    place = Place(staged, sql_dialects.dialect_of(dialect), now)
    said = put("({} IS TRUE)", bracketed(_condition(rule.tree, place)))
    if len(said.text) > _LONGEST or nesting(said) > place.dialect.deepest:
        raise BadInput(
            f"{rule.text[:60]!r} makes SQL of {len(said.text):,} characters, {nesting(said)} brackets deep; valid are "
            f"{_LONGEST:,} and for {dialect} {place.dialect.deepest}; ask it row by row"
        )
    return said


# Between conditions NULL counts as false; it is made false where it would matter: below `not`, and as a value.
@singledispatch
def _condition(node: tree.Node, place: Place) -> Sql:
    return any_of([each.value for each in _term(node, place).of("boolean")])


@_condition.register
def _and(node: tree.And, place: Place) -> Sql:
    return all_of([_condition(part, place) for part in node.parts])


@_condition.register
def _or(node: tree.Or, place: Place) -> Sql:
    return any_of([_condition(part, place) for part in node.parts])


@_condition.register
def _not(node: tree.Not, place: Place) -> Sql:
    return _denied(_condition(node.part, place))


@_condition.register
def _fact(node: tree.Fact, place: Place) -> Sql:
    return _condition(node.body, place.outside())


@_condition.register
def _compare(node: tree.Compare, place: Place) -> Sql:
    return compared(node.operator, _term(node.left, place), _term(node.right, place))


@_condition.register
def _in(node: tree.In, place: Place) -> Sql:
    options = [each for option in node.options for each in written(option.value, place.dialect).alternatives]
    return any_of(
        [
            _listed(each, [option for option in options if option.kind == each.kind], negated=node.negated)
            for each in _term(node.value, place).alternatives
        ]
    )


@_condition.register
def _starts_with(node: tree.StartsWith, place: Place) -> Sql:
    # As a range, which every engine reads alike, wildcards and odd letters included, and which an index serves.
    texts = Term(tuple(_term(node.value, place).of("text")))
    above = _above(node.prefix)
    below = compared("<", texts, written(above, place.dialect)) if above else TRUE
    return all_of((compared(">=", texts, written(node.prefix, place.dialect)), below))


@_condition.register
def _missing(node: tree.Missing, place: Place) -> Sql:
    return _denied(_term(node.value, place).there)


@_condition.register
def _exists(node: tree.Exists, place: Place) -> Sql:
    inside, related = place.inside(node.entity)
    quoted, alias = place.dialect.quoted, inside.alias
    key = Sql(f"{alias}.{quoted(related.key)} = {SUBJECT}.{quoted(place.staged.key)}")
    condition = TRUE if node.condition is None else _condition(node.condition, inside)
    source = f"{quoted(related.table)} AS {alias}"
    return put(f"EXISTS (SELECT 1 FROM {source} WHERE {{}})", all_of((key, condition)))  # noqa: S608 - names of ours


@_condition.register
def _same(node: tree.Same, place: Place) -> Sql:
    return all_of([_one_same(name, place) for name in node.names]) if place.record else FALSE


@_condition.register
def _verified(node: tree.Verified, place: Place) -> Sql:
    return place.own_beside(node.name, "verified")


@_condition.register
def _check(node: tree.Check, place: Place) -> Sql:
    match node.value:
        case tree.Name(name, _):
            return place.own_beside(name, node.check)
        case tree.RecordName(_, name, _):
            return place.theirs_beside(name, node.check)
        case _:  # nothing else that varies is a text
            return TRUE if is_fixed(node) and place.known(node) is True else FALSE


def _term(node: tree.Node, place: Place) -> Term:
    """The node's value."""
    if is_fixed(node):
        return written(place.known(node), place.dialect)
    match node:
        case tree.Name(name, _):
            return place.own(name)
        case tree.RecordName(_, name, _):
            return place.theirs(name)
        case tree.Arithmetic(operation, left, right):
            return reckoned(operation, _term(left, place), _term(right, place), place.dialect)
        case tree.Ago(span):
            return reckoned("-", written(place.now, place.dialect), _term(span, place), place.dialect)
        case tree.Negative(value):
            return negative(_term(value, place))
        case tree.Fact(_, body):
            return _term(body, place.outside())
        case _:
            return Term((Alternative("boolean", put("({} IS TRUE)", bracketed(_condition(node, place)))),))


def _listed(value: Alternative, options: list[Alternative], *, negated: bool) -> Sql:
    equal = compared("==", Term((value,)), Term(tuple(options)))
    if not negated or not options:
        return equal
    currencies = [put("{} = {}", value.second or FALSE, option.second or FALSE) for option in options]
    of_kind = any_of(currencies) if value.kind == "money" else TRUE
    return all_of((value.there, of_kind, _denied(equal)))


def _one_same(name: str, place: Place) -> Sql:
    if place.as_reported(name):
        order = place.dialect.order
        return put(f"{order} = {order}", place.theirs_beside(name, "same"), place.own_beside(name, "same"))
    return compared("==", place.theirs(name), place.own(name))


def _above(prefix: str) -> str | None:
    """The lowest text above all that begin with the prefix; None when there is none."""
    kept = prefix.rstrip("\U0010ffff")
    if not kept:
        return None
    following = ord(kept[-1]) + 1
    return kept[:-1] + chr(0xE000 if following == 0xD800 else following)  # half surrogates are no letters


def _denied(condition: Sql) -> Sql:
    return put("({} IS NOT TRUE)", bracketed(condition))
