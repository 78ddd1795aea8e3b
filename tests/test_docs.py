"""The documentation describes what there is: every command and process key, links that lead somewhere."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from closeloop.cli import loaded
from support.pages import dead_links, described_options, make_targets, undescribed, unknown_commands, written

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
PAGES = {"docs/index.md", "docs/quickstart.md", "docs/road.md", "docs/developing.md", "README.md"}


@pytest.fixture(scope="module")
def group() -> TyperGroup:
    """The whole command line."""
    found = typer.main.get_command(importlib.import_module("closeloop.app").cli)
    assert isinstance(found, TyperGroup)
    found.commands.update({name: loaded(name) for name in found.commands})
    return found


@pytest.fixture(scope="module")
def commands(group: TyperGroup) -> list[str]:
    """The name of every command that `closeloop` has."""
    return sorted(group.commands)


@pytest.fixture(scope="module")
def options(group: TyperGroup) -> dict[str, set[str]]:
    """Command → its options, those of `closeloop` itself under "", those of a command's parts under both names."""
    below = {
        f"{name} {part}": command
        for name, each in group.commands.items()
        if isinstance(each, TyperGroup)
        for part, command in each.commands.items()
    }
    return {
        name: {option for each in command.params for option in each.opts if option.startswith("--")} - {"--help"}
        for name, command in {"": group, **group.commands, **below}.items()
    }


@pytest.fixture(scope="module")
def process_keys() -> list[str]:
    """Every key at the top of a process file, from the JSON Schema that editors use."""
    schema = importlib.import_module("closeloop.process.json_schema").json_schema()
    return sorted(schema["properties"])


def test_the_pages_that_a_newcomer_looks_for_are_there():
    assert {str(page.relative_to(ROOT)) for page in written(ROOT)} >= PAGES


def test_every_link_leads_somewhere():
    assert list(dead_links(ROOT)) == []


def test_every_command_shown_exists(commands: list[str]):
    assert list(unknown_commands(ROOT, commands, make_targets(ROOT))) == []


def test_every_command_is_described(commands: list[str]):
    assert {"demo", "run", "up", "check", "import", "why", "report", "replay", "unlink"} <= set(commands)
    assert undescribed([f"closeloop {command}" for command in commands], REFERENCE) == []


def test_every_option_is_described_with_its_command_and_no_other(options: dict[str, set[str]]):
    page = (REFERENCE / "commands.md").read_text()
    assert described_options(page) == options


def test_every_key_of_the_process_file_is_described(process_keys: list[str]):
    assert {"process", "sources", "fields", "gate", "route", "stages"} <= set(process_keys)
    assert undescribed(process_keys, REFERENCE) == []


def test_control_a_dead_link_is_reported(tmp_path: Path):
    (tmp_path / "README.md").write_text(
        "# One\n[a](#one) [b](docs/gone.md) [c](#two) `[d](code.md)` [e](https://x.org/)\n"
    )
    assert list(dead_links(tmp_path)) == [
        "README.md: docs/gone.md leads nowhere",
        "README.md: #two names no heading",
    ]


def test_control_an_unknown_command_is_reported(tmp_path: Path):
    shown = (
        "$ make demo\n$ A=b closeloop --verbose check x.yaml\n$ make dmeo\n$ .venv/bin/closeloop chekc\noutput\n$ ls\n"
    )
    (tmp_path / "README.md").write_text(f"```console\n{shown}```\n")
    assert list(unknown_commands(tmp_path, {"check"}, {"demo"})) == [
        "README.md: `make dmeo` is no command",
        "README.md: `closeloop chekc` is no command",
    ]


def test_control_an_option_is_read_from_the_table_of_its_command():
    page = "# Commands\n| `--all` | `X` | of all |\n## `closeloop one`\ntext with `--other`\n| `--a` | is a |\n"
    assert described_options(page) == {"": {"--all"}, "one": {"--a"}}


def test_control_an_undescribed_name_is_reported(tmp_path: Path):
    (tmp_path / "commands.md").write_text("`closeloop demo [--exit]` plays; gate is only mentioned; `navigate` too\n")
    assert undescribed(["closeloop demo", "closeloop why", "gate"], tmp_path) == ["closeloop why", "gate"]
