"""The house rules that imports cannot show; each is seen to report the violation that it is there for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.house.code import clocks_and_chance, hidden_imports, waivers_without_reason
from support.house.files import (
    empty_names,
    machine_paths,
    registry_hosts,
    second_lock,
    too_long,
    without_idea,
)
from support.house.tree import Tree
from support.house.writers import second_writers

ROOT = Path(__file__).resolve().parent.parent
STORE = '"""Leads."""\nfrom closeloop.db import table, put\nleads = table("leads")\n'


@dataclass(frozen=True, slots=True)
class Rule:
    """A house rule, and violations of it: `planted` is (file, its text, what must be reported)."""

    name: str
    faults: Callable[[Tree], Iterator[str]]
    planted: tuple[tuple[str, str, str], ...]


RULES = (
    Rule(
        "no_file_has_more_than_400_lines",
        too_long,
        (
            ("src/closeloop/record/long.py", "pass\n" * 401, "src/closeloop/record/long.py: 401 lines, 400 at most"),
            ("docs/long.md", "\n" * 401, "docs/long.md: 401 lines"),
        ),
    ),
    Rule(
        "each_python_file_begins_with_its_idea",
        without_idea,
        (("src/closeloop/record/mute.py", "x = 1\n", "mute.py:1: begin with a docstring"),),
    ),
    Rule(
        "names_say_something",
        empty_names,
        (
            ("src/closeloop/record/utils.py", "", "'utils' says nothing"),
            ("src/closeloop/helpers/dates.py", "", "'helpers' says nothing"),
            ("src/closeloop/record/lead_info.py", "", "'info' says nothing"),
            ("src/closeloop/record/leads.py", "class LeadManager: ...\n", "leads.py:1: class LeadManager"),
        ),
    ),
    Rule(
        "no_file_names_a_package_registry",
        registry_hosts,
        (
            ("docs/install.md", "pip install -i https://py" + "pi.org/simple x", "docs/install.md:1: names a package"),
            ("package-lock.json", '\n"https://registry.npm' + 'js.org/x.tgz"', "package-lock.json:2: names a package"),
        ),
    ),
    Rule(
        "no_file_names_a_path_of_one_machine",
        machine_paths,
        (
            ("tools/run.sh", "cd {root}/src\n", "tools/run.sh:1: names a path of one machine"),
            ("docs/try.md", "see {parent}/shared/essays\n", "docs/try.md:1: names a path"),
            ("docs/home.md", "my /" + "root/notes\n", "docs/home.md:1: names a path"),
        ),
    ),
    Rule(
        "uv_lock_is_ignored",
        second_lock,
        ((".gitignore", ".venv/\n", ".gitignore: ignore uv.lock"), ("uv.lock", "", "uv.lock: remove it")),
    ),
    Rule(
        "only_words_moment_knows_clock_and_chance",
        clocks_and_chance,
        (
            ("src/closeloop/a.py", "from datetime import datetime\ndatetime.now()\n", "a.py:2: datetime.datetime.now"),
            (
                "src/closeloop/b.py",
                "import datetime as dt\nf = dt.datetime.utcnow\n",
                "b.py:2: datetime.datetime.utcnow",
            ),
            ("src/closeloop/c.py", "from time import time as t\nt()\n", "c.py:2: time.time"),
            ("src/closeloop/d.py", "import random\nrandom.random()\n", "d.py:2: random.random"),
            ("src/closeloop/e.py", "from uuid import uuid4\nuuid4()\n", "e.py:2: uuid.uuid4"),
            ("src/closeloop/f.py", "from secrets import token_hex\ntoken_hex()\n", "f.py:2: secrets.token_hex"),
        ),
    ),
    Rule(
        "no_import_hides_in_a_function",
        hidden_imports,
        (
            (
                "src/closeloop/a.py",
                "def f():\n    from closeloop import flow\n",
                "a.py:2: import at the top; inside f()",
            ),
            ("src/closeloop/b.py", "async def g():\n    import closeloop\n", "b.py:2: import at the top; inside g()"),
        ),
    ),
    Rule(
        "each_waived_rule_has_its_reason",
        waivers_without_reason,
        (
            ("src/closeloop/a.py", "x = 1  # no" + "qa\n", "a.py:1: say which rule"),
            ("src/closeloop/b.py", "x = 1  # no" + "qa: S608\n", "b.py:1: say which rule"),
            ("src/closeloop/c.py", "x = 1  # type: " + "ignore[attr-defined]\n", "c.py:1: say which rule"),
            ("pyproject.toml", '[tool.ruff.lint]\nignore = [\n  "B008",\n]\n', "pyproject.toml:3: say why"),
            ("pyproject.toml", '"tests/**" = ["S101"]\n', "pyproject.toml:1: say why"),
        ),
    ),
    Rule(
        "each_table_has_one_writer",
        second_writers,
        (
            ("src/closeloop/inbox/queue.py", STORE, "queue.py:3: table 'leads' is declared outside a room's store.py"),
            (
                "src/closeloop/inbox/store.py",
                STORE,
                "lifecycle/store.py:3: table 'leads' is declared in src/closeloop/inbox",
            ),
            (
                "src/closeloop/flow.py",
                '"""."""\nfrom sqlalchemy import insert\nfrom closeloop.lifecycle.store import leads\ninsert(leads)\n',
                "flow.py:4: only src/closeloop/lifecycle/store.py writes table 'leads'",
            ),
            (
                "src/closeloop/flow.py",
                '"""."""\nfrom closeloop.lifecycle import store\nstore.leads.update()\n',
                "flow.py:3: only",
            ),
            (
                "src/closeloop/flow.py",
                '"""."""\nfrom closeloop import db\nfrom closeloop.lifecycle import store as s\ndb.put(c, s.leads)\n',
                "flow.py:4: only",
            ),
            ("src/closeloop/web/queue.py", 'f"UPDATE leads SET stage = {x}"\n', "web/queue.py:1: only"),
            ("src/closeloop/inbox/store.py", '"insert or ignore into leads values (1)"\n', "inbox/store.py:1: only"),
            ("src/closeloop/measure/views.sql", "DELETE FROM leads;\n", "views.sql:1: only"),
        ),
    ),
)


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_the_house_keeps_its_rule(rule: Rule):
    assert list(rule.faults(Tree(ROOT))) == []


def test_the_checks_see_the_whole_project():
    seen = {path.parts[0] for path in Tree(ROOT).files()}
    assert {"src", "tests", "tools", "docs", "Makefile", "pyproject.toml", "requirements.lock"} <= seen


@pytest.mark.parametrize(
    ("rule", "path", "text", "reported"),
    [(rule, *planted) for rule in RULES for planted in rule.planted],
    ids=[f"{rule.name}-{path}" for rule in RULES for path, _, _ in rule.planted],
)
def test_control_a_violation_is_reported(rule: Rule, path: str, text: str, reported: str, tmp_path: Path):
    root = tmp_path / "project"
    for name, content in {"src/closeloop/lifecycle/store.py": STORE, ".gitignore": "uv.lock\n"}.items():
        _write(root / name, content)
    assert list(rule.faults(Tree(root))) == []
    _write(root / path, text.replace("{root}", str(root)).replace("{parent}", str(root.parent)))
    faults = list(rule.faults(Tree(root)))
    assert any(reported in fault for fault in faults), faults


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
