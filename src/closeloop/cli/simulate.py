"""`closeloop simulate`: a simulated vendor by itself, to connect to and plan against without an account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Annotated, Final, Literal

import typer

from closeloop.cli.installation import Installation
from closeloop.cli.packaged import packaged_process
from closeloop.cli.simulate_records import enter_file
from closeloop.cli.waiting import asked_to_end
from closeloop.process.load import load
from closeloop.process.nouns import Process
from closeloop.scenarios.vendors import eloqua_for, marketo_for, salesforce_for
from closeloop.simulation import Simulated
from closeloop.words.errors import BadInput
from closeloop.words.moment import Clock, SystemClock

_FOR_STORIES = ("listen_seconds", "deletions_kept_days")
"""Settings that serve clocks which jump weeks and stand still; by the machine's clock the usual ones are right."""

System = Annotated[Literal["salesforce", "marketo", "eloqua"], typer.Argument(help="The vendor that is simulated.")]
Port = Annotated[
    int | None,
    typer.Option(help="On this machine only; 0 takes any free one.", min=0, max=65535, show_default="one for each"),
]
Records = Annotated[
    list[str] | None,
    typer.Option(
        metavar="OBJECT=FILE",
        help="Records that it begins with, columns named as its fields; may be given several times.",
    ),
]
Lose = Annotated[
    float, typer.Option(metavar="SHARE", help="Share of writes that are done, and whose answer is lost.", min=0, max=1)
]
ASecond = Annotated[
    int | None, typer.Option(metavar="N", help="Refuse what goes beyond so many calls a second.", min=1)
]
ADay = Annotated[
    int | None, typer.Option(metavar="N", help="Refuse what goes beyond so many calls a day (UTC).", min=1)
]


def simulate(
    context: typer.Context,
    system: System,
    *,
    port: Port = None,
    records: Records = None,
    lose_answers: Lose = 0.0,
    calls_a_second: ASecond = None,
    calls_a_day: ADay = None,
) -> None:
    """Start a simulated Salesforce, Marketo or Eloqua to connect to; Ctrl-C ends it, and what it holds is gone then.

    It is set up for the process: its sellers are users, its nurture programmes are there.
    """
    installation: Installation = context.obj
    file = installation.process_file or packaged_process()
    process, vendor = load(file), _VENDORS[system]
    with _made(vendor, process, vendor.port if port is None else port) as simulator, asked_to_end() as end:
        entered = [enter_file(simulator, system, each) for each in records or []]
        simulator.faults.lose_answers(share=lose_answers)
        simulator.faults.limit(per_second=calls_a_second, per_day=calls_a_day)
        settings = {name: value for name, value in simulator.settings.items() if name not in _FOR_STORIES}
        typer.echo(f"a simulated {system} answers at {settings['url']}, set up for {process.signed} ({file})")
        for line in entered:
            typer.echo(f"  {line}")
        _tell(system, file, process, settings)
        end.wait()
        typer.echo(f"ended after {sum(simulator.faults.calls.values()):,} calls; what it held is gone")


@dataclass(frozen=True, slots=True)
class _Vendor:
    """How a vendor is simulated, where it answers if nothing is said, and what its source is usually called."""

    make: Callable[[Process, Clock, int], Simulated]
    port: int
    source: str


def _made(vendor: _Vendor, process: Process, port: int) -> Simulated:
    try:
        return vendor.make(process, SystemClock(), port)
    except OSError as error:
        why = f"cannot listen on 127.0.0.1:{port}: {error.strerror}"
        raise BadInput(f"{why}; stop what listens there, or choose another with --port") from None


_VENDORS: Final[Mapping[str, _Vendor]] = {
    "salesforce": _Vendor(salesforce_for, 8771, "crm"),
    "marketo": _Vendor(marketo_for, 8772, "ma"),
    "eloqua": _Vendor(eloqua_for, 8773, "ma"),
}


def _tell(system: str, file: Path, process: Process, settings: Mapping[str, str]) -> None:
    """What to paste to connect to it."""
    of_kind = [name for name, source in process.sources.items() if source.kind == system]
    source = of_kind[0] if of_kind else _VENDORS[system].source
    if not of_kind:
        typer.echo(f"  {process.signed} has no {system}: name one in its `sources`, such as {{{source}: {system}}}")
    given = " ".join(f"--set {name}={quote(value)}" for name, value in settings.items())
    typer.echo("\nconnect to it from another terminal, once:\n")
    typer.echo(f"export CLOSELOOP_PROCESS={quote(str(file.resolve()))}")
    typer.echo(f"closeloop connect {source} {given}")
    typer.echo("\nor by the environment, which keeps nothing:\n")
    for name, value in settings.items():
        typer.echo(f"export CLOSELOOP_{source.upper()}_{name.upper()}={quote(value)}")
    typer.echo("\nCtrl-C ends it")
