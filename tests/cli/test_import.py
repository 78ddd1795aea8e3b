"""`closeloop import` says what came of a file, or would, and twice is once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from sqlalchemy import func, select
from typer.testing import CliRunner

from closeloop.cli.import_ import import_
from closeloop.db import Database, metadata
from closeloop.flow import Hub
from closeloop.inbox import store
from closeloop.process.load import load
from closeloop.words.moment import SystemClock

WEB = Path(__file__).parents[2] / "examples/web/process.yaml"
VIEW = {
    "event_id": "e-1", "derived_tstamp": "2026-04-03T10:00:00Z", "domain_userid": "v-1", "user_id": "joe@acme.example",
    "page_urlpath": "/robot",
}  # fmt: skip

app = typer.Typer()
app.command()(import_)


@pytest.fixture
def hub(sqlite_url: str) -> Iterator[Hub]:
    database = Database(sqlite_url)
    metadata.create_all(database.engine)
    yield Hub(database, load(WEB), SystemClock())
    database.close()


def run(hub: Hub, *arguments: str) -> str:
    installation = SimpleNamespace(process=hub.process, take_in=hub.take_in, now=hub.now)
    result = CliRunner().invoke(app, [*arguments, "--as", "tracker"], obj=installation, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.output


def n_kept(hub: Hub) -> tuple[int, int]:
    with hub.database.read() as connection:
        receipts = connection.execute(select(func.count()).select_from(store.receipts)).scalar_one()
        return receipts, connection.execute(select(func.count()).select_from(store.messages)).scalar_one()


def write(tmp_path: Path) -> str:
    path = tmp_path / "views.jsonl"
    rows = [VIEW, {**VIEW, "event_id": "e-2", "derived_tstamp": "03/04/2026"}, {**VIEW, "event_id": "e-3"}]
    path.write_text("\n".join(map(json.dumps, rows)))
    return str(path)


def test_a_dry_run_shows_what_would_happen_and_writes_nothing(hub: Hub, tmp_path: Path):
    said = run(hub, write(tmp_path), "--dry-run")
    assert "views.jsonl: 3 rows, 2 would be taken in, 1 refused" in said
    assert "email:joe@acme.example" in said
    assert "page.viewed" in said
    assert n_kept(hub) == (0, 0)
    assert [path.name for path in tmp_path.glob("views*")] == ["views.jsonl"]


def test_an_import_names_the_refused_rows_and_a_second_one_changes_nothing(hub: Hub, tmp_path: Path):
    path = write(tmp_path)
    rejects = tmp_path / "not taken.csv"
    assert "3 rows, 2 taken in, 1 refused" in run(hub, path, "--rejects", str(rejects))
    assert "declare `time_order: dmy`" in rejects.read_text()
    assert hub.decide("bulk") == 1
    first = decided(hub)
    run(hub, path)
    assert hub.decide("bulk") == 1
    assert decided(hub) == first
    assert [state for _, state, _ in first] == ["decided", "set_aside", "decided"]


def decided(hub: Hub) -> list[tuple[str, str, str]]:
    with hub.database.read() as connection:
        columns = (store.messages.c.position, store.messages.c.state, store.messages.c.receipt_id)
        return [tuple(row) for row in connection.execute(select(*columns).order_by(store.messages.c.position))]
