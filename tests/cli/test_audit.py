"""`closeloop audit` asks nothing, writes only its report, and says clearly why it cannot."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from closeloop.cli.audit import audit, named_files
from closeloop.words.errors import BadInput
from closeloop.words.moment import ManualClock, parse

EXAMPLE = Path(__file__).parents[2] / "examples" / "audit"
FILES = (str(EXAMPLE / "marketing_people.csv"), str(EXAMPLE / "crm_contacts.csv"))
INSTALLED = SimpleNamespace(now=ManualClock(parse("2026-11-01T09:00:00Z")).now)

app = typer.Typer()
app.command()(audit)


def test_tells_what_was_detected_and_where_the_report_is(tmp_path: Path):
    said = CliRunner().invoke(app, [*FILES, "--out", str(tmp_path / "out")], obj=INSTALLED)
    assert said.exit_code == 0, said.output
    assert "crm_contacts.csv: crm, contacts, 198 records; CSV, cp1252, delimiter semicolon" in said.output
    assert "Email Address = e-mail" in said.output
    assert "parity of marketing and crm" in said.output
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [
        "groups.csv", "report.html", "report.json",
    ]  # fmt: skip


def test_json_is_the_only_thing_on_stdout(tmp_path: Path):
    said = CliRunner().invoke(app, [*FILES, "--out", str(tmp_path), "--json"], obj=INSTALLED)
    report = json.loads(said.stdout)
    rates = {rate["scope"]: rate for rate in report["rates"]}
    assert (rates["crm"]["records"], rates["crm"]["sure"], rates["marketing"]["sure"]) == (198, 30, 14)


def test_a_file_without_people_names_its_columns_and_how_to_name_them(tmp_path: Path):
    odd = tmp_path / "odd.csv"
    odd.write_text("COLOUR,SIZE\n" + "red,4\nblue,5\n" * 20)
    with pytest.raises(BadInput, match=r"COLOUR, SIZE.*--column email=COLOUR"):
        CliRunner().invoke(app, [str(odd), "--out", str(tmp_path)], obj=INSTALLED, catch_exceptions=False)


def test_a_column_can_be_named(tmp_path: Path):
    odd = tmp_path / "odd.csv"
    odd.write_text("CONTACT_X,COLOUR\n" + "".join(f"p{n}@acme{n}.example,red\n" for n in range(30)))
    arguments = [str(odd), "--column", "email=CONTACT_X", "--name", "odd=crm", "--out", str(tmp_path), "--json"]
    said = CliRunner().invoke(app, arguments, obj=INSTALLED, catch_exceptions=False)
    file = json.loads(said.stdout)["files"][0]
    assert file["system"] == "crm"
    assert file["columns"][0] == {
        "header": "CONTACT_X", "meaning": "email", "filled": 1.0, "why": "named on the command line",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("files", "names", "columns", "says"),
    [
        (["gone.csv"], [], [], "gone.csv is not there"),
        (["."], [], [], "is a folder"),
        (["a.csv", "./a.csv"], [], [], "named twice"),
        (["a.csv"], ["b.csv=crm"], [], "no file named here; valid are a.csv"),
        (["a.csv"], ["crm"], [], "--name FILE=SYSTEM"),
        (["a.csv"], [], ["email"], "--column email=MAIL_ADDR"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_would_be_valid(
    files: list[str], names: list[str], columns: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("email\n")
    with pytest.raises(BadInput, match=says):
        named_files([Path(file) for file in files], names, columns)


@pytest.mark.parametrize(
    ("option", "says"),
    [("colour=Email", "valid are id"), ("email=Mail", "has no column 'Mail'; it has Contact ID")],
)
def test_a_meaning_or_header_that_is_none_is_refused(option: str, says: str, tmp_path: Path):
    with pytest.raises(BadInput, match=says):
        CliRunner().invoke(
            app, [FILES[1], "--column", option, "--out", str(tmp_path)], obj=INSTALLED, catch_exceptions=False
        )


def test_a_file_with_a_header_alone_is_refused(tmp_path: Path):
    empty = tmp_path / "crm.csv"
    empty.write_text("Email,Last Name\n")
    with pytest.raises(BadInput, match="records"):
        CliRunner().invoke(app, [str(empty), "--out", str(tmp_path)], obj=INSTALLED, catch_exceptions=False)


def test_accounts_alone_are_no_audit(tmp_path: Path):
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("Account Name,Website\n" + "".join(f"Acme {n},acme{n}.example\n" for n in range(9)))
    with pytest.raises(BadInput, match="no file with people"):
        CliRunner().invoke(app, [str(accounts), "--out", str(tmp_path)], obj=INSTALLED, catch_exceptions=False)
