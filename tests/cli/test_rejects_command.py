"""`closeloop rejects` lists what was refused, exports it, and tries it again down the same road as the console."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from closeloop.app import cli
from closeloop.ports import Outcome
from closeloop.words.errors import BadInput
from support.road import INTERESTED, Road, road_on
from support.vendor_words import answered, commands

CAUSE = "ma:too_long:lead.title"
REASON = "Lead.title has 190 characters, at most 128 (STRING_TOO_LONG)"
WHO = {"joe": "Joe Miller", "ann": "Ann Sato", "eve": "Eve Abel"}


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    """Three names that marketing's system refused."""
    with road_on(database_url) as road:
        for who, name in WHO.items():
            road.act("form.submitted", who, email=f"{who}@acme.example", **{**INTERESTED, "name": name})
        road.decide()
        for command in commands(road, "create", "ma"):
            answered(road, str(command["key"]), source="ma", outcome=Outcome.PERMANENT, reason=REASON)
        yield road


def asked(road: Road, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--database", road.database.url, "rejects", *arguments])


def said(road: Road, *arguments: str) -> str:
    result = asked(road, *arguments)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def states(road: Road) -> list[tuple[object, ...]]:
    return road.rows("SELECT state, COUNT(*) FROM commands WHERE verb = 'create' GROUP BY state ORDER BY state")


def test_causes_are_listed_with_what_to_do_and_one_of_them_with_its_commands(road):
    listed = said(road)
    for part in (CAUSE, "2026-", "Lead.title is longer than the system allows", "make the field longer", " 3 "):
        assert part in listed
    one = said(road, CAUSE, "--show", "2")
    assert "1 more" in one
    for part in ("title", "CTO", "fields.person.title, line 20", REASON):
        assert part in " ".join(one.split())


def test_the_export_is_csv_or_json_of_causes_or_of_commands_on_the_terminal_or_in_a_file(road, tmp_path: Path):
    (cause,) = csv.DictReader(said(road, "--csv").splitlines())
    assert (cause["cause"], cause["n"], cause["n_put_off"]) == (CAUSE, "3", "0")
    rows = list(csv.DictReader(said(road, "ma", "--csv").splitlines()))
    assert [(row["field"], row["tried"], row["rule"]) for row in rows] == [("title", "CTO", "fields.person.title")] * 3
    out = tmp_path / "rejects.json"
    assert said(road, CAUSE, "--json", "--out", str(out)) == ""
    told = [json.loads(line) for line in out.read_text().splitlines()]
    assert {row["cause"]["key"] for row in told} == {"too_long:lead.title"}
    assert [json.loads(line)["id"] for line in said(road, "--json").splitlines()] == [CAUSE]


def test_all_of_a_cause_or_one_command_goes_again_as_a_click_on_the_road(road):
    key = str(commands(road, "create", "ma")[0]["key"])
    assert "1 command is sent again." in said(road, key, "--retry", "--yes", "--by", "Ada")
    assert states(road) == [("dead", 2), ("waiting", 1)]
    assert "2 commands are sent again." in said(road, CAUSE, "--retry", "--yes")
    assert states(road) == [("waiting", 3)]
    receipts = "SELECT COUNT(*) FROM receipts WHERE door = 'desk'"
    clicks = "SELECT COUNT(*) FROM messages WHERE kind = 'click' AND state = 'decided'"
    assert (road.one(receipts), road.one(clicks)) == (2, 3)
    assert "nothing was refused" in said(road)


def test_the_exact_cause_is_that_one_alone_however_many_begin_so(road):
    first = str(commands(road, "create", "ma")[0]["key"])
    said(road, first, "--retry", "--yes")
    more = REASON.replace("Lead.title", "Lead.title_en")
    answered(road, first, source="ma", outcome=Outcome.PERMANENT, reason=more)
    listed = {row["cause"]: row["n"] for row in csv.DictReader(said(road, "--csv").splitlines())}
    assert listed == {CAUSE: "2", f"{CAUSE}_en": "1"}
    assert len(said(road, f"{CAUSE}_", "--csv").splitlines()) == 1 + 1
    assert len(said(road, CAUSE.removesuffix("e"), "--csv").splitlines()) == 1 + 3
    assert "2 commands are sent again." in said(road, CAUSE, "--retry", "--yes")
    assert states(road) == [("dead", 1), ("waiting", 2)]


def test_nothing_goes_again_where_nobody_can_be_asked(road):
    with pytest.raises(BadInput, match="no terminal to ask on, so nothing was tried again; --yes"):
        said(road, CAUSE, "--retry")
    assert states(road) == [("dead", 3)]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("crm",), f"no cause begins with 'crm', and it is no refused command; valid are {CAUSE}"),
        (("--retry",), "say what is tried again"),
        (("--csv", "--json"), "give one of --csv, --json and --retry"),
        (("--out", "x.csv"), "--out names the file of --csv or --json"),
        ((CAUSE, "--csv", "--out", "/nowhere/x.csv"), "/nowhere/x.csv cannot be written"),
    ],
)
def test_what_cannot_be_asked_for_says_what_can(road, arguments: tuple[str, ...], why: str):
    with pytest.raises(BadInput, match=why):
        said(road, *arguments)
