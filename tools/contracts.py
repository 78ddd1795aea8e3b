"""An import contract for modules that not every version of the package imports: `named_importers` in pyproject.toml."""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import ContractCheck
from importlinter.contracts.protected import ProtectedContract


class NamedImporters(ProtectedContract):
    """`protected`, which also holds as long as nobody imports the module at all; `protected` itself stops there."""

    type_name = "named_importers"

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Called by import-linter with everything that is imported in the package."""
        protected: list[object] = self.protected_modules  # type: ignore[assignment]  # a field on the class, a list here
        for name in map(str, protected):
            if "*" not in name and not name.startswith("closeloop.") and name not in graph.modules:
                graph.add_module(name, is_squashed=True)
        return super().check(graph, verbose)
