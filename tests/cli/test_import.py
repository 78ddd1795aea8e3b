"""`closeloop import` says what came of a file, or would, and twice is once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pytest
import typer
from click.testing import Result
from ruamel.yaml import YAML
from sqlalchemy import func, select
from typer.testing import CliRunner

from closeloop.cli.import_ import import_
from closeloop.db import Database, metadata
from closeloop.flow import Hub
from closeloop.inbox import store
from closeloop.inbox.files import _named_columns
from closeloop.inbox.importing import import_file
from closeloop.process.load import load
from closeloop.words.errors import BadInput
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
    return invoke(hub, *arguments, "--as", "tracker").output


def invoke(hub: Hub, *arguments: str, fine: bool = True) -> Result:
    installation = SimpleNamespace(process=hub.process, take_in=hub.take_in, now=hub.now)
    result = CliRunner().invoke(app, arguments, obj=installation, env={"COLUMNS": "200"})
    assert (result.exit_code == 0) == fine, result.output
    return result


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


def test_a_dry_run_shows_how_the_file_was_read_and_a_person_can_say_otherwise(hub: Hub, tmp_path: Path):
    path = tmp_path / "views.csv"
    tracker = hub.process.sources["tracker"].file
    assert tracker is not None
    view = {**dict.fromkeys(_named_columns(tracker), ""), **VIEW, "event_name": "page_view", "page_urlpath": "/roböter"}
    text = "\n".join([";".join(view), ";".join(view.values())])
    path.write_bytes(text.encode("cp1252"))
    said = run(hub, str(path), "--dry-run")
    assert "encoding: cp1252 (no UTF-8; a guess, by which it says roböter; not certain)" in said
    assert "delimiter: semicolon" in said
    again = run(hub, str(path), "--dry-run", "--encoding", "latin-1", "--delimiter", ";")
    assert "encoding: latin-1 (as was said)" in again
    path.write_text(text.replace(";", "\t"))
    assert "delimiter: tab (as was said)" in run(hub, str(path), "--dry-run", "--delimiter", "tab")


def test_a_dry_run_notices_columns_that_are_swapped_half_way(hub: Hub, tmp_path: Path):
    path = tmp_path / "views.jsonl"
    rows = [{**VIEW, "event_id": f"e-{n}", "phone": f"+49 30 {100000 + n}"} for n in range(100)]
    swapped = [{**row, "user_id": row["phone"], "phone": row["user_id"]} for row in rows[50:]]
    path.write_text("\n".join(map(json.dumps, rows)))
    assert "swapped" not in run(hub, str(path), "--dry-run")
    path.write_text("\n".join(map(json.dumps, [*rows[:50], *swapped])))
    said = run(hub, str(path), "--dry-run")
    assert "column phone: from about line 51 on the values are no phone; there it stands in 'user_id'" in said


def test_a_proposal_is_a_piece_of_a_process_file_that_loads_and_takes_the_file_in(hub: Hub, tmp_path: Path):
    path = tmp_path / "Leads 2026.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["Record ID", "E-Mail", "Vorname", "Quux: level", "No", "Firma"])
    for n in range(8):
        book.active.append([n, f"p{n}@acme.example", "Jörg", "x", f"# {n}: a", "Acme"])
    book.create_sheet("Notes").append(["x"])
    book.save(path)
    said = invoke(hub, str(path), "--propose", "--yes", "--sheet", "Sheet")
    piece = said.stdout
    assert "100% of the values look so" in said.stderr
    assert (tmp_path / "Leads 2026.xlsx.mapping.yaml").read_text(encoding="utf-8").strip() == piece.strip()
    proposed = YAML(typ="safe").load(piece)
    assert proposed["sources"]["leads_2026"] == {
        "kind": "file", "key": ["Record ID"],
        "values": {"email": "E-Mail", "first_name": "Vorname", "company": "Firma"},
    }  # fmt: skip
    assert n_kept(hub) == (0, 0)

    process = YAML(typ="safe").load(WEB.read_text(encoding="utf-8"))
    process["sources"] |= proposed["sources"]
    for entity, fields in (proposed["fields"] or {}).items():
        process["fields"][entity] = (process["fields"].get(entity) or {}) | (fields or {})
    for beside in WEB.parent.iterdir():
        if beside.is_file() and beside != WEB:
            shutil.copy(beside, tmp_path)
    with (tmp_path / "process.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(process, file)
    imported = import_file(path, load(tmp_path / "process.yaml"), "leads_2026", None, hub.now())
    assert (imported.n_rows, imported.n_refused) == (8, 0)


def test_a_proposal_keeps_what_the_process_has_mapped_already(hub: Hub, tmp_path: Path):
    path = tmp_path / "views.csv"
    path.write_text(
        ",".join([*(name.upper() for name in VIEW), "Job title"]) + "\n" + ",".join([*VIEW.values(), "CEO"])
    )
    said = invoke(hub, str(path), "--propose", "--as", "tracker").stdout
    proposed = YAML(typ="safe").load(said)["sources"]["tracker"]
    assert proposed["key"] == ["EVENT_ID"]
    assert proposed["values"]["title"] == "Job title"
    assert "USER_ID" in proposed["values"].values()
    assert not (tmp_path / "views.csv.mapping.yaml").exists()


def test_an_import_without_a_source_names_those_that_there_are(hub: Hub, tmp_path: Path):
    result = invoke(hub, write(tmp_path), fine=False)
    assert isinstance(result.exception, BadInput)
    assert "Say --as SOURCE; the process takes files as: tracker" in str(result.exception)


def decided(hub: Hub) -> list[tuple[str, str, str]]:
    with hub.database.read() as connection:
        columns = (store.messages.c.position, store.messages.c.state, store.messages.c.receipt_id)
        return [tuple(row) for row in connection.execute(select(*columns).order_by(store.messages.c.position))]
