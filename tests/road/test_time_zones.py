"""F7: the same story in every zone, over a change of the clocks, with late and equal stamps, makes the same ledger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from support.sides.story import CLOSES_ON, ledger, story_on, tell

ZONES = ("Pacific/Kiritimati", "America/Los_Angeles", "UTC")
TESTS = Path(__file__).parents[1]
LATE, EQUAL = "tim@late.example", [f"ann{n}@globex{n}.example" for n in range(5)]


def told_in(hubs: dict[str, str]) -> list[dict[str, list]]:
    """The story told to hubs on these databases, each in its zone, all at once; their ledgers. `hubs`: url → zone."""
    programs = [
        subprocess.Popen(
            [sys.executable, "-m", "support.sides.story", url],
            cwd=TESTS, env={**os.environ, "TZ": zone}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for url, zone in hubs.items()
    ]  # fmt: skip
    ledgers = []
    for program in programs:
        said, complaint = program.communicate(timeout=150)
        assert program.returncode == 0, complaint[-2000:]
        ledgers.append(json.loads(said.splitlines()[-1]))
    return ledgers


def test_the_ledger_is_the_same_in_every_zone_on_either_database(tmp_path: Path, quick_postgres):
    kiritimati, los_angeles, utc = ZONES
    hubs = {
        f"sqlite:///{tmp_path}/kiritimati.db": kiritimati,
        quick_postgres.create_database("zone"): los_angeles,
        f"sqlite:///{tmp_path}/utc.db": utc,
    }
    first, *others = told_in(hubs)
    quick_postgres.drop_database("zone")
    for other in others:
        assert other == first
    assert first["stuck"] == []
    assert any("closed_at" in row and CLOSES_ON in row for row in first["winners"]), "a date never shifts"
    for email in (LATE, *EQUAL):
        assert any(email in row for row in first["winners"]), f"{email} was missed"
    assert len(first["touches"]) == 7, "two of Joe's, four visits, and a call"


def test_control_without_looking_back_what_is_shown_late_is_missed(sqlite_url: str):
    with story_on(sqlite_url, look_back_seconds="0") as sides:
        tell(sides)
        assert not any(LATE in row for row in ledger(sides)["winners"])


def test_control_a_hub_that_takes_dates_for_moments_of_its_zone_has_other_ledgers(monkeypatch):
    """What would go wrong: midnight of the process's zone is another day elsewhere."""
    days = set()
    for zone in ZONES:
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        days.add(datetime.fromisoformat(CLOSES_ON).astimezone(UTC).date().isoformat())
    monkeypatch.undo()
    time.tzset()
    assert len(days) > 1
