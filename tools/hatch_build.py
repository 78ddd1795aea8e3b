"""Builds the console's assets before a wheel or a source distribution is packed, so that neither lacks them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsHook(BuildHookInterface):  # type: ignore[type-arg]  # the parameter is not subscriptable when it runs
    """Runs tools/assets.py; an editable install is left to `make setup`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects files; `version` is "editable" or "standard"."""
        spec = importlib.util.spec_from_file_location("assets", Path(self.root, "tools", "assets.py"))
        if version == "editable" or spec is None or spec.loader is None:
            return
        assets = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(assets)
        if not assets.is_built(Path(self.root)):
            assets.build(Path(self.root))
