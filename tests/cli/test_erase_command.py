"""`closeloop erase` shows what would go, asks, erases, leaves nothing in the file, and lifts what it did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from sqlalchemy import make_url
from typer.testing import CliRunner, Result

from closeloop.cli.erase import erase
from closeloop.words.errors import BadInput
from support.erased import found_in_tables
from support.road import Road, road_on
from support.vendor_words import JOE, joe_is_a_lead

app = typer.Typer()
app.command()(erase)


@pytest.fixture
def road(sqlite_url: str) -> Iterator[Road]:
    with road_on(sqlite_url) as found:
        joe_is_a_lead(found)
        yield found


def run(road: Road, *arguments: str, typed: str = "") -> Result:
    installation = SimpleNamespace(database=road.database, hub=road.hub)
    return CliRunner().invoke(app, arguments, obj=installation, input=typed, catch_exceptions=True)


def test_a_dry_run_shows_what_would_go_and_no_answer_changes_nothing(road: Road):
    said = run(road, JOE, "--dry-run").output
    assert [line.split(maxsplit=1) for line in said.splitlines()][:-1] == [
        ["1", "addresses"], ["6", "values"], ["2", "touches"], ["1", "leads, kept as counts"], ["2", "messages"],
        ["2", "receipts"],
    ]  # fmt: skip
    assert isinstance(run(road, JOE, typed="n\n").exception, BadInput)
    assert road.one("SELECT COUNT(*) FROM tombstones") == 0


def test_erases_leaves_nothing_in_the_file_and_can_be_lifted(road: Road):
    assert "erased; other systems are told" in run(road, JOE, "--by", "Ada", "--yes").output
    file = Path(str(make_url(road.database.url).database))
    held = b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*")).lower()
    assert (found_in_tables(road, (JOE, "Joe Miller")), JOE.encode() in held, b"joe miller" in held) == (
        [],
        False,
        False,
    )
    assert "no person is known" in str(run(road, JOE, "--yes").exception)
    assert "may come in again" in run(road, JOE, "--lift", "--yes").output
    assert road.one("SELECT COUNT(*) FROM tombstones") == 0
    assert "nobody who was erased had" in str(run(road, JOE, "--lift", "--yes").exception)


def test_control_without_scrubbing_the_file_still_has_what_was_deleted(road: Road, monkeypatch):
    monkeypatch.setattr(type(road.database), "scrub", lambda _: None)
    run(road, JOE, "--yes")
    file = Path(str(make_url(road.database.url).database))
    assert JOE.encode() in b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))
