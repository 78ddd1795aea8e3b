"""One condition that was read and checked: asked, explained, and looked into by those who load what it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from closeloop.rules import tree as nodes
from closeloop.rules.evaluate import NO_RECORD, Run, compile_tree
from closeloop.rules.scope import Scope
from closeloop.rules.write import write


class Why(NamedTuple):
    """One part of a condition: its text, whether it holds, and the values of the names in it (None: missing)."""

    text: str
    holds: bool
    values: Mapping[str, object | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition. Two rules are equal when their trees are.

    Attributes:
        text: as written.
        tree: its one tree.
        kind: what it answers; a condition is "boolean".
        names: every name of the scope that it reads, through facts too.
        relations: every entity whose related records it reads.
        facts: the named facts it speaks of.
        depth, size: levels and nodes of the tree, facts spelled out.
        joined: how `explain` puts its parts together.
    """

    text: str = field(compare=False)
    tree: nodes.Node
    kind: nodes.Kind
    names: frozenset[str] = field(init=False, compare=False)
    relations: frozenset[str] = field(init=False, compare=False)
    facts: frozenset[str] = field(init=False, compare=False)
    depth: int = field(init=False, compare=False, repr=False)
    size: int = field(init=False, compare=False, repr=False)
    joined: Literal["and", "or"] = field(init=False, compare=False, repr=False)
    _run: Run = field(init=False, compare=False, repr=False)
    _parts: tuple[tuple[str, Run, list[str]], ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        put = object.__setattr__  # frozen: these follow from the tree alone
        put(self, "names", frozenset(names_in(self.tree)))
        put(self, "relations", frozenset(n.entity for n in walk(self.tree) if isinstance(n, nodes.Exists)))
        put(self, "facts", frozenset(n.name for n in walk(self.tree) if isinstance(n, nodes.Fact)))
        put(self, "depth", depth_of(self.tree))
        put(self, "size", sum(1 for _ in walk(self.tree)))
        put(self, "joined", "or" if isinstance(self.tree, nodes.Or) else "and")
        put(self, "_run", compile_tree(self.tree))
        parts = self.tree.parts if isinstance(self.tree, nodes.And | nodes.Or) else (self.tree,)
        put(self, "_parts", tuple((write(part), compile_tree(part), sorted(set(names_in(part)))) for part in parts))

    def __str__(self) -> str:
        return self.text

    def test(self, scope: Scope) -> bool:
        """Whether the condition holds; a missing value is not true."""
        return self._run(scope, NO_RECORD) is True

    def value(self, scope: Scope) -> object | None:
        """The value of an expression: a number, text, moment, span or Money; None when it is missing."""
        return self._run(scope, NO_RECORD)

    def explain(self, scope: Scope) -> tuple[Why, ...]:
        """Part by part why the condition holds or not: its top-level `and`s, or its top-level `or`s (see `joined`)."""
        return tuple(
            Why(text, run(scope, NO_RECORD) is True, {name: scope.get(name) for name in names})
            for text, run, names in self._parts
        )


def walk(node: nodes.Node) -> Iterator[nodes.Node]:
    """The node and everything below it, facts spelled out."""
    yield node
    for child in nodes.children(node):
        yield from walk(child)


def depth_of(node: nodes.Node) -> int:
    """Levels from the node down; a leaf has one."""
    return 1 + max(map(depth_of, nodes.children(node)), default=0)


def names_in(node: nodes.Node) -> Iterator[str]:
    """The names of the scope that a tree reads; those of related records are not among them."""
    for found in walk(node):
        match found:
            case nodes.Name(name, _) | nodes.Verified(name):
                yield name
            case nodes.Same(_, names):
                yield from names
