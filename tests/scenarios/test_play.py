"""The five scenarios that come with the project, each in a world of its own; and that a broken promise is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from closeloop.installed import Installed
from closeloop.process.load import load
from closeloop.scenarios.clock import StoryClock
from closeloop.scenarios.nouns import Failure, Scenario, Step
from closeloop.scenarios.play import begins_at, load_scenarios, play
from closeloop.scenarios.world import world
from closeloop.words.errors import BadInput

PROCESSES = Path(__file__).resolve().parent.parent.parent / "processes"
PROCESS = load(PROCESSES / "b2b.yaml")
SCENARIOS = load_scenarios(PROCESSES / "b2b.scenarios.yaml")
VOICEMAIL = SCENARIOS[2]


class Silent:
    """Keeps what a teller hears."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.shift = timedelta(0)

    def begins(self, _scenario: Scenario, shift: timedelta, story: Sequence[str]) -> None:
        self.shift = shift
        self.told += story

    def did(self, _at: datetime, _step: Step, story: Sequence[str]) -> None:
        self.told += story

    def expected(self, _step: Step, _failures: Sequence[Failure]) -> None: ...


def played(url: str, *scenarios: Scenario) -> tuple[list[Failure], Silent]:
    clock, silent = StoryClock(begins_at(scenarios[0], PROCESS)), Silent()
    with Installed(None, None, {}).fresh(url, PROCESS, clock) as hub, world(hub, clock) as stage:
        return [failure for scenario in scenarios for failure in play(stage, scenario, silent)], silent


def test_there_are_five():
    assert len(SCENARIOS) == 5


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_holds_in_a_world_of_its_own(scenario: Scenario, sqlite_url: str):
    failures, _ = played(sqlite_url, scenario)
    assert list(map(str, failures)) == []


def test_tells_what_happened_and_why(sqlite_url: str):
    _, silent = played(sqlite_url, VOICEMAIL)
    assert (
        "robot lead outcome voicemail: telemarketing, owner abel — b2b@7 stages.telemarketing.outcomes.voicemail"
        in silent.told
    )
    assert any(line.startswith("ma: join Lead, done") for line in silent.told)


def test_control_an_expectation_that_does_not_hold_is_named_with_its_line(sqlite_url: str):
    wrong = replace(VOICEMAIL.steps[1], said={"owner": "sato", "prompt_at": "2026-09-13 09:00", "programme": "reheat"})
    failures, _ = played(sqlite_url, replace(VOICEMAIL, steps=(VOICEMAIL.steps[0], wrong)))
    where = f"b2b.scenarios.yaml:{wrong.line}: {VOICEMAIL.name}, step 2"
    assert list(map(str, failures)) == [
        f"{where}: owner: expected sato, found abel",
        f"{where}: prompt_at: expected 2026-09-13 09:00, found 2026-09-14 09:00",
    ]


def test_a_second_one_in_the_same_world_is_played_whole_weeks_later(sqlite_url: str):
    failures, silent = played(sqlite_url, VOICEMAIL, VOICEMAIL)
    assert failures == []
    assert silent.shift == timedelta(weeks=1)


def test_a_step_that_cannot_be_done_is_named(sqlite_url: str):
    deal = replace(VOICEMAIL.steps[0], do="crm.opportunity_won", said={}, after=None)
    with pytest.raises(
        BadInput,
        match=rf"b2b.scenarios.yaml:{deal.line}: .*, step 1 \(crm.opportunity_won\): the story has no Opportunity",
    ):
        played(sqlite_url, replace(VOICEMAIL, steps=(deal,)))


def test_a_seller_who_never_gets_such_leads_is_named(sqlite_url: str):
    given = {**VOICEMAIL.given, "owner": "nilsen"}
    with pytest.raises(BadInput, match="the lead never came to 'nilsen'"):
        played(sqlite_url, replace(VOICEMAIL, given=given))
