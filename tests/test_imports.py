"""The import contracts of pyproject.toml hold, and each of them breaks when it is violated."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from closeloop.cli import COMMANDS
from closeloop.kinds import KINDS

ROOT = Path(__file__).resolve().parent.parent
DECLARED = {
    contract["name"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
CONTRACTS = list(DECLARED)
CONNECTOR_KNOWS = {"connectors", "words", "ports", "simulation", "declared", "trust"}
RESTRICTED = ("random", "secrets", "time", "os", "socket", "sqlite3", "psycopg", "duckdb", "httpx2")
# One violation of each contract, all planted into one copy: (file, import) by the contract's name.
PLANTED = {
    "The road runs left to right": ("words/planted.py", "import closeloop.inbox"),
    "No connector knows another": ("connectors/planted/__init__.py", "import closeloop.connectors.planted_too"),
    "A connector knows only words, ports, declarations and what simulators stand on": (
        "connectors/planted_too/__init__.py",
        "import closeloop.process",
    ),
    "Measure reads tables, never a store": ("measure/planted.py", "import closeloop.inbox.store"),
    "web and cli write through no store": ("web/planted.py", "import closeloop.identity.store"),
    "Only stores touch the database": ("lifecycle/planted.py", "import closeloop.db"),
    "Stores are imported by the road and by installed alone": ("outbox/planted.py", "import closeloop.record.store"),
    "sqlalchemy only where stores are, and where tables are read": ("profile/planted.py", "import sqlalchemy"),
    "No cycles in a package": ("record/planted_a.py", "import closeloop.record.planted_b"),
    "Clock, chance, environment, sockets, drivers: named importers only": (
        "rules/planted.py",
        "import " + ", ".join(RESTRICTED),
    ),
    "HTTP out only from connectors, the command line and played visitors": ("measure/planted_too.py", "import httpx2"),
}
# What the refined contracts must still refuse: (file, import, what the linter says of it).
REFUSED = (
    ("alerts/planted.py", "import closeloop.steps", "closeloop.alerts.planted -> closeloop.steps (l.3)"),
    ("steps/planted.py", "import closeloop.flow", "closeloop.steps.planted -> closeloop.flow (l.3)"),
    ("steps/planted_too.py", "import sqlalchemy", "closeloop.steps.planted_too -> sqlalchemy (l.3)"),
    ("scenarios/planted.py", "import sqlalchemy", "closeloop.scenarios.planted -> sqlalchemy (l.3)"),
    ("scenarios/planted_too.py", "import httpx2", "closeloop.scenarios.planted_too -> httpx2 (l.3)"),
    ("identity/planted.py", "import closeloop.db", "closeloop.identity.planted -> closeloop.db (l.3)"),
    (
        "connectors/planted_too/simulator.py",
        "import closeloop.flow",
        "closeloop.connectors is not allowed to import closeloop.flow",
    ),
    (
        "measure/planted_store.py",
        "import closeloop.outbox.store",
        "closeloop.measure is not allowed to import closeloop.outbox.store",
    ),
)
BACK = ("record/planted_b.py", "import closeloop.record.planted_a")


def test_the_contracts_hold():
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout


def test_every_contract_has_a_violation_below():
    assert sorted(PLANTED) == sorted(CONTRACTS)


def test_what_is_new_in_the_package_is_kept_from_connectors():
    others = {path.stem for path in (ROOT / "src" / "closeloop").iterdir() if path.stem.isidentifier()}
    others -= {"__init__", "__pycache__", *CONNECTOR_KNOWS}
    contract = DECLARED["A connector knows only words, ports, declarations and what simulators stand on"]
    assert {f"closeloop.{name}" for name in others} <= set(contract["forbidden_modules"])


def test_what_is_loaded_by_name_is_imported_in_the_sight_of_the_contracts():
    unseen = [each for path in sorted((ROOT / "src").rglob("*.py")) for each in _unseen(path)]
    # These two are where all begins, and the kinds and commands: each table is looked into below.
    assert unseen == [
        "closeloop.cli: module", "closeloop.kinds: self.connector", "closeloop.start: 'closeloop.app'",
    ]  # fmt: skip


def test_a_kind_names_a_connector_and_a_command_its_module():
    named = {each.connector: "closeloop.connectors." for each in KINDS.values()}
    named |= {place.partition(":")[0]: "closeloop.cli." for place, _ in COMMANDS.values()}
    for module, room in named.items():
        assert module.startswith(room)
        assert find_spec(module) is not None, module


def test_control_a_module_loaded_by_name_alone_is_reported(tmp_path: Path):
    file = tmp_path / "src" / "closeloop" / "record" / "late.py"
    file.parent.mkdir(parents=True)
    seen = "if TYPE_CHECKING:\n    from closeloop.flow import Hub\n"
    loads = 'import_module("closeloop.flow").Hub\nimport_module("closeloop.record.own")\nimport_module("splink")\n'
    file.write_text(seen + loads)
    assert list(_unseen(file)) == []
    file.write_text(loads)
    assert list(_unseen(file)) == ["closeloop.record.late: 'closeloop.flow'"]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says of a copy of the package with every violation planted in it."""
    copy = tmp_path_factory.mktemp("planted")
    shutil.copy(ROOT / "pyproject.toml", copy)
    shutil.copytree(ROOT / "tools", copy / "tools")
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__", "built"))
    for name, statement in [*PLANTED.values(), *((file, statement) for file, statement, _ in REFUSED), BACK]:
        path = copy / "src" / "closeloop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"""Planted."""\n\n{statement}\n')
    done = _lint(copy)
    assert done.returncode != 0
    return done.stdout


@pytest.mark.parametrize("contract", CONTRACTS)
def test_control_a_planted_import_breaks_the_contract(contract: str, broken: str):
    said = rf"^{re.escape(contract)} BROKEN( \(\d+ ignored imports\))?$"
    assert re.search(said, broken, re.MULTILINE) is not None, broken


@pytest.mark.parametrize("module", RESTRICTED)
def test_control_a_restricted_module_is_noticed_in_a_rule_file(module: str, broken: str):
    assert f"closeloop.rules.planted -> {module} (l.3)" in broken


@pytest.mark.parametrize(("file", "statement", "said"), REFUSED, ids=[file for file, _, _ in REFUSED])
def test_control_the_road_in_three_places_opens_no_side_door(file: str, statement: str, said: str, broken: str):
    assert said in broken


def _unseen(path: Path) -> Iterator[str]:
    """What a file loads by name of another room, or by a name that is not written there, without an import of it."""
    parts = path.with_suffix("").parts
    module = ".".join(parts[len(parts) - parts[::-1].index("src") :]).removesuffix(".__init__")
    tree = ast.parse(path.read_text())
    seen = {each.module for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)}
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("import_module"):
            name = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
            other = name is None or name.split(".")[:2] not in (module.split(".")[:2], [name])
            if other and name not in seen and (name is None or name.startswith("closeloop.")):
                yield f"{module}: {ast.unparse(call.args[0])}"


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    environment = {**os.environ, "PYTHONPATH": str(root / "src"), "COLUMNS": "200"}
    return subprocess.run(
        [program, "--no-cache"], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
