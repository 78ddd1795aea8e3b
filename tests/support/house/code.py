"""House checks on code that neither ruff nor the import contracts can see: time, chance, hidden imports, waivers."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from support.house.tree import Tree, full_name, imported_names

_THE_CLOCK = Path("src/closeloop/words/moment.py")
_CLOCKS = frozenset(
    {
        *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
        "datetime.date.today",
        *(f"time.{name}" for name in ("time", "time_ns", "localtime", "gmtime", "ctime")),
    }
)
_CHANCES = frozenset({"os.urandom", *(f"uuid.uuid{version}" for version in (1, 4, 6, 7, 8))})
_CHANCE_MODULES = ("random", "secrets")
_WAIVER = re.compile(r"#\s*(?:noqa\b|type:\s*ignore\b)")
_REASONED = re.compile(
    r"#\s*(?:noqa:\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*|type:\s*ignore\[[\w, -]+\])"  # which rule
    r"[\s#:,;–—-]*(?P<reason>\w+\W+\w+.*)"  # and why, in two words at least
)
_IGNORES = re.compile(r'^(?:ignore|".+") = \[[^]]*\].*$', re.MULTILINE)
_RULE = re.compile(r'"[A-Z]+\d*"')


def clocks_and_chance(tree: Tree) -> Iterator[str]:
    """Uses of the clock or of chance outside words/moment.py: they cannot be replayed."""
    for path, module in tree.product():
        if path == _THE_CLOCK:
            continue
        names = imported_names(module)
        for node in ast.walk(module):
            if isinstance(node, ast.Name | ast.Attribute) and _is_clock_or_chance(used := full_name(node, names)):
                yield f"{path}:{node.lineno}: {used} cannot be replayed; take `now` as an argument or ask words.moment"


def hidden_imports(tree: Tree) -> Iterator[str]:
    """Imports inside functions: they hide cycles from the contracts."""
    return (
        f"{path}:{node.lineno}: import at the top; inside {function.name}() it hides a cycle"
        for path, module in tree.product()
        for function in ast.walk(module)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    )


def waivers_without_reason(tree: Tree) -> Iterator[str]:
    """Lint and type rules that are waived in code or in pyproject.toml without saying which and why."""
    yield from _in_code(tree)
    yield from _in_settings(tree)


def _is_clock_or_chance(name: str | None) -> bool:
    if name is None:
        return False
    return name in _CLOCKS | _CHANCES or (name.partition(".")[0] in _CHANCE_MODULES and "." in name)


def _in_code(tree: Tree) -> Iterator[str]:
    for path in tree.files(".py"):
        for token in tokenize.generate_tokens(io.StringIO(tree.text(path)).readline):
            waived = token.type == tokenize.COMMENT and _WAIVER.search(token.string)
            if waived and not _REASONED.search(token.string):
                yield f"{path}:{token.start[0]}: say which rule is waived and why: {token.string}"


def _in_settings(tree: Tree) -> Iterator[str]:
    path = Path("pyproject.toml")
    text = tree.text(path) if path in tree.files() else ""
    for block in _IGNORES.finditer(text):
        first = text.count("\n", 0, block.start()) + 1
        for number, line in enumerate(block[0].splitlines(), start=first):
            if _RULE.search(line) and not re.search(r"#\s*\w+\W+\w+", line):
                yield f"{path}:{number}: say why the rule is ignored: {line.strip()}"
