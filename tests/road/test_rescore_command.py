"""`closeloop rescore` says what a changed file would change and changes nothing; with --apply it does."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from closeloop.app import cli
from closeloop.cli.rescore import rescore
from closeloop.words.errors import BadInput
from closeloop.words.moment import ManualClock, SystemClock
from support.road import INTERESTED, Road, road_on
from support.versions import version

CHANGE = ("interest >= 40", "interest >= 20")


@pytest.fixture
def road(sqlite_url: str):
    with road_on(sqlite_url, clock=ManualClock(SystemClock().now() - timedelta(hours=1))) as road:
        road.act("form.submitted", "form", email="joe@acme.example", **INTERESTED)
        road.decide()
        yield road


@pytest.fixture
def changed(tmp_path: Path) -> str:
    """The file of a version with a lower bar, and its tables beside it."""
    for name, content in version(8, CHANGE).files.items():
        (tmp_path / name).write_bytes(content)
    return str(tmp_path / "b2b.yaml")


def closeloop(road: Road, *arguments: str) -> str:
    return answering(road, "", *arguments)


def answering(road: Road, said: str, *arguments: str) -> str:
    result = CliRunner().invoke(cli, ["--database", road.database.url, *arguments], input=said)
    if result.exception is not None:
        raise result.exception
    return result.output


def test_says_what_would_change_and_leaves_the_process_in_use_as_it_is(road: Road, changed: str):
    said = closeloop(road, "rescore", changed)
    assert "b2b@8 on everything known (1 account, 1 person), decided until now by b2b@7" in said
    assert "names that pass the gate: leads opened" in said
    assert "--apply does it" in said
    assert road.rows("SELECT signed FROM processes") == [("b2b@7",)]
    assert road.one("SELECT COUNT(*) FROM leads") == 0


def test_as_json_and_for_good(road: Road, changed: str):
    planned = json.loads(closeloop(road, "rescore", changed, "--json"))
    assert (planned["signed"], planned["n_opened"], planned["people"]) == ("b2b@8", 1, 1)
    done = json.loads(closeloop(road, "rescore", changed, "--apply", "--yes", "--json"))
    assert (done["came"]["n_opened"], done["came"]["updates"]) == (1, planned["updates"])
    assert road.one("SELECT COUNT(*) FROM leads") == 1
    assert "nothing would change" in closeloop(road, "rescore")


def test_asks_before_it_changes_anything(road: Road, changed: str):
    with pytest.raises(BadInput, match="no terminal to ask on"):
        closeloop(road, "rescore", changed, "--apply")
    assert road.one("SELECT COUNT(*) FROM leads") == 0


def test_answered_with_no_nothing_has_changed_and_with_yes_what_waited_is_decided_first(road, changed, monkeypatch):
    terminal = SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(sys.modules[rescore.__module__], "sys", terminal)
    road.act("form.submitted", "waits", email="ann@globex.example", **INTERESTED | {"name": "Ann Weber"})
    stood = road.rows("SELECT no, process FROM batches")
    with pytest.raises(SystemExit):
        answering(road, "n\n", "rescore", changed, "--apply")
    assert road.rows("SELECT signed FROM processes") == [("b2b@7",)]
    assert road.rows("SELECT no, process FROM batches") == stood
    assert road.hub.n_waiting() == 1
    answering(road, "y\n", "rescore", changed, "--apply")
    assert (road.one("SELECT COUNT(*) FROM leads"), road.hub.n_waiting()) == (2, 0)
