"""`closeloop audit --connection` reads a system as it stands, beside files, and leaves nothing behind but a report."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from closeloop.cli.audit import audit
from closeloop.connectors.salesforce import simulate
from closeloop.installed import Installed
from closeloop.words.errors import BadInput
from closeloop.words.moment import ManualClock

B2B = Path(__file__).parents[2] / "processes" / "b2b.yaml"
SELLER = "0055g00000SATO1"
NAMES = (
    "Aiko Tanaka", "Bruno Keller", "Carla Rossi", "Dmitri Sokolov", "Elif Demir", "Farah Haddad",
    "Greta Lindqvist", "Henrik Olsen", "Ines Carvalho", "Jonas Weber", "Kavya Raman", "Lukas Novak",
)  # fmt: skip

app = typer.Typer()
app.command()(audit)


@pytest.fixture
def org():
    """A simulated Salesforce in which everybody is a lead once, and Aiko twice."""
    with simulate(ManualClock(datetime(2026, 9, 1, 9, 0, tzinfo=UTC)), {SELLER: "Sato"}) as org:
        for name in (*NAMES, NAMES[0]):
            first, last = name.split()
            email = f"{first}.{last}@company.example".lower()
            org.create_lead(org.users["Sato"], FirstName=first, LastName=last, Company="Company", Email=email)
        yield org


def audited(org, *arguments: str) -> dict[str, object]:
    environment = {f"CLOSELOOP_CRM_{name.upper()}": value for name, value in org.settings.items()}
    said = CliRunner().invoke(
        app, [*arguments, "--json"], obj=Installed(None, B2B, environment), catch_exceptions=False
    )
    assert said.exit_code == 0, said.output
    return json.loads(said.stdout)


def test_a_connected_system_is_read_as_it_stands_and_nothing_is_left_behind(org, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report = audited(org, "--connection", "crm", "--out", str(tmp_path / "out"))
    (file,) = report["files"]
    assert (file["name"], file["system"], file["records"]) == ("crm Lead", "crm", len(NAMES) + 1)
    assert {rate["scope"]: rate["sure"] for rate in report["rates"]}["crm"] == 1
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert left == ["out/groups.csv", "out/report.html", "out/report.json"]


def test_a_connection_is_compared_with_a_file(org, tmp_path):
    export = tmp_path / "marketing.csv"
    rows = [f"{name},{name.replace(' ', '.').lower()}@company.example" for name in NAMES[:6]]
    export.write_text("\n".join(["Name,Email", *rows]) + "\n")
    report = audited(org, str(export), "--connection", "crm", "--out", str(tmp_path / "out"))
    assert [file["system"] for file in report["files"]] == ["marketing", "crm"]
    assert report["parities"][0]["known_to_both"] == 6


def test_what_is_no_system_or_not_connected_is_said_with_what_to_set():
    installed = Installed(None, B2B, {})
    runner = CliRunner()
    with pytest.raises(BadInput, match="'abacus' is no system that can be read; b2b@7 has crm, ma"):
        runner.invoke(app, ["--connection", "abacus"], obj=installed, catch_exceptions=False)
    with pytest.raises(BadInput, match=r"crm \(salesforce\) is not connected: set CLOSELOOP_CRM_URL"):
        runner.invoke(app, ["--connection", "crm"], obj=installed, catch_exceptions=False)
    with pytest.raises(BadInput, match="nothing to audit; name exports"):
        runner.invoke(app, [], obj=installed, catch_exceptions=False)
