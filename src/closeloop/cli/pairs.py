"""`closeloop pairs`: two that may be one, for a person to judge: the list, and answers."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from closeloop.cli.installation import Installation
from closeloop.inbox.nouns import Click
from closeloop.measure.review import proofs
from closeloop.measure.stored import called, text_of
from closeloop.web.hub_window import HubWindow
from closeloop.words.errors import BadInput

Answer = Literal["same", "different", "skip", "reopen"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
_OPEN = text("""
    SELECT id, kind, left_root, right_root, weight, why, evidence FROM v_pairs WHERE state = 'open'
    ORDER BY CASE WHEN skipped_at IS NULL THEN 0 ELSE 1 END, weight DESC, id LIMIT :most""")
_N_OPEN = text("SELECT COUNT(*) FROM v_pairs WHERE state = 'open'")
_BELIEVED = text("SELECT field, given FROM v_winners WHERE root_id = :root AND field IN ('name', 'email')")


def pairs(
    context: typer.Context,
    pair_id: Annotated[str | None, typer.Argument(metavar="[PAIR]", help="The pair to judge; none lists them.")] = None,
    answer: Annotated[str | None, typer.Argument(metavar="[ANSWER]", help="same, different, skip or reopen.")] = None,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who judges; kept with the pair.")] = "",
    reason: Annotated[str, typer.Option(help="Why, in your own words; kept with the link.")] = "",
    most: Annotated[int, typer.Option(help="How many to list.")] = 20,
) -> None:
    """List pairs of records that may be one, the likeliest first, or answer one of them."""
    installation: Installation = context.obj
    if pair_id is None:
        _list(installation, most)
        return
    if answer not in ANSWERS:
        raise BadInput(f"{answer or 'no answer'!r} is no answer; valid are {', '.join(ANSWERS)}")
    if not by:
        raise BadInput("say who judges: --by NAME is kept with the pair")
    (verdict,) = HubWindow(installation.hub).decide(Click(answer, pair_id, reason, by))
    if verdict.state != "decided":
        raise BadInput(verdict.reason or verdict.state)
    typer.echo(f"{pair_id}: {answer}, says {by}")


def _list(installation: Installation, most: int) -> None:
    table = Table("pair", "left", "right", "bits", "why", box=None)
    with installation.database.read() as connection:
        n_open = connection.execute(_N_OPEN).scalar_one()
        for line in connection.execute(_OPEN, {"most": most}):
            sides = []
            for root in (line.left_root, line.right_root):
                believed = {each.field: text_of(each.given) for each in connection.execute(_BELIEVED, {"root": root})}
                sides.append(called(believed.get("name", ""), believed.get("email", ""), root, line.kind))
            said = "; ".join(f"{each.comparison} {each.level}" for each in proofs(line.evidence))
            table.add_row(line.id, *sides, f"{line.weight:.1f}", f"{line.why} ({said})")
    if table.row_count:
        Console().print(table)
    typer.echo(f"{n_open} open")
