"""`closeloop erase`: somebody wants to be forgotten, here and in every connected system."""

from __future__ import annotations

from typing import Annotated

import typer

from closeloop.cli.installation import Installation
from closeloop.inbox.nouns import Click
from closeloop.measure.erasure import erasure_of, what_would_go
from closeloop.measure.find import find_person
from closeloop.web.hub_window import HubWindow
from closeloop.words.errors import BadInput


def erase(
    context: typer.Context,
    who: Annotated[str, typer.Argument(metavar="WHO", help="An e-mail address of theirs, or the person's id.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who does it; kept with the order.")] = "",
    reason: Annotated[str, typer.Option(help="Why, without the person's name; kept with the order.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, and change nothing.")] = False,
    lift: Annotated[bool, typer.Option("--lift", help="Let somebody who was erased come in again.")] = False,
) -> None:
    """Erase a person: here, in every connected system, and for good. What is erased cannot be brought back."""
    installation: Installation = context.obj
    with installation.database.read() as connection:
        subject = erasure_of(connection, who) if lift else find_person(connection, who)
        goes = [] if lift else what_would_go(connection, subject)
    for what, n in goes:
        typer.echo(f"{n:>8,}  {what}")
    if dry_run:
        typer.echo(f"{subject}: nothing was changed")
        return
    if not yes and not typer.confirm(f"{'Let' if lift else 'Erase'} {subject}{' in again' if lift else ' for good'}?"):
        raise BadInput("nothing was changed; `--yes` does it without asking")
    typer.echo(_send(installation, Click("lift" if lift else "erase", subject, reason, by or "the command line")))
    if not lift:
        installation.database.scrub()


def _send(installation: Installation, click: Click) -> str:
    (verdict,) = HubWindow(installation.hub).decide(click)
    if verdict.state != "decided":
        raise BadInput(verdict.reason or verdict.state)
    return verdict.reason
