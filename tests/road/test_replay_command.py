"""`closeloop replay` decides everything again and says whether the same came of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from closeloop.app import cli
from closeloop.inbox import store as inbox_store
from closeloop.words.errors import BadInput
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


@pytest.mark.parametrize("options", [[], ["--failed", "--into", "sqlite:///again.db"]])
def test_asks_for_one_of_the_two(road: Road, options: list[str]):
    with pytest.raises(BadInput, match="say either --into"):
        closeloop(road, "replay", *options)
