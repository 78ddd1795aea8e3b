"""House check: one table has one writer, the store of the room that declares it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.house.tree import Tree, full_name, imported_names, room_of

_DECLARE = frozenset({"sqlalchemy.Table", "sqlalchemy.schema.Table", "closeloop.db.table", "closeloop.db.tables.table"})
_WRITE = frozenset({"insert", "update", "delete", "put", "upsert"})
_STATEMENT = re.compile(
    r"\b(?:insert\s+(?:or\s+\w+\s+)?into|replace\s+into|delete\s+from|merge\s+into|truncate(?:\s+table)?|copy)\s+"
    r"\"?(?P<into>\w+)|\bupdate\s+(?:or\s+\w+\s+)?\"?(?P<set>\w+)\"?\s+(?:as\s+\w+\s+)?set\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Declared:
    table: str
    variable: str  # the full name of what holds it: closeloop.inbox.store.receipts
    at: Path
    line: int


def second_writers(tree: Tree) -> Iterator[str]:
    """Tables declared outside a store or twice, and writes to a table from anywhere but its room's store."""
    declared = [table for path, module in tree.product() for table in _declared(path, module)]
    home = {table.table: table.at for table in reversed(declared)}
    for table in declared:
        if not _is_store(table.at):
            yield f"{table.at}:{table.line}: table {table.table!r} is declared outside a room's store.py"
        if home[table.table] != table.at:
            yield f"{table.at}:{table.line}: table {table.table!r} is declared in {home[table.table]} already"
    for path, line, written in _writes(tree, {table.variable: table.table for table in declared}):
        if written in home and not (_is_store(path) and room_of(path) == room_of(home[written])):
            yield f"{path}:{line}: only {home[written]} writes table {written!r}"


def _is_store(path: Path) -> bool:
    return len(path.parts) > 3 and (path.name == "store.py" or "store" in path.parts[3:-1])


def _declared(path: Path, module: ast.Module) -> Iterator[_Declared]:
    names = imported_names(module)
    for node in ast.walk(module):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(node.value, ast.Call):
            continue
        call = node.value
        if full_name(call.func, names) in _DECLARE and call.args and isinstance(call.args[0], ast.Constant):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            yield _Declared(str(call.args[0].value), f"{_module_name(path)}.{ast.unparse(target)}", path, node.lineno)


def _writes(tree: Tree, tables: dict[str, str]) -> Iterator[tuple[Path, int, str]]:
    """Each write as (file, line, table): by SQLAlchemy's or the db room's functions, and in SQL text."""
    for path, module in tree.product():
        if "migrations" in path.parts:
            continue
        own = {name.rpartition(".")[2]: name for name in tables if name.startswith(f"{_module_name(path)}.")}
        names = {**own, **imported_names(module)}
        for node in ast.walk(module):
            if isinstance(node, ast.Call):
                yield from ((path, node.lineno, tables[name]) for name in _written_by(node, names) if name in tables)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from ((path, node.lineno, found["into"] or found["set"]) for found in _statements(node.value))
    for path in tree.files(".sql"):
        yield from ((path, 1, found["into"] or found["set"]) for found in _statements(tree.text(path)))


def _written_by(call: ast.Call, names: dict[str, str]) -> Iterator[str]:
    called = full_name(call.func, names) or ast.unparse(call.func)
    if called.rpartition(".")[2] not in _WRITE:
        return
    receiver = [call.func.value] if isinstance(call.func, ast.Attribute) else []
    for node in [*receiver, *call.args]:
        if name := full_name(node, names):
            yield name


def _statements(text: str) -> Iterator[re.Match[str]]:
    return _STATEMENT.finditer(text)


def _module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts[1:])
