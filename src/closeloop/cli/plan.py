"""`closeloop plan` and `closeloop apply`: what would be sent is read first, and then exactly that is sent."""

from __future__ import annotations

import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from closeloop.cli.installation import Installation
from closeloop.cli.plan_page import page_of
from closeloop.cli.readiness import lines_of_readiness
from closeloop.cli.told import Told
from closeloop.db import alone
from closeloop.outbox.linked import HOLDS
from closeloop.outbox.plans import Line, Plan, named, over
from closeloop.planning import Applied, apply_plan, check_plan, make_plan
from closeloop.ports import Value
from closeloop.process.faults import unknown
from closeloop.words.errors import BadInput
from closeloop.words.verbs import CALLS, COUNTED, REFUSED

Sources = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SYSTEM]…", help="What may be sent to; every connected one if not said."),
]
Out = Annotated[Path, typer.Option(help="Where the plan is written; a page to read is put beside it.")]
Show = Annotated[int, typer.Option("--show", min=0, help="How many lines of each kind are shown.")]
PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="The file that `closeloop plan` wrote.")]
By = Annotated[str, typer.Option("--by", help="Who approved it, for the record.")]
AtMost = Annotated[
    list[str] | None,
    typer.Option("--at-most", metavar="SYSTEM.KIND=N", help="A ceiling instead of the process file's: crm.create=500."),
]
InBulk = Annotated[
    bool, typer.Option("--bulk", help="Send by bulk jobs where these take fewer calls; answers come later.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def plan(context: typer.Context, sources: Sources = None, *, out: Out = Path("plan.json"), show: Show = 3) -> None:
    """Read every system and say what would be sent to it; nothing is sent, now or later, before it is applied."""
    installation: Installation = context.obj
    hub, console = installation.hub, Console()
    with alone(installation.database), installation.connected() as (ends, missing):
        systems = {name: end for name, end in ends.items() if name in hub.process.sources}
        wanted = sources or list(systems)
        if not wanted:
            raise BadInput("\n".join(["no system is connected, so nothing can be planned", *missing]))
        if strange := [name for name in wanted if name not in systems]:
            said = "\n".join(missing) or f"connected are {', '.join(systems) or 'none'}"
            raise BadInput(f"{', '.join(strange)}: not connected. {said}")
        with Told(console) as told:
            made = make_plan(hub, systems, wanted, told.progress)
    _write(out, made)
    tell(made, console, show)
    if passed := over(made, hub.process.ceilings):
        console.print(f"[red]beyond the ceilings of {made.signed}, so it will not be applied:[/] {'; '.join(passed)}")
    if made.lines:
        console.print(f"to read it: {out.with_suffix('.html')}; to carry it out: closeloop apply {out}")


def apply(
    context: typer.Context,
    plan_file: PlanFile,
    *,
    by: By = "",
    at_most: AtMost = None,
    bulk: InBulk = False,
    yes: Yes = False,
) -> None:
    """Send exactly what a plan says. Stopped by Ctrl-C or a crash, the same command goes on where it was."""
    installation: Installation = context.obj
    hub, console = installation.hub, Console()
    made = _read(plan_file)
    check_plan(hub, made)
    ceilings = None if at_most is None else ceilings_of(at_most, made)
    if not yes and not sys.stdin.isatty():
        raise BadInput("there is no terminal to ask on, so nothing was sent; --yes sends without asking")
    if not yes:
        tell(made, console, 0)
        typer.confirm("Send this?", abort=True)
    end = threading.Event()

    def wait(rest: timedelta) -> bool:
        return not end.wait(rest.total_seconds())

    with alone(installation.database), installation.connected() as (ends, missing):
        if absent := [name for name in made.sources if name not in ends]:
            said = "\n".join(missing)
            raise BadInput(f"{', '.join(absent)}: not connected. {said}")
        systems = {name: each for name, each in ends.items() if name in hub.process.sources}
        with Told(console) as told:
            applied = apply_plan(hub, systems, made, by or "command line", told.progress, wait, ceilings, in_bulk=bulk)
    tell_applied(applied, console)
    if applied.unlike:
        raise typer.Exit(2)


def tell(made: Plan, console: Console, show: int) -> None:
    """Say what a plan would do, with some lines of each kind."""
    console.print(f"plan {made.id} of {made.made_at:%Y-%m-%d %H:%M} UTC, {made.signed}")
    if made.n_read:
        console.print("read: " + ", ".join(f"{n:,} records of {source}" for source, n in made.n_read.items()))
    console.print(f"{made.n_linked:,} people are known by several records, {made.n_asked:,} pairs wait for an answer")
    _tell_linked(made, console, show)
    _tell_first(made, console)
    if not made.lines:
        console.print("nothing is to be sent: every system holds what it should")
        return
    numbers = {source: {**counts, CALLS: made.calls.get(source, 0)} for source, counts in made.counts.items()}
    kinds = [kind for kind in COUNTED if any(each.get(kind) for each in numbers.values())]
    table = Table("system", *kinds)
    for source, each in numbers.items():
        table.add_row(source, *(_said(made, source, kind, each.get(kind, 0)) for kind in kinds))
    console.print(table)
    if made.at_least:
        told = ", ".join(made.at_least)
        console.print(f"{told}: many go as bulk jobs, each looked at until it is done, so the calls are the least")
    for source, counts in made.counts.items():
        for kind in counts:
            lines = [line for line in made.lines if line.source == source and _kind(line) == kind]
            for line in lines[:show]:
                console.print(escape(said_of(line)))
            if 0 < show < len(lines):
                console.print(
                    f"  … {len(lines) - show:,} more to {'be refused' if kind == REFUSED else kind} in {source}",
                    style="dim",
                )


def ceilings_of(given: list[str], made: Plan) -> dict[str, dict[str, int]]:
    """Connection → what → how many at most, of texts such as "crm.create=500".

    Raises:
        BadInput: one names a system that the plan is not for, or nothing that a plan counts.
    """
    found: dict[str, dict[str, int]] = {}
    for each in given:
        place, _, number = each.partition("=")
        source, _, kind = place.partition(".")
        if not number.isdecimal():
            raise BadInput(f"--at-most {each}: valid is SYSTEM.KIND=N, such as crm.create=500")
        if source not in made.sources:
            raise BadInput(f"--at-most {each}: {unknown('system of the plan', source, made.sources)}")
        if kind not in COUNTED:
            raise BadInput(f"--at-most {each}: {unknown('kind', kind, COUNTED)}")
        found.setdefault(source, {})[kind] = int(number)
    return found


def _tell_linked(made: Plan, console: Console, show: int) -> None:
    if not made.n_links:
        return
    console.print(f"linked since the last approved plan: {made.n_links:,}. {HOLDS}")
    for each in made.linked[:show]:
        console.print(escape(f"  {each.one} and {each.other}: {each.why} {each.evidence} {each.id}".rstrip()))
    if 0 < show < made.n_links:
        console.print(f"  … {made.n_links - show:,} more", style="dim")


def _tell_first(made: Plan, console: Console) -> None:
    to_do = lines_of_readiness(made.readiness)
    if to_do:
        console.print("[bold]to be put in order first:[/]")
    for said in to_do:
        console.print(f"  {escape(said)}")


def said_of(line: Line) -> str:
    """One line of a plan for a terminal."""
    if line.refused:
        return f"  {named(line)}: would be refused: {line.refused}"
    changes = "; ".join(f"{change.field} {_held(change.old)} → {_held(change.new)}" for change in line.changes)
    return f"  {named(line)}: {changes or line.why}"


def _held(value: Value) -> str:
    return "(empty)" if value in (None, "") else repr(value)


def tell_applied(applied: Applied, console: Console) -> None:
    """Say what came of a plan, beside what it said."""
    table = Table("system", "what", "planned", "done")
    for source, counts in applied.plan.counts.items():
        for kind in sorted({*counts, *applied.done[source]}):
            table.add_row(source, kind, f"{counts.get(kind, 0):,}", f"{applied.done[source].get(kind, 0):,}")
        foreseen = _said(applied.plan, source, CALLS, applied.plan.calls.get(source, 0))
        table.add_row(source, CALLS, foreseen, f"{applied.calls.get(source, 0):,}")
    console.print(table)
    if applied.left:
        console.print(f"{applied.left:,} are left; the same command goes on")
    elif applied.unlike:
        console.print("not as planned: " + "; ".join(applied.unlike))
    else:
        console.print("done, exactly as planned; from now on changes go out as they come")


def _said(made: Plan, source: str, kind: str, n: int) -> str:
    return f"at least {n:,}" if kind == CALLS and source in made.at_least else f"{n:,}"


def _kind(line: Line) -> str:
    return REFUSED if line.refused else line.verb


def _write(out: Path, made: Plan) -> None:
    try:
        out.write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1))
        out.with_suffix(".html").write_text(page_of(made), encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{out}: cannot be written: {error.strerror}; name another place with --out") from None


def _read(path: Path) -> Plan:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Plan)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}; `closeloop plan` writes it") from None
    except msgspec.MsgspecError as error:
        raise BadInput(f"{path}: is no plan ({error}); `closeloop plan` writes one") from None
