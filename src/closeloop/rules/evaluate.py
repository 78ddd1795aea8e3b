"""A tree compiled once to nested Python functions: what is asked thousands of times a second walks no tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import singledispatch

from closeloop.rules import tree
from closeloop.rules.compare import calculate, comparer, family, negate
from closeloop.rules.in_kind import reader
from closeloop.rules.scope import Scope
from closeloop.words.email import is_disposable, is_valid_email

Record = Mapping[str, object]
Run = Callable[[Scope, Record], object]
"""Asked with the scope and, inside exists(), the related record at hand (outside: nothing)."""

NO_RECORD: Record = {}


@singledispatch
def compile_tree(node: tree.Node) -> Run:
    """The function of a tree. Conditions answer True or False; values answer None when missing."""
    raise NotImplementedError(f"{type(node).__name__} has no meaning yet")


@compile_tree.register
def _constant(node: tree.Constant) -> Run:
    value = node.value
    return lambda _scope, _record: value


@compile_tree.register
def _name(node: tree.Name) -> Run:
    name = node.name
    return _in_kind(lambda scope, _record: scope.get(name), node.kind)


@compile_tree.register
def _record_name(node: tree.RecordName) -> Run:
    name = node.name
    return _in_kind(lambda _scope, record: record.get(name), node.kind)


@compile_tree.register
def _fact(node: tree.Fact) -> Run:
    body = compile_tree(node.body)
    return lambda scope, _record: body(scope, NO_RECORD)


@compile_tree.register
def _and(node: tree.And) -> Run:
    parts = tuple(compile_tree(part) for part in node.parts)

    def run(scope: Scope, record: Record) -> bool:
        for part in parts:  # noqa: SIM110 - a generator for each question costs twice the time
            if part(scope, record) is not True:
                return False
        return True

    return run


@compile_tree.register
def _or(node: tree.Or) -> Run:
    parts = tuple(compile_tree(part) for part in node.parts)

    def run(scope: Scope, record: Record) -> bool:
        for part in parts:  # noqa: SIM110 - a generator for each question costs twice the time
            if part(scope, record) is True:
                return True
        return False

    return run


@compile_tree.register
def _not(node: tree.Not) -> Run:
    part = compile_tree(node.part)
    return lambda scope, record: part(scope, record) is not True


@compile_tree.register
def _compare(node: tree.Compare) -> Run:
    compare, left, right = comparer(node.operator), compile_tree(node.left), compile_tree(node.right)
    return lambda scope, record: compare(left(scope, record), right(scope, record))


@compile_tree.register
def _in(node: tree.In) -> Run:
    value, negated = compile_tree(node.value), node.negated
    families = {family(option.value) for option in node.options}
    # The kind stands beside the value: in Python True is 1, here it is not.
    values = frozenset((family(option.value), option.value) for option in node.options)

    def run(scope: Scope, record: Record) -> bool:
        found = value(scope, record)
        kind = family(found)
        return kind in families and ((kind, found) in values) is not negated

    return run


@compile_tree.register
def _starts_with(node: tree.StartsWith) -> Run:
    value, prefix = compile_tree(node.value), node.prefix

    def run(scope: Scope, record: Record) -> bool:
        text = value(scope, record)
        return isinstance(text, str) and text.startswith(prefix)

    return run


@compile_tree.register
def _missing(node: tree.Missing) -> Run:
    value = compile_tree(node.value)
    return lambda scope, record: value(scope, record) is None


@compile_tree.register
def _exists(node: tree.Exists) -> Run:
    entity = node.entity
    if node.condition is None:
        return lambda scope, _record: len(scope.related(entity)) > 0
    condition = compile_tree(node.condition)
    return lambda scope, _record: any(condition(scope, related) is True for related in scope.related(entity))


@compile_tree.register
def _same(node: tree.Same) -> Run:
    names, equal = node.names, comparer("==")
    return lambda scope, record: all(equal(record.get(name), scope.get(name)) for name in names)


@compile_tree.register
def _ago(node: tree.Ago) -> Run:
    span = compile_tree(node.span)
    return lambda scope, record: calculate("-", scope.now, span(scope, record))


@compile_tree.register
def _check(node: tree.Check) -> Run:
    check, value = is_valid_email if node.check == "valid" else is_disposable, compile_tree(node.value)

    def run(scope: Scope, record: Record) -> bool:
        text = value(scope, record)
        return isinstance(text, str) and check(text)

    return run


@compile_tree.register
def _verified(node: tree.Verified) -> Run:
    name = node.name
    return lambda scope, _record: scope.verified(name)


@compile_tree.register
def _arithmetic(node: tree.Arithmetic) -> Run:
    operation, left, right = node.operator, compile_tree(node.left), compile_tree(node.right)
    return lambda scope, record: calculate(operation, left(scope, record), right(scope, record))


@compile_tree.register
def _negative(node: tree.Negative) -> Run:
    value = compile_tree(node.value)
    return lambda scope, record: negate(value(scope, record))


def _in_kind(get: Run, kind: tree.Kind) -> Run:
    read = reader(kind)
    return get if read is None else lambda scope, record: read(get(scope, record))
