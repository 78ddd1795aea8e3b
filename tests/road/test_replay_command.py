"""`closeloop replay` decides everything again and says whether the same came of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from closeloop.app import cli
from closeloop.inbox import store as inbox_store
from closeloop.words.errors import BadInput
from closeloop.words.moment import from_us
from support.road import INTERESTED, Road, road_on


@pytest.fixture
def road(sqlite_url: str):
    with road_on(sqlite_url) as road:
        road.act("form.submitted", "form", email="joe@acme.example", **INTERESTED)
        road.decide()
        yield road


def closeloop(road: Road, *arguments: str) -> str:
    result = CliRunner().invoke(cli, ["--database", road.database.url, *arguments])
    if result.exception is not None:
        raise result.exception
    return result.output


def test_replays_and_finds_no_difference(road: Road, tmp_path: Path):
    said = closeloop(road, "replay", "--into", f"sqlite:///{tmp_path}/again.db", "--check")

    assert "1 messages of 2 receipts decided again in 1 batches" in said
    assert "no difference" in said


def test_names_the_differences(road: Road, tmp_path: Path):
    receipts = inbox_store.receipts
    with road.database.write() as connection:
        (row,) = connection.execute(select(receipts).where(receipts.c.door == "segment")).all()
        altered = row.body.replace(b'"CTO"', b'"CFO"')
        connection.execute(update(receipts).where(receipts.c.id == row.id).values(body=altered))
    with pytest.raises(BadInput, match="the replay came to another state"):
        closeloop(road, "replay", "--into", f"sqlite:///{tmp_path}/again.db", "--check")


def test_puts_what_failed_back_in_line(road: Road):
    assert "0 receipts wait" in closeloop(road, "replay", "--failed")


def test_what_failed_is_narrowed_by_its_source_and_its_moment_and_waits_once_however_often_it_is_asked_for(road: Road):
    with road.database.write() as connection:
        connection.execute(update(inbox_store.messages).values(state="failed"))
    (received,) = (from_us(int(str(us))) for (us,) in road.rows("SELECT received_at FROM messages"))
    later = (received + timedelta(seconds=1)).isoformat()
    waiting = "SELECT COUNT(*) FROM waiting"

    assert "0 receipts wait" in closeloop(road, "replay", "--failed", "--only", "crm")
    assert "0 receipts wait" in closeloop(road, "replay", "--failed", "--since", later)
    assert road.one(waiting) == 0
    for _ in range(2):
        narrowed = ("--only", "form", "--since", received.isoformat())
        assert "1 receipts wait" in closeloop(road, "replay", "--failed", *narrowed)
        assert road.one(waiting) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--failed", "--only", "fax"), "it is no source; valid are"),
        (("--failed", "--since", "yesterday"), "'yesterday' is not a moment; valid is RFC 3339"),
        (("--into", "sqlite:///again.db", "--only", "form"), "only with --failed: --only; what is decided"),
    ],
)
def test_what_it_cannot_narrow_by_is_named_with_what_it_can(road: Road, options: tuple[str, ...], said: str):
    with pytest.raises(BadInput, match=said):
        closeloop(road, "replay", *options)


@pytest.mark.parametrize("options", [[], ["--failed", "--into", "sqlite:///again.db"]])
def test_asks_for_one_of_the_two(road: Road, options: list[str]):
    with pytest.raises(BadInput, match="say either --into"):
        closeloop(road, "replay", *options)
