"""Plays scenarios: sets the stage, does what each step says, lets the road rest, and checks what is expected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Protocol

from closeloop.process.nouns import Process
from closeloop.scenarios.acts import ACTS, wait
from closeloop.scenarios.cast import Cast
from closeloop.scenarios.expect import EXPECTATIONS
from closeloop.scenarios.given import GIVENS, set_stage
from closeloop.scenarios.nouns import Failure, Scenario, Step
from closeloop.scenarios.read import read_scenarios
from closeloop.scenarios.story import Story
from closeloop.scenarios.world import World
from closeloop.words.errors import BadInput


class Teller(Protocol):
    """Hears how a scenario goes, step by step."""

    def begins(self, scenario: Scenario, shift: timedelta, story: Sequence[str]) -> None:
        """The stage is set; `shift` is how much later than its file says it is played."""
        ...

    def did(self, at: datetime, step: Step, story: Sequence[str]) -> None:
        """A step was done at `at` (UTC); `story` says what happened and why."""
        ...

    def expected(self, step: Step, failures: Sequence[Failure]) -> None:
        """Expectations were checked."""
        ...


def load_scenarios(path: Path) -> list[Scenario]:
    """The scenarios of a file.

    Raises:
        BadInput, ProcessError: the file cannot be used.
    """
    return read_scenarios(path, tuple(ACTS), tuple(EXPECTATIONS), GIVENS)


def begins_at(scenario: Scenario, process: Process, weeks_later: int = 0) -> datetime:
    """When a scenario begins by its file, UTC: wall time in the first region of the process."""
    zone = next(iter(process.regions.values())).calendar.zone
    # Whole weeks of wall time, so that opening hours meet it as its file means them.
    wall = datetime.fromisoformat(scenario.clock) + timedelta(weeks=weeks_later)
    return wall.replace(tzinfo=zone).astimezone(UTC)


def play(world: World, scenario: Scenario, teller: Teller) -> list[Failure]:
    """Play one scenario; its failures, in order.

    Time never goes back: in a world that is older than the scenario it is played as many whole weeks later as needed,
    at the same wall time on the same day of the week.

    Raises:
        BadInput: a step cannot be done; says which.
    """
    weeks = next(n for n in count() if begins_at(scenario, world.process, n) >= world.clock.now())
    cast = Cast(world, timedelta(weeks=weeks))
    world.until(begins_at(scenario, world.process, weeks))
    _step(scenario, scenario.steps[0], partial(set_stage, cast, scenario.given))
    story = Story(cast)
    teller.begins(scenario, cast.shift, story.news())
    failures: list[Failure] = []
    for step in scenario.steps:
        if step.do is not None:
            _step(scenario, step, partial(_do, cast, step))
            teller.did(world.clock.now(), step, story.news())
        else:
            found = list(check(cast, scenario, step))
            failures += found
            teller.expected(step, found)
    return failures


def check(cast: Cast, scenario: Scenario, step: Step) -> list[Failure]:
    """The expectations of a step that do not hold."""
    failures = []
    for name, expected in step.said.items():
        try:
            found = EXPECTATIONS[name](cast, expected)
        except BadInput as error:
            found = str(error)
        if found != expected:
            failures.append(Failure(scenario, step, name, expected, found))
    return failures


def _do(cast: Cast, step: Step) -> None:
    # Before time passes: what a clock does on the way belongs to this step.
    cast.act_at, leads = cast.world.clock.now(), cast.leads()
    cast.owner_before = leads[-1].owner if leads else None
    if step.after is not None:
        wait(cast, step.after)
        if step.do != "nothing":
            cast.act_at = cast.world.clock.now()
    ACTS[str(step.do)](cast, step.said)
    cast.world.settle()


def _step(scenario: Scenario, step: Step, action: Callable[[], None]) -> None:
    try:
        action()
    except BadInput as error:
        raise BadInput(
            f"{scenario.file}:{step.line}: {scenario.name}, step {step.number} ({step.do}): {error}"
        ) from None
