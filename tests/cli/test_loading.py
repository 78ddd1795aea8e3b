"""A command loads what it needs and no more, and the list of commands says of each what it says of itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import closeloop.cli
from closeloop.cli import COMMANDS, loaded
from support.command import B2B

LARGE = ("pyarrow", "numpy", "duckdb", "alembic", "starlette", "uvicorn", "httpx2", "aiosmtpd", "closeloop.connectors")
DATABASE = ("sqlalchemy", "closeloop.installed", "closeloop.flow")
LOADED = """
import json, sys
from closeloop.start import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def loaded_by(*arguments: str, **environment: str) -> set[str]:
    """The modules that are loaded when a command has ended well."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], env={**os.environ, **environment}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    ("arguments", "without"),
    [
        (["--help"], (*LARGE, *DATABASE, "pydantic", "closeloop.process")),
        (["check", B2B], (*LARGE, *DATABASE)),
        (["report", "funnel"], (*LARGE, "closeloop.flow")),
        (["plan", "--help"], LARGE),
    ],
    ids=["help", "check", "report", "plan"],
)
def test_a_command_waits_only_for_what_it_needs(arguments: list[str], without: tuple[str, ...], sqlite_url: str):
    found = loaded_by(*arguments, CLOSELOOP_DATABASE=sqlite_url, CLOSELOOP_PROCESS=B2B)
    assert found.isdisjoint(without), found.intersection(without)


def test_control_what_a_command_needs_is_seen(sqlite_url: str):
    assert loaded_by("up", "--help", CLOSELOOP_DATABASE=sqlite_url) > {"starlette", "uvicorn", "closeloop.flow"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_it_says_of_itself(name: str):
    said = COMMANDS[name][1]
    assert " ".join(loaded(name).help.partition("\n\n")[0].split()) == said


def test_every_module_of_a_command_is_in_the_list():
    ideas = [path.read_text().partition("\n")[0] for path in Path(closeloop.cli.__file__).parent.glob("*.py")]
    written = {found[1] for idea in ideas if (found := re.match('"""`closeloop ([a-z]+)', idea))}
    assert "check" in written
    assert written <= set(COMMANDS)
