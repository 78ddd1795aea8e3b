"""`closeloop rescore`: what a changed process would change for everybody known, and then the same for good."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from closeloop.cli.installation import Installation
from closeloop.cli.told import Told
from closeloop.comparing import decide_all
from closeloop.db import alone
from closeloop.flow import Hub
from closeloop.rescoring import Came, Rescoring, apply_rescore, n_left, plan_rescore
from closeloop.words.errors import BadInput
from closeloop.words.moment import ManualClock

ProcessFile = Annotated[
    Path | None, typer.Argument(metavar="[PROCESS]", help="The process file; the one that is named or in use if not.")
]
Apply = Annotated[bool, typer.Option("--apply", help="Put it into use, and carry out what the plan says.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")]
Show = Annotated[int, typer.Option("--show", min=0, help="How many examples of each field are shown.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def rescore(
    context: typer.Context,
    process: ProcessFile = None,
    *,
    apply: Apply = False,
    as_json: AsJson = False,
    show: Show = 3,
    yes: Yes = False,
) -> None:
    """Say what a changed process would change for everybody known; with --apply, change it."""
    installation: Installation = context.obj
    if process is not None:
        installation.use(process)
    console = Console(stderr=as_json)
    if not apply:
        planned = _planned(installation, console)
        if as_json:
            typer.echo(_json(planned, None))
        else:
            tell(planned, console, show)
            console.print("" if planned.is_empty else "nothing was changed; --apply does it")
        return
    if not yes and not sys.stdin.isatty():
        raise BadInput("there is no terminal to ask on, so nothing was changed; --yes changes without asking")
    with alone(installation.database):
        asked = None if yes else _planned(installation, console)
        if asked is not None:
            if not as_json:
                tell(asked, console, show)
            if not typer.confirm("Change it?", err=True):
                raise typer.Exit(1)
        planned = _planned_again(installation.hub, console)
        if not as_json and planned != asked:
            tell(planned, console, show)
        with Told(console) as told:
            came = apply_rescore(installation.hub, planned, told.progress)
    typer.echo(_json(planned, came) if as_json else said_of(planned, came))
    if came.n_failed:
        raise typer.Exit(2)


def _planned(installation: Installation, console: Console) -> Rescoring:
    # Not by the hub of the installation: that would put the process into use.
    hub = Hub(installation.database, installation.process, ManualClock(installation.now()))
    with Told(console) as told:
        return plan_rescore(hub, told.progress)


def _planned_again(hub: Hub, console: Console) -> Rescoring:
    """After all that waits is decided, what is left of a re-score that was stopped included."""
    if n := n_left(hub):
        console.print(f"a re-score was stopped; {n:,} receipts of it still wait and go first")
    with Told(console) as told:
        decide_all(hub, partial(told.progress, "receipts decided"))
        return plan_rescore(hub, told.progress)


def tell(planned: Rescoring, console: Console, show: int) -> None:
    """Say what would follow."""
    known = ", ".join(f"{n:,} {kind}" for kind, n in sorted(planned.n_roots.items())) or "nobody"
    console.print(f"{planned.signed} on everything known ({known}), decided until now by {', '.join(planned.before)}")
    if planned.is_empty:
        console.print("nothing would change")
        return
    table = Table("what would change", "how many")
    for name, n in planned.winners.items():
        table.add_row(f"another value of {escape(name)}", f"{n:,}")
    for what, n in _counts(planned).items():
        if n:
            table.add_row(what, f"{n:,}")
    for source, verbs in planned.updates.items():
        for verb, n in verbs.items():
            table.add_row(f"{verb} in {escape(source)}", f"{n:,}")
    console.print(table)
    shown: dict[str, int] = {}
    for each in planned.examples:
        shown[each.field] = shown.get(each.field, 0) + 1
        if shown[each.field] <= show:
            console.print(
                escape(f"{each.root_id}: {each.old or 'nothing'} → {each.new or 'nothing'}; {each.why or ''}")
            )
    for why, n in planned.by_row.items():
        console.print(escape(f"asked one by one, {n:,}: {why}"), style="dim")


def said_of(planned: Rescoring, came: Came) -> str:
    """What came of it."""
    sent = ", ".join(f"{n:,} {verb} in {source}" for source, verbs in came.updates.items() for verb, n in verbs.items())
    said = f"done: {came.n_opened:,} leads opened, {came.n_returned:,} returned, {sent or 'nothing to send'}"
    if came.n_failed:
        said += f"; {came.n_failed:,} messages failed; mend what they say, then run `closeloop rescore --apply` again"
    if came.n_left:
        return f"{said}; {came.n_left:,} receipts are still under way in another hub"
    if (came.n_opened, came.n_returned, came.updates) != (planned.n_opened, planned.n_returned, planned.updates):
        said += "\nthat is not quite as planned: something came in meanwhile, or owners have no room for more"
    return said


def _counts(planned: Rescoring) -> Mapping[str, int]:
    return {
        "values read in another form": planned.n_read,
        "people with another fit": planned.n_fit,
        "people with another interest": planned.n_interest,
        "names that pass the gate: leads opened": planned.n_opened,
        "leads that return from marketing": planned.n_returned,
        "leads that would no longer pass (they stay)": planned.n_no_longer,
        "people whose leads are decided anew": len(planned.people),
    }


def _json(planned: Rescoring, came: Came | None) -> str:
    said = msgspec.to_builtins(planned)
    said |= {"parts": len(planned.parts), "people": len(planned.people)}
    return msgspec.json.encode(said | ({"came": msgspec.to_builtins(came)} if came else {})).decode()
