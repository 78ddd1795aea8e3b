"""A database file that cannot be written to: the command says so in one sentence, and what was kept stays (T1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.command import B2B, closeloop
from support.road import event, road_on


@pytest.mark.parametrize("command", [("up", "--port", "0"), ("plan",)])
def test_a_read_only_file_is_said_to_be_one_and_nothing_accepted_is_lost(command: tuple[str, ...], tmp_path: Path):
    with road_on(f"sqlite:///{tmp_path}/hub.db") as road:
        road.send(event("form.submitted", "f1", road.clock.now(), email="joe@acme.example"))
    url = f"sqlite:///file:{tmp_path}/hub.db?mode=ro&uri=true"
    ended = closeloop("--process", B2B, "--database", url, *command, cwd=tmp_path)
    said = " ".join((ended.stdout + ended.stderr).split())
    assert (ended.returncode, "Traceback" in said) == (1, False)
    assert "the database cannot be used now: attempt to write a readonly database" in said
    with road_on(f"sqlite:///{tmp_path}/hub.db") as road:
        assert road.one("SELECT COUNT(*) FROM waiting") == 1
