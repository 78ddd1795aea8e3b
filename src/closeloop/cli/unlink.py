"""`closeloop unlink`: two records of one person become two people again."""

from __future__ import annotations

from typing import Annotated

import typer

from closeloop.cli.installation import Installation
from closeloop.inbox.nouns import Click
from closeloop.web.hub_window import HubWindow
from closeloop.words.errors import BadInput


def unlink(
    context: typer.Context,
    merge_id: Annotated[str, typer.Argument(metavar="LINK", help="The link's id, as `closeloop why person` shows it.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who undoes it; kept with the link.")],
) -> None:
    """Undo a link between two people. It goes down the road like any message, so a hub that runs does no harm."""
    installation: Installation = context.obj
    (verdict,) = HubWindow(installation.hub).decide(Click("unlink", merge_id, "", by))
    if verdict.state != "decided":
        raise BadInput(f"{merge_id} is not undone: {verdict.reason or verdict.state}")
    typer.echo(f"{merge_id} is undone by {by}; what followed from it was decided anew")
