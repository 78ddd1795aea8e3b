"""`closeloop import`: a CSV or JSON lines file into the hub, by the mapping in the process file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from closeloop.cli.installation import Installation
from closeloop.inbox.importing import Imported, import_file
from closeloop.inbox.nouns import Message

File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a header, or JSON lines (.jsonl, .ndjson).")]
As = Annotated[str, typer.Option("--as", metavar="SOURCE", help="A source with `kind: file` in the process file.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen and write nothing.")]
Rejects = Annotated[Path | None, typer.Option(help="Where refused rows go; FILE.rejected.csv if not said.")]


def import_(context: typer.Context, file: File, as_: As, dry_run: DryRun = False, rejects: Rejects = None) -> None:
    """Take a file in. The same file twice changes nothing."""
    installation: Installation = context.obj
    out = Console()
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=out, transient=True,
    ) as progress:  # fmt: skip
        task = progress.add_task(escape(file.name), total=file.stat().st_size if file.is_file() else None)
        imported = import_file(
            file, installation.process, as_, None if dry_run else installation.take_in, installation.now(),
            rejects=rejects, on_progress=lambda octets: progress.advance(task, octets),
        )  # fmt: skip
    tell(imported, out, dry_run=dry_run)


def tell(imported: Imported, out: Console, *, dry_run: bool) -> None:
    """Say what came of a file, or would."""
    taken = imported.n_rows - imported.n_refused
    verb = "would be taken in" if dry_run else "taken in"
    name = escape(imported.file.path.name)
    out.print(f"{name}: {imported.n_rows:,} rows, {taken:,} {verb}, {imported.n_refused:,} refused")
    if imported.n_copies:
        out.print(f"  {imported.n_copies:,} rows say exactly what an earlier row says; they are kept")
    for flag, n in sorted(imported.flags.items()):
        out.print(f"  {n:,} rows flagged {flag}; they are kept")
    if imported.rejects is not None:
        out.print(f"  refused rows with their reasons: {escape(str(imported.rejects))}")
    if dry_run and imported.first:
        out.print(_shown(imported.first))


def _shown(messages: list[Message]) -> Table:
    table = Table("line", "when", "who", "what", "says", title="The first rows")
    for message in messages:
        says = ", ".join(f"{value.path}={value.value}" for value in message.values)
        who = ", ".join(map(str, message.keys)) or message.visitor or "nobody known"
        when = message.occurred_at.isoformat(timespec="seconds")
        cells = (str(message.position), when, who, message.act.kind if message.act else "", says)
        table.add_row(*map(escape, cells))
    return table
