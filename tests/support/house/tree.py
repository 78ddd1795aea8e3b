"""The files of a project as the house checks see them: tracked or about to be, each read once."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tree:
    """A project under `root`; paths are relative to it. Without git, folders in .gitignore are left out."""

    root: Path
    _texts: dict[Path, str] = field(default_factory=dict)
    _modules: dict[Path, ast.Module] = field(default_factory=dict)

    def files(self, *suffixes: str) -> list[Path]:
        """The files, all or those with one of `suffixes` (".py")."""
        return [path for path in self._listed() if not suffixes or path.suffix in suffixes]

    def product(self) -> Iterator[tuple[Path, ast.Module]]:
        """Each module of the package itself, parsed."""
        return ((path, self.module(path)) for path in self.files(".py") if path.parts[0] == "src")

    def text(self, path: Path) -> str:
        """What the file says; bytes that are no UTF-8 come as U+FFFD."""
        if path not in self._texts:
            self._texts[path] = (self.root / path).read_text(encoding="utf-8", errors="replace")
        return self._texts[path]

    def module(self, path: Path) -> ast.Module:
        """The file as a syntax tree."""
        if path not in self._modules:
            self._modules[path] = ast.parse(self.text(path), str(path))
        return self._modules[path]

    def _listed(self) -> list[Path]:
        if not (self.root / ".git").exists():
            return sorted(path for path in self._walked() if not self._is_ignored(path))
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True).stdout
        names = {Path(name) for name in listed.split("\0") if name}
        return sorted(name for name in names if (self.root / name).is_file())

    def _walked(self) -> Iterator[Path]:
        return (path.relative_to(self.root) for path in self.root.rglob("*") if path.is_file())

    def _is_ignored(self, path: Path) -> bool:
        ignored = (self.root / ".gitignore").read_text().splitlines()
        folders = [line.rstrip("/") for line in ignored if line.endswith("/")]
        return any(fnmatch(str(part), folder) for part in path.parents for folder in folders) or any(
            fnmatch(part, folder) for part in path.parts[:-1] for folder in folders
        )


def room_of(path: Path) -> str:
    """The room that a file of the package belongs to: "inbox" for src/closeloop/inbox/store.py."""
    return Path(path.parts[2]).stem if len(path.parts) > 2 else path.stem


def imported_names(module: ast.Module) -> dict[str, str]:
    """What each imported name stands for: {"datetime": "datetime.datetime", "sa": "sqlalchemy"}."""
    names: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.partition(".")[0]
                names[local] = alias.name if alias.asname else local
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return names


def full_name(node: ast.expr, names: dict[str, str]) -> str | None:
    """What `node` names, written out: "datetime.datetime.now"; None when it starts at nothing imported."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute) and (base := full_name(node.value, names)):
        return f"{base}.{node.attr}"
    return None
