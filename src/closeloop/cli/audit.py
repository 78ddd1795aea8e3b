"""`closeloop audit`: how dirty are these exports? Reads files, writes a report, touches nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from closeloop.audit.nouns import FileRead, Report
from closeloop.audit.rates import ALL
from closeloop.audit.read import Named
from closeloop.audit.run import audit as audit_files
from closeloop.audit.said import about, count, percent, sign, words
from closeloop.audit.written import Written, as_json, write
from closeloop.cli.audit_connection import exported
from closeloop.cli.installation import Installation
from closeloop.matching.bundle import default_bundle, load_bundle
from closeloop.words.errors import BadInput

Files = Annotated[list[Path] | None, typer.Argument(metavar="FILE…", help="Exports: CSV, XLSX, Parquet, JSON lines.")]
Connections = Annotated[
    list[str] | None,
    typer.Option("--connection", metavar="SOURCE", help="A connected system of the process file, read as it stands."),
]
Out = Annotated[Path, typer.Option(help="The folder for report.html, report.json and groups.csv.")]
Names = Annotated[
    list[str] | None,
    typer.Option("--name", metavar="FILE=SYSTEM", help="Where a file comes from: marketing, crm or any word."),
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="[FILE:]MEANING=HEADER", help="What a column means: email=MAIL_ADDR."),
]
Json = Annotated[bool, typer.Option("--json", help="Print report.json instead of the summary.")]
BundleFile = Annotated[Path | None, typer.Option("--bundle", help="Another matching bundle than the packaged one.")]


def audit(
    context: typer.Context,
    files: Files = None,
    connection: Connections = None,
    out: Out = Path("audit"),
    name: Names = None,
    column: Columns = None,
    as_json_: Json = False,
    bundle: BundleFile = None,
) -> None:
    """Show how dirty exports of people are: duplicates, parity, validity, and what a clean-up would do."""
    installation: Installation = context.obj
    if not files and not connection:
        raise BadInput("nothing to audit; name exports (CSV, XLSX, Parquet), or a system with --connection")
    named = named_files(files or [], name or [], column or [])
    console = Console(stderr=as_json_, highlight=False, soft_wrap=True)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rows]}"), TimeElapsedColumn(),
        console=console, transient=True,
    ) as progress:  # fmt: skip
        task = progress.add_task("begins", total=None, rows="")
        n_rows = 0

        def on_rows(n: int) -> None:
            nonlocal n_rows
            n_rows += n
            progress.update(task, rows=f"{n_rows:,} records")

        with exported(installation, connection or [], on_rows) as held:
            found = audit_files(
                [*named, *held], load_bundle(bundle) if bundle else default_bundle(), installation.now(),
                lambda said: progress.update(task, description=escape(said)), on_rows,
            )  # fmt: skip
        progress.update(task, description="writing")
        written = write(found, out)
    if as_json_:
        print(as_json(found.report))
    else:
        tell(found.report, written, console)


def named_files(files: Sequence[Path], names: Sequence[str], columns: Sequence[str]) -> list[Named]:
    """The files with what was said of each on the command line.

    Raises:
        BadInput: a file is not there or named twice, or an option is not of its form or of no file.
    """
    for file in files:
        if not file.is_file():
            what = (
                "a folder; name the files in it" if file.exists() else "not there; name an export (CSV, XLSX, Parquet)"
            )
            raise BadInput(f"{file} is {what}")
    if len({file.resolve() for file in files}) < len(files):
        raise BadInput("a file was named twice; each of its records would be a duplicate of itself")
    systems = {
        _one_of(files, left, f"--name {each}"): right
        for each in names
        for left, right in [_parted(each, "--name FILE=SYSTEM")]
    }
    said: dict[Path, dict[str, str]] = {file: {} for file in files}
    for each in columns:
        left, header = _parted(each, "--column email=MAIL_ADDR")
        of, colon, meaning = left.rpartition(":")
        for file in [_one_of(files, of, f"--column {each}")] if colon else files:
            said[file][meaning] = header
    return [Named(file, systems.get(file, ""), said[file]) for file in files]


def tell(report: Report, written: Written, out: Console) -> None:
    """What was read, the headline figures, and where the report is."""
    for file in report.files:
        _tell_file(file, out)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("", "records", "people", "duplicates", ""):
        table.add_column(title, justify="left" if not title else "right")
    for rate in report.rates:
        scope = "together" if rate.scope == ALL else rate.scope
        table.add_row(escape(scope), count(rate.records), count(rate.people), percent(rate.rate), about(rate))
    out.print(table)
    for parity in report.parities:
        out.print(
            f"parity of {escape(parity.left)} and {escape(parity.right)}: [bold]{percent(parity.share)}[/bold] "
            f"({count(parity.agreeing)} of {count(parity.known_to_both)} people known to both are alike in both)"
        )
    plan = report.cleanup
    out.print(
        f"a clean-up merges {count(plan.merge_records)} records into {count(plan.merge_people)} people, "
        f"asks about {count(plan.ask)} pairs and leaves {count(plan.leave)} records"
    )
    for what, path in (("look at", written.page), ("act on", written.groups), ("read by programs", written.json)):
        out.print(f"[dim]{what}[/dim] {escape(str(path))}")


def _tell_file(file: FileRead, out: Console) -> None:
    details = [file.kind.upper(), file.encoding, f"delimiter {sign(file.delimiter)}" if file.delimiter else ""]
    details.append(f"header in line {file.header_line}" if file.header_line else "no header")
    said = f"{file.system}, {file.holds}, {count(file.records)} records; {', '.join(filter(None, details))}"
    out.print(f"[bold]{escape(file.name)}[/bold]: {escape(said)}")
    used = [f"{each.header} = {words(each.meaning)}" for each in file.columns if each.meaning]
    left = [each.header for each in file.columns if not each.meaning]
    out.print(f"  {escape(', '.join(used))}" + (f"; not used: {escape(', '.join(left))}" if left else ""), style="dim")
    for remark in file.remarks:
        out.print(f"  {escape(remark)}", style="yellow")
    if file.refused:
        out.print(f"  {count(file.refused)} lines could not be read and are left out", style="yellow")


def _parted(said: str, form: str) -> tuple[str, str]:
    left, equals, right = said.partition("=")
    if not equals or not left.strip() or not right.strip():
        raise BadInput(f"{said!r} is not of the form {form}")
    return left.strip(), right.strip()


def _one_of(files: Sequence[Path], said: str, option: str) -> Path:
    found = [file for file in files if said in (str(file), file.name, file.stem)]
    if len(found) != 1:
        what = "more than one file" if found else "no file"
        raise BadInput(f"{option}: {said!r} is {what} named here; valid are {', '.join(map(str, files))}")
    return found[0]
