"""`closeloop report` and `closeloop why` as people and programs call them."""

from __future__ import annotations

import csv
import json

import pytest
import typer
from sqlalchemy import text
from typer.testing import CliRunner

from closeloop.cli.report import report
from closeloop.cli.why import why
from closeloop.measure.reports import REPORTS
from support.side_window import LEAD_JOE


@pytest.fixture
def run(window):
    app = typer.Typer()
    app.callback()(lambda: None)
    app.command()(report)
    app.command()(why)

    def run(*arguments):
        return CliRunner().invoke(app, arguments, obj=window, env={"COLUMNS": "200"})

    return run


def test_without_a_name_every_report_is_listed_with_its_question(run):
    answer = run("report")
    assert answer.exit_code == 0
    assert all(name in answer.stdout and each.question in answer.stdout for name, each in REPORTS.items())


@pytest.mark.parametrize("name", REPORTS)
def test_a_table_ends_with_its_definition_and_the_process_that_it_was_read_with(run, name):
    words = " ".join(run("report", name).stdout.split())
    assert f"{name}@{REPORTS[name].definition.version}, read with b2b@7: {REPORTS[name].definition.text}" in words


def test_json_is_one_object_a_row_signed_with_the_definition(run):
    rows = [json.loads(line) for line in run("report", "outcomes", "--json").stdout.splitlines()]
    assert rows[-1] == {
        "attempt": "total", "contacts": 4, "conversions": 1, "rate": 25.0, "duplicates": 1, "flagged": 1,
        "definition": "outcomes@1",
    }  # fmt: skip


def test_csv_has_a_header_and_a_line_a_row(run):
    rows = list(csv.DictReader(run("report", "sourced", "--csv").stdout.splitlines()))
    assert [(row["campaign"], row["sourced"]) for row in rows] == [
        ("fair", "1"),
        ("price-mailing", "1"),
        ("spring-webinar", "2"),
        ("", "1"),
    ]


def test_a_campaign_that_a_spreadsheet_would_run_is_text_in_csv_and_as_it_is_in_json(run, window):
    with window.database.write() as connection:
        connection.execute(text("UPDATE leads SET campaign = '=1+1' WHERE id = :lead"), {"lead": LEAD_JOE})
    campaigns = [row["campaign"] for row in csv.DictReader(run("report", "sourced", "--csv").stdout.splitlines())]
    assert "'=1+1" in campaigns
    assert "=1+1" not in campaigns
    assert "=1+1" in [json.loads(line)["campaign"] for line in run("report", "sourced", "--json").stdout.splitlines()]


def test_an_unknown_report_names_the_valid_ones(run):
    answer = run("report", "romi")
    assert answer.exit_code != 0
    assert "valid are funnel, follow_up, sourced" in str(answer.exception)


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("person", "joe@acme.example", "b2b@7 fields.person.email: crm.Email before form.email"),
        ("person", "joe@acme.example", "✓ interest >= 40 (interest 55)"),
        ("person", "joe@acme.example", "2026-08-03 09:01 Sync: crm made Lead 00Q000000000001AAA"),
        ("lead", LEAD_JOE, "b2b@7: stages.field: won"),
        ("field", "joe@acme.example.title", "✓ form.title says CTO"),
        ("message", "form:1", "touch form.submitted spring-webinar"),
    ],
)
def test_why_names_the_evidence_and_the_rule(run, kind, given, expected):
    assert expected in run("why", kind, given).stdout


def test_why_gives_json_for_programs(run):
    assert json.loads(run("why", "lead", LEAD_JOE, "--json").stdout)["status"] == "won"
    joe = json.loads(run("why", "person", "joe@acme.example", "--json").stdout)
    assert joe["tier"]
    assert {one["lane"] for one in joe["timeline"]} == {"Marketing", "Sales", "Decisions", "Sync"}


def test_why_of_an_unknown_field_names_those_that_were_reported(run):
    assert "reported are: account, company, country, email, name, owner, title" in str(
        run("why", "field", "joe@acme.example.shoe").exception
    )
