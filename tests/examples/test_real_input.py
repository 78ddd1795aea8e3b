"""The examples run over real files whose answers are known, by the very commands that their READMEs give."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
BY_ATTEMPT = {
    "1": (17_642, 2_300, 13.037),
    "2": (10_570, 1_211, 11.457),
    "3": (5_341, 574, 10.747),
    "4": (2_651, 249, 9.393),
    "5": (1_599, 120, 7.505),
    "6+": (3_385, 186, 5.495),
    "total": (41_188, 4_640, 11.265),
}


@pytest.fixture
def closeloop(tmp_path: Path):
    """Runs a command on a database of its own and gives its output."""

    def run(*words: str) -> str:
        command = Path(sys.executable).with_name("closeloop")
        there = ("--database", f"sqlite:///{tmp_path / 'hub.db'}")
        done = subprocess.run([command, *there, *words], capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def rows(output: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


def test_forty_thousand_calls_give_the_published_conversions(closeloop, shared):
    data = str(shared / "data" / "bank_marketing")
    assert "41,188 rows, 41,188 taken in, 0 refused" in closeloop("run", str(EXAMPLES / "bank"), "--data", data)

    outcomes = {str(row["attempt"]): row for row in rows(closeloop("report", "outcomes", "--json"))}
    figures = {name: (row["contacts"], row["conversions"], row["rate"]) for name, row in outcomes.items()}
    assert figures == BY_ATTEMPT
    assert (outcomes["total"]["duplicates"], outcomes["total"]["flagged"]) == (12, 4_110)


def test_page_views_of_unknown_browsers_invent_nobody(closeloop, shared):
    told = closeloop("run", str(EXAMPLES / "web"), "--data", str(shared / "data" / "snowplow_fractribution" / "source"))
    assert "98 rows, 98 taken in, 0 refused" in told
    counted = dict(reversed(line.split(maxsplit=1)) for line in told.splitlines() if line.startswith("   "))
    assert (counted["messages"], counted["visitors"], counted["people"]) == ("98", "67", "0")


def test_an_exported_pipeline_gives_the_published_figures_and_keeps_what_is_amiss(closeloop, shared):
    data = str(shared / "data" / "maven_crm")
    assert "8,885 records" in " ".join(closeloop("run", str(EXAMPLES / "pipeline"), "--data", data).split())
    report = {str(row["product"]): row for row in rows(closeloop("report", "pipeline", "--json"))}
    total = report["total"]
    assert (total["deals"], total["won"], total["worth"], total["lost"]) == (8_800, 4_238, "10005534.00 USD", 2_473)
    assert (total["days_to_won"], total["days_to_lost"]) == (57, 14)
    assert total["no_account"] == 1_425
    assert report["GTXPro"]["amiss"] == "unknown; near gtx_pro"
    assert {name for name, row in report.items() if row["amiss"]} == {"GTXPro"}
    assert "crm: 0 records" in closeloop("run", str(EXAMPLES / "pipeline"), "--data", data)
