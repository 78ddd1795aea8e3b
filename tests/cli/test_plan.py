"""What a plan would do is told in the terminal and on its page with all that cannot be taken back."""

from __future__ import annotations

import io
from dataclasses import replace

import msgspec
import pytest
from rich.console import Console
from typer.testing import CliRunner

from closeloop.app import cli
from closeloop.cli.plan import ceilings_of, tell
from closeloop.cli.plan_page import page_of
from closeloop.outbox.linked import HOLDS
from closeloop.outbox.plans import Plan
from closeloop.words.errors import BadInput
from closeloop.words.verbs import COUNTED
from support.outgoing import B2B
from support.plan_shown import PLAN


def told(plan: Plan, show: int = 3) -> str:
    out = io.StringIO()
    tell(plan, Console(file=out, width=300), show)
    return out.getvalue()


def test_the_terminal_tells_what_goes_into_what():
    said = told(PLAN)
    assert "crm merge Contact 003B into 003A (Joe Miller): by phone" in said
    assert "crm convert Lead 00Q1 into Contact 003C (Ann Lee): by mail" in said


def test_every_verb_that_occurs_has_its_column_and_no_other():
    head = next(line for line in told(PLAN).splitlines() if "┃ system" in line)
    columns = [word for word in head.split() if word.isalpha()]
    assert columns == ["system", "create", "join", "merge", "convert", "refused", "calls"]


def test_links_are_told_with_both_records_and_why_and_that_they_hold_already():
    said = told(PLAN, show=1)
    assert f"linked since the last approved plan: 7. {HOLDS}" in said
    assert "  Joe Miller: crm Contact 003A and J. Miller: ma Lead 17: by Kim phone +9.1 link-1" in said
    assert "Ann Lee: crm Lead" not in said
    assert "… 6 more" in said
    assert "linked since" not in told(replace(PLAN, linked=(), n_links=0))


def test_the_page_tells_the_same_and_the_file_holds_it():
    page = page_of(PLAN)
    for part in ("003B goes into it", "goes into Contact 003C", HOLDS, "J. Miller: ma Lead 17", "link-1", "and 5 more"):
        assert part in page
    assert msgspec.json.decode(msgspec.json.encode(PLAN), type=Plan) == PLAN


def test_a_ceiling_can_be_set_on_everything_that_is_counted():
    found = ceilings_of([f"crm.{kind}=0" for kind in COUNTED], PLAN)
    assert found == {"crm": dict.fromkeys(COUNTED, 0)}


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (
            "crm.conver=0",
            "--at-most crm.conver=0: unknown kind 'conver'; did you mean 'convert'? valid: calls, convert,",
        ),
        ("cmr.convert=0", "unknown system of the plan 'cmr'; did you mean 'crm'? valid: crm, ma"),
        ("crm.convert=few", "--at-most crm.convert=few: valid is SYSTEM.KIND=N, such as crm.create=500"),
        ("convert=0", "unknown system of the plan 'convert'"),
    ],
)
def test_any_other_ceiling_is_refused_with_what_would_be_valid(given, fault):
    with pytest.raises(BadInput) as raised:
        ceilings_of([given], PLAN)
    assert fault in str(raised.value)


def test_without_a_connected_system_there_is_no_plan_and_it_says_what_to_set(tmp_path):
    options = ("--database", f"sqlite:///{tmp_path}/hub.db", "--process", str(B2B))
    refused = CliRunner().invoke(cli, [*options, "plan", "--out", str(tmp_path / "plan.json")]).exception
    assert isinstance(refused, BadInput)
    assert "no system is connected, so nothing can be planned" in str(refused)
    assert "crm (salesforce) is not connected: set CLOSELOOP_CRM_URL" in str(refused)
    assert not (tmp_path / "plan.json").exists()
