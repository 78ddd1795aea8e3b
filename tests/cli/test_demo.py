"""`closeloop demo`, as a program of its own: all five scenarios in one world, then the console."""

from __future__ import annotations

import signal
import urllib.request
from pathlib import Path

import pytest

from support.command import B2B, PROCESSES, Running, closeloop

pytestmark = pytest.mark.without_tables


def voicemail_only(folder: Path, **replaced: str) -> str:
    """A copy of the process with one scenario; the path of the process file."""
    for file in PROCESSES.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    scenarios = folder / "b2b.scenarios.yaml"
    text = scenarios.read_text()
    text = text[text.index("- scenario: a voicemail") : text.index("- scenario: a lead nobody")]
    for old, new in replaced.items():
        text = text.replace(f"{old}: kept", f"{old}: {new}")
    scenarios.write_text(text)
    return str(folder / "b2b.yaml")


def test_plays_the_five_scenarios_and_ends_with_0(database_url: str, tmp_path: Path):
    done = closeloop("demo", "--exit", cwd=tmp_path, CLOSELOOP_DATABASE=database_url)
    assert "5 scenarios, 39 expectations, 0 not met" in done.stdout, done.stdout + done.stderr
    assert (done.returncode, done.stderr) == (0, "")


def test_control_ends_with_1_and_names_the_expectation_that_failed(tmp_path: Path):
    done = closeloop("--process", voicemail_only(tmp_path, owner="huber"), "demo", "--exit", cwd=tmp_path)
    assert done.returncode == 1
    lines = (tmp_path / "b2b.scenarios.yaml").read_text().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "huber" in text)
    assert f"b2b.scenarios.yaml:{line}: a voicemail nurtures for a while" in done.stdout
    assert "step 2: owner: expected huber, found abel" in done.stdout


def test_leaves_the_console_open_until_it_is_told_to_end(tmp_path: Path):
    arguments = ("--process", voicemail_only(tmp_path), "demo", "--port", "0")
    with Running(*arguments, cwd=tmp_path, until="The console is open") as demo:
        address = demo.lines[-1].split()[4]
        with urllib.request.urlopen(f"{address}leads?status=", timeout=20) as page:  # noqa: S310 - an address of ours
            assert "Paul Lang" in page.read().decode()
        assert demo.stop(signal.SIGINT) == 0


def test_refuses_a_database_that_is_in_use(sqlite_url: str, tmp_path: Path):
    begun = closeloop("--process", B2B, "unlink", "none", "--by", "me", cwd=tmp_path, CLOSELOOP_DATABASE=sqlite_url)
    assert begun.returncode == 1
    done = closeloop("demo", "--exit", cwd=tmp_path, CLOSELOOP_DATABASE=sqlite_url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "is in use by b2b@7; name an empty database, or none to get one for the moment" in done.stderr
