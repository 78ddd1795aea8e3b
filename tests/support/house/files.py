"""House checks on files as such: length, first line, names, what must never be written down."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from support.house.tree import Tree

MOST_LINES = 400
_NOT_READ_BY_PEOPLE = frozenset({".lock", ".json", ".csv", ".jsonl", ".gz", ".svg", ".png", ".ico", ".woff2"})
_EMPTY_NAMES = frozenset({"util", "utils", "helper", "helpers", "common", "manager", "service", "data", "info"})
# Joined here, so that this file itself names none of them.
_REGISTRY_HOSTS = (
    *(".".join(parts) for parts in (("pypi", "org"), ("files", "pythonhosted", "org"), ("npmjs", "org"))),
    *(".".join(parts) for parts in (("npmjs", "com"), ("yarnpkg", "com"), ("crates", "io"), ("rubygems", "org"))),
    *(
        ".".join(parts)
        for parts in (("deb", "debian", "org"), ("security", "debian", "org"), ("proxy", "golang", "org"))
    ),
)
_HOMES = r"/(?:root|home/[\w.-]+)/"


def too_long(tree: Tree) -> Iterator[str]:
    """Files that people read and that have more than 400 lines."""
    for path in tree.files():
        if path.suffix in _NOT_READ_BY_PEOPLE or path.name == "LICENSE":
            continue
        if (n_lines := len(tree.text(path).splitlines())) > MOST_LINES:
            yield f"{path}: {n_lines} lines, {MOST_LINES} at most"


def without_idea(tree: Tree) -> Iterator[str]:
    """Python files that say something, but not first what their one idea is."""
    for path in tree.files(".py"):
        if tree.text(path).strip() and not ast.get_docstring(tree.module(path)):
            yield f"{path}:1: begin with a docstring that says the file's one idea"


def empty_names(tree: Tree) -> Iterator[str]:
    """Modules, packages and classes called by words that mean nothing."""
    for path, module in tree.product():
        words = [word for part in (*path.parts[:-1], path.stem) for word in part.lower().split("_")]
        yield from (
            f"{path}: {word!r} says nothing; name it by what it decides or holds"
            for word in words
            if word in _EMPTY_NAMES
        )
        for node in ast.walk(module):
            if isinstance(node, ast.ClassDef) and re.search(r"(Manager|Service|Helper|Utils?)$", node.name):
                yield f"{path}:{node.lineno}: class {node.name} is named by a word that says nothing"


def registry_hosts(tree: Tree) -> Iterator[str]:
    """Lines that name a package registry: locks would be tied to it."""
    return _matching(tree, "|".join(map(re.escape, _REGISTRY_HOSTS)), "names a package registry")


def machine_paths(tree: Tree) -> Iterator[str]:
    """Lines that name where this copy of the project, its shared folder or somebody's home is on one machine."""
    here = tree.root.resolve()
    own = [re.escape(f"{path}/") for path in (here, here.parent / "shared") if len(path.parts) > 2]
    return _matching(tree, rf"(?<![\w.$}}])(?:{'|'.join([*own, _HOMES])})", "names a path of one machine")


def second_lock(tree: Tree) -> Iterator[str]:
    """uv.lock names a registry in every line, so it is ignored and never there."""
    ignored = Path(".gitignore")
    if ignored not in tree.files() or "uv.lock" not in tree.text(ignored).splitlines():
        yield ".gitignore: ignore uv.lock; requirements.lock is the lock"
    yield from (f"{path}: remove it; requirements.lock is the lock" for path in tree.files() if path.name == "uv.lock")


def _matching(tree: Tree, pattern: str, what: str) -> Iterator[str]:
    search = re.compile(pattern, re.IGNORECASE).search
    for path in tree.files():
        for number, line in enumerate(tree.text(path).splitlines(), start=1):
            if found := search(line):
                yield f"{path}:{number}: {what}: {found[0]}"
