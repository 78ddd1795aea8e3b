"""`closeloop compare`: every record of a system against what the hub believes of it; differences are taken in."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from closeloop.cli.installation import Installation
from closeloop.cli.told import Told
from closeloop.comparing import compare as compare_object
from closeloop.comparing import decide_all, listen
from closeloop.db import alone
from closeloop.outbox.nouns import Compared
from closeloop.words.errors import BadInput


def compare(
    context: typer.Context,
    systems: Annotated[
        list[str] | None, typer.Argument(metavar="[SYSTEM]…", help="Which to compare; every connected one if not said.")
    ] = None,
    *,
    counts: Annotated[bool, typer.Option("--counts", help="Be content where both sides have as many records.")] = False,
) -> None:
    """Find what the hub missed of a system: made, changed or deleted there without a word. Writes nothing outside."""
    installation: Installation = context.obj
    hub, console = installation.hub, Console()
    found: list[Compared] = []
    with alone(installation.database), installation.connected() as (connected, missing), Told(console) as told:
        ends = {name: end for name, end in connected.items() if name in hub.process.sources}
        if strange := [name for name in systems or () if name not in ends]:
            said = "\n".join(missing) or f"connected are {', '.join(ends) or 'none'}"
            raise BadInput(f"{', '.join(strange)}: not connected. {said}")
        for name in systems or list(ends):
            listen(hub, name, ends[name], partial(told.progress, f"reading {name}"))
            decide_all(hub, partial(told.progress, "deciding"))
            for each in ends[name].objects():
                on_page = partial(told.progress, f"comparing {name}.{each}")
                found.append(compare_object(hub, name, ends[name], each, "on demand", on_page, counts_only=counts))
        decide_all(hub, partial(told.progress, "deciding"))
    table = Table("system", "object", "there", "here", "unknown here", "gone there", "changed", "drift")
    for one in found:
        numbers = (one.n_there, one.n_here, one.n_unknown, one.n_gone, one.n_changed)
        table.add_row(one.source, one.object, *(f"{n:,}" for n in numbers), f"{one.drift:.2%}")
    console.print(table)
    n_off = sum(one.n_unknown + one.n_gone + one.n_changed for one in found)
    console.print(f"{n_off:,} records were not as believed; they are now" if n_off else "nothing was missed")
