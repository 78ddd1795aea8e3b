"""`closeloop check FILE`: is the process file sound, and what road does it describe?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from closeloop.declared.read import read_declared
from closeloop.declared.rest.read import RestKeys
from closeloop.process.json_schema import json_schema
from closeloop.process.load import load
from closeloop.process.nouns import Move, Process, Stage
from closeloop.words.errors import ProcessError


def check(
    file: Annotated[Path | None, typer.Argument(help="The process file, such as processes/b2b.yaml.")] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema for editors instead.")] = False,
    road: Annotated[bool, typer.Option("--road", help="Draw the road: stages, outcomes, what follows.")] = False,
) -> None:
    """Check a process file and its tables. Exit code 1, and every mistake with file and line, if it cannot be used."""
    if schema:
        typer.echo(json.dumps(json_schema(), indent=2))
        return
    if file is None:
        raise typer.BadParameter("which file? valid is: closeloop check processes/b2b.yaml")
    try:
        process = load(file)
        for source in process.sources.values():
            if source.declared is not None:
                keys = RestKeys() if source.kind == "rest" else None
                read_declared(source.declared_in, source.declared.encode(), keys)
    except ProcessError as error:
        for fault in error.faults:
            typer.echo(str(fault), err=True)
        n_faults = len(error.faults)
        typer.echo(f"{file} cannot be used: {n_faults} {'mistake' if n_faults == 1 else 'mistakes'}", err=True)
        raise typer.Exit(1) from None
    typer.echo(summary(process))
    if road:
        Console().print(_drawn(process))


def summary(process: Process) -> str:
    """One line that says the process is sound, and its size."""
    n_outcomes = sum(len(stage.outcomes) for stage in process.stages.values())
    return (
        f"{process.signed} is sound: {len(process.stages)} stages, {n_outcomes} outcomes, "
        f"{len(process.people)} people, {len(process.products)} products, {len(process.regions)} regions"
    )


def _drawn(process: Process) -> Tree:
    tree = Tree(f"[bold]{escape(process.signed)}[/bold] agreed by {escape(', '.join(process.agreed_by))}")
    for line in process.route:
        tree.add(f"a new lead {escape('when ' + line.when.text if line.when else 'otherwise')} → {line.to}")
    for stage in process.stages.values():
        _draw_stage(tree, stage)
    return tree


def _draw_stage(tree: Tree, stage: Stage) -> None:
    within = f", answers within {stage.respond.text}" if stage.respond else ""
    owner = f"{' or '.join(stage.owner)}{within}" if stage.owner else "the road ends"
    branch = tree.add(f"[bold]{stage.name}[/bold]: {escape(owner)}")
    for outcome in stage.outcomes.values():
        then = f"; time {outcome.at_most}: {_follows(outcome.then)}" if outcome.then else ""
        branch.add(f"{outcome.name} → {escape(_follows(outcome.move) + then)}")
    if stage.if_late:
        late = stage.if_late
        branch.add(f"late → {late.move}, at most {late.at_most} times; then {escape(_follows(late.then))}")


def _follows(move: Move) -> str:
    if move.nurture is not None:
        return f"nurture in {move.nurture.programme}"
    return f"back to marketing: {move.send_back}" if move.send_back is not None else str(move.to)
