"""`closeloop replay`: decide everything again into an empty database, or what failed once more."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from closeloop.cli.installation import Installation
from closeloop.replay import compare, try_again
from closeloop.replay import replay as decide_again
from closeloop.words.errors import BadInput
from closeloop.words.moment import parse

SHOWN = 20
Into = Annotated[str | None, typer.Option(metavar="URL", help="An empty database to replay into.")]
Check = Annotated[bool, typer.Option("--check", help="Compare both databases afterwards; a difference is an error.")]
Failed = Annotated[bool, typer.Option("--failed", help="Try failed messages again, once their fault is mended.")]
SetAside = Annotated[bool, typer.Option("--set-aside", help="With --failed: also what was set aside.")]
Since = Annotated[
    str | None, typer.Option(metavar="MOMENT", help="With --failed: only what was received then or later.")
]
Only = Annotated[str | None, typer.Option(metavar="SOURCE", help="With --failed: only what came from this source.")]


def replay(
    context: typer.Context,
    into: Into = None,
    check: Check = False,
    failed: Failed = False,
    set_aside: SetAside = False,
    since: Since = None,
    only: Only = None,
) -> None:
    """Decide everything again, in the same order and at the same moments, or try again what failed."""
    installation: Installation = context.obj
    if (into is None) == (not failed):
        raise BadInput("say either --into URL, an empty database to replay into, or --failed, to try again what failed")
    if into is None:
        moment = None if since is None else parse(since)
        n = try_again(installation.hub.database, set_aside=set_aside, since=moment, only=only)
        sources = installation.process.sources
        if n == 0 and only is not None and only not in sources:
            raise BadInput(f"nothing of {only!r} failed, and it is no source; valid are {', '.join(sources)}")
        typer.echo(f"{n:,} receipts wait to be decided again; a hub that runs takes them at once (`closeloop up`)")
        return
    if narrowed := [name for name, given in (("--since", since), ("--only", only)) if given is not None]:
        raise BadInput(
            f"only with --failed: {', '.join(narrowed)}; what is decided follows from all that came before, so --into "
            "takes everything"
        )
    with installation.opened(into) as target:
        replayed = decide_again(installation.database, target)
        done = f"{replayed.n_messages:,} messages of {replayed.n_receipts:,} receipts"
        typer.echo(f"{done} decided again in {replayed.n_batches:,} batches")
        if check:
            differences = list(islice(compare(installation.database, target), SHOWN + 1))
            for difference in differences[:SHOWN]:
                typer.echo(str(difference))
            if differences:
                more = " and more" if len(differences) > SHOWN else ""
                raise BadInput(f"{min(len(differences), SHOWN)} differences{more}: the replay came to another state")
            typer.echo("no difference: the replay came to the same state")
