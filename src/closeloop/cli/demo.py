"""`closeloop demo`: the scenarios of a process on the real road, told step by step, then the console to look around."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from tempfile import TemporaryDirectory
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape

from closeloop.cli.installation import Installation
from closeloop.cli.packaged import packaged_process
from closeloop.cli.waiting import asked_to_end
from closeloop.crew import Crew
from closeloop.process.load import load
from closeloop.scenarios.clock import StoryClock
from closeloop.scenarios.nouns import Failure, Scenario, Step, spelled
from closeloop.scenarios.play import begins_at, load_scenarios, play
from closeloop.scenarios.world import World, world


def demo(
    context: typer.Context,
    exit_: Annotated[
        bool, typer.Option("--exit", help="End after the last expectation: 0 when all held, 1 when one did not.")
    ] = False,
    port: Annotated[int, typer.Option(help="Of the console; 0 takes any free one.", min=0, max=65535)] = 8765,
) -> None:
    """Play the scenarios beside the process file with simulated vendors and a fast clock, then leave the console open.

    Everything happens in a database of the moment, or in the empty one that was named.
    """
    installation: Installation = context.obj
    file = installation.process_file or packaged_process()
    process, scenarios = load(file), load_scenarios(file.with_suffix(".scenarios.yaml"))
    clock = StoryClock(min(begins_at(scenario, process) for scenario in scenarios))
    teller = _Teller(Console(highlight=False), next(iter(process.regions.values())).calendar.zone)
    with (
        _database(installation) as url,
        installation.fresh(url, process, clock) as hub,
        world(hub, clock, 0 if exit_ else port) as stage,
    ):
        kind = "SQLite" if hub.database.is_sqlite else "PostgreSQL"
        teller.out.print(
            f"{process.signed} on {kind}, with simulated Salesforce, Marketo and mail; console {stage.url}/"
        )
        failures = [failure for scenario in scenarios for failure in play(stage, scenario, teller)]
        _conclude(teller.out, scenarios, failures)
        if not exit_:
            _leave_open(stage, teller.out)
    if failures:
        raise typer.Exit(1)


class _Teller:
    """Tells a story on the terminal."""

    def __init__(self, out: Console, zone: ZoneInfo) -> None:
        self.out, self._zone = out, zone

    def begins(self, scenario: Scenario, shift: timedelta, story: Sequence[str]) -> None:
        later = f" (played {shift.days // 7} weeks later: in one world time does not go back)" if shift else ""
        self.out.print(f"\n[bold]{escape(scenario.name)}[/bold]{later}")
        if scenario.given:
            self.out.print(f"  given {escape(spelled(dict(scenario.given)))}", style="bold")
        self._tell(story)

    def did(self, at: datetime, step: Step, story: Sequence[str]) -> None:
        said = ", ".join(f"{name}: {spelled(value)}" for name, value in step.said.items())
        self.out.print(
            f"  [cyan]{at.astimezone(self._zone):%a %d %b %H:%M}[/cyan] [bold]{step.do}[/bold] {escape(said)}"
        )
        self._tell(story)

    def expected(self, step: Step, failures: Sequence[Failure]) -> None:
        failed = {failure.name: failure for failure in failures}
        for name, value in step.said.items():
            mark = "[red]✗[/red]" if name in failed else "[green]✓[/green]"
            found = f", found {spelled(failed[name].found)}" if name in failed else ""
            self.out.print(f"    {mark} {escape(f'{name}: {spelled(value)}{found}')}")

    def _tell(self, story: Sequence[str]) -> None:
        for line in story:
            self.out.print(f"    · {escape(line)}", style="dim")


def _conclude(out: Console, scenarios: Sequence[Scenario], failures: Sequence[Failure]) -> None:
    n = sum(len(step.said) for scenario in scenarios for step in scenario.steps if step.do is None)
    out.print(f"\n{len(scenarios)} scenarios, {n} expectations, {len(failures)} not met")
    for failure in failures:
        out.print(escape(str(failure)), style="red", soft_wrap=True)


def _leave_open(stage: World, out: Console) -> None:
    """The vendors go on, time passes, and clicks on the console are decided."""
    stage.clock.run()
    crew = Crew(stage.hub, stage.ends)
    crew.start()
    try:
        with asked_to_end() as end:
            out.print(f"\nThe console is open: {stage.url}/ (Ctrl-C ends)")
            end.wait()
    finally:
        crew.stop()


@contextmanager
def _database(installation: Installation) -> Iterator[str]:
    if installation.url is not None:
        yield installation.url
        return
    with TemporaryDirectory(prefix="closeloop-") as folder:
        yield f"sqlite:///{folder}/demo.db"
