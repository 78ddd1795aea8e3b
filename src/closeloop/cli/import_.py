"""`closeloop import`: a table of any usual format into the hub, by the mapping in the process file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from closeloop.cli.installation import Installation
from closeloop.inbox.files import Said
from closeloop.inbox.importing import Imported, import_file
from closeloop.inbox.nouns import Message
from closeloop.inbox.proposing import Proposal, propose_mapping
from closeloop.tables.meanings import propose as propose_meanings
from closeloop.tables.nouns import Choice, Look
from closeloop.tables.rows import rows
from closeloop.tables.sample import spread
from closeloop.words.errors import BadInput

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV, JSON lines, XLSX, XLS, ODS or Parquet, by its content.")
]
As = Annotated[str | None, typer.Option("--as", metavar="SOURCE", help="A source with `kind: file`.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen and write nothing.")]
Rejects = Annotated[Path | None, typer.Option(help="Where refused rows go; FILE.rejected.csv if not said.")]
Encoding = Annotated[str | None, typer.Option(metavar="NAME", help="Instead of the encoding that is found.")]
Delimiter = Annotated[str | None, typer.Option(metavar="CHAR", help="Instead of the one that is found; or `tab`.")]
Sheet = Annotated[str | None, typer.Option(metavar="NAME", help="The sheet; the first with something on it if not.")]
Propose = Annotated[bool, typer.Option("--propose", help="Show what the columns seem to mean; take nothing in.")]
Yes = Annotated[bool, typer.Option("--yes", help="With --propose: write it to FILE.mapping.yaml without asking.")]


def import_(
    context: typer.Context,
    file: File,
    *,
    as_: As = None,
    dry_run: DryRun = False,
    rejects: Rejects = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    sheet: Sheet = None,
    propose: Propose = False,
    yes: Yes = False,
) -> None:
    """Take a file in. The same file twice changes nothing."""
    installation: Installation = context.obj
    said = Said(encoding, "\t" if delimiter in ("tab", r"\t") else delimiter, sheet)
    if propose:
        proposal = propose_mapping(file, installation.process, as_ or _name_of(file), said)
        show(proposal, file.with_name(f"{file.name}.mapping.yaml"), yes=yes)
        return
    if as_ is None:
        takes = ", ".join(name for name, one in installation.process.sources.items() if one.file is not None)
        raise BadInput(
            f"{file}: as what? Say --as SOURCE; the process takes files as: {takes or 'nothing yet'}. "
            "What its columns seem to mean, --propose shows"
        )
    out = Console()
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=out, transient=True,
    ) as progress:  # fmt: skip
        task = progress.add_task(escape(file.name), total=file.stat().st_size if file.is_file() else None)
        imported = import_file(
            file, installation.process, as_, None if dry_run else installation.take_in, installation.now(),
            rejects=rejects, said=said, on_progress=lambda octets: progress.advance(task, octets),
        )  # fmt: skip
    tell(imported, out, dry_run=dry_run)
    if dry_run:
        _tell_changes(imported.file, out)


def tell(imported: Imported, out: Console, *, dry_run: bool) -> None:
    """Say what came of a file, or would, and how it was read."""
    taken = imported.n_rows - imported.n_refused
    verb = "would be taken in" if dry_run else "taken in"
    name = escape(imported.file.path.name)
    out.print(f"{name}: {imported.n_rows:,} rows, {taken:,} {verb}, {imported.n_refused:,} refused")
    _tell_choices(imported.file.choices, out)
    if imported.n_copies:
        out.print(f"  {imported.n_copies:,} rows say exactly what an earlier row says; they are kept")
    for flag, n in sorted(imported.flags.items()):
        out.print(f"  {n:,} rows flagged {flag}; they are kept")
    if imported.rejects is not None:
        out.print(f"  refused rows with their reasons: {escape(str(imported.rejects))}")
    if dry_run and imported.first:
        out.print(_shown(imported.first))


def show(proposal: Proposal, path: Path, *, yes: bool) -> None:
    """Show what the columns seem to mean on stderr, the piece of the process file on stdout, and write it if wanted."""
    out = Console(stderr=True)
    name = escape(proposal.look.path.name)
    out.print(f"{name}: {proposal.sample.n_rows:,} rows, {proposal.sample.n_refused:,} that cannot be read")
    _tell_choices(proposal.look.choices, out)
    table = Table("column", "means", "why", "such as")
    for one in proposal.meanings:
        doubt = "" if one.sure and not one.warning else "?"
        why = "; ".join(filter(None, (one.why, one.warning)))
        table.add_row(*map(escape, (one.column, f"{one.meaning or '–'}{doubt}", why, " | ".join(one.samples))))
    out.print(table)
    typer.echo(proposal.piece)
    if yes or (sys.stdin.isatty() and typer.confirm(f"Write this to {path}?", err=True)):
        try:
            path.write_text(proposal.piece, encoding="utf-8")
        except OSError as error:
            raise BadInput(f"{path}: cannot be written: {error.strerror}; redirect the output instead") from None
        out.print(f"written to {escape(str(path))}; it counts once it stands in the process file")


def _tell_choices(choices: tuple[Choice, ...], out: Console) -> None:
    for choice in choices:
        out.print(f"  {escape(str(choice))}", style=None if choice.sure else "yellow")


def _tell_changes(file: Look, out: Console) -> None:
    """Columns whose content changes on the way: the file is read once more, which only a dry run has time for."""
    for one in propose_meanings(file, spread(rows(file))):
        if one.warning:
            out.print(f"  column {escape(one.column)}: {escape(one.warning)}", style="yellow")


def _name_of(file: Path) -> str:
    """A name for a source, from that of the file."""
    name = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in file.stem.lower()).strip("_")
    return name if name[:1].isalpha() else f"list_{name}".rstrip("_")


def _shown(messages: list[Message]) -> Table:
    table = Table("line", "when", "who", "what", "says", title="The first rows")
    for message in messages:
        says = ", ".join(f"{value.path}={value.value}" for value in message.values)
        who = ", ".join(map(str, message.keys)) or message.visitor or "nobody known"
        when = message.occurred_at.isoformat(timespec="seconds")
        cells = (str(message.position), when, who, message.act.kind if message.act else "", says)
        table.add_row(*map(escape, cells))
    return table
