"""`closeloop up`: the hub at work, until it is told to stop."""

from __future__ import annotations

from typing import Annotated

import typer

from closeloop.cli.installation import Installation
from closeloop.cli.waiting import asked_to_end
from closeloop.crew import Crew
from closeloop.db import alone
from closeloop.planning import hold_new
from closeloop.web.serve import MOST_WAITING, Served


def up(
    context: typer.Context,
    port: Annotated[
        int, typer.Option(help="Of the doors and the console, on this machine only.", min=0, max=65535)
    ] = 8765,
    most_waiting: Annotated[
        int,
        typer.Option(
            envvar="CLOSELOOP_MOST_WAITING",
            help="Receipts that may wait to be decided before the doors ask senders to come back later.",
            min=1,
        ),
    ] = MOST_WAITING,
) -> None:
    """Open the doors and the console, and keep the road moving; Ctrl-C or SIGTERM ends it after what is under way."""
    installation: Installation = context.obj
    hub = installation.hub
    keys, closed = installation.write_keys()
    with (
        alone(installation.database),
        installation.connected() as (ends, missing),
        Served(hub, keys, port, most_waiting, ends) as served,
        asked_to_end() as end,
    ):
        held = hold_new(hub, [name for name in ends if name in hub.process.sources])
        crew = Crew(hub, ends)
        crew.start()
        try:
            typer.echo(f"{hub.process.signed} is at work")
            typer.echo(f"console   {served.url}/")
            typer.echo(f"doors     {served.url}/v1/ for {', '.join(keys.values()) or 'nobody'}")
            for name in held:
                typer.echo(f"          {name} is read and not written to: approve a plan first (closeloop plan)")
            for line in (*closed, *missing):
                typer.echo(f"          {line}")
            end.wait()
            typer.echo("stopping after what is under way")
        finally:
            crew.stop()
