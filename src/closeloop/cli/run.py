"""`closeloop run`: one process over files, from the first row to the last decision."""

from __future__ import annotations

import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import text

from closeloop.cli.import_ import tell
from closeloop.cli.installation import Installation
from closeloop.cli.told import Told
from closeloop.flow import Hub
from closeloop.inbox.importing import import_file
from closeloop.words.errors import BadInput

AT_ONCE = 4
"""Receipts decided together, each of up to 500 rows."""
_FORMATS = (".csv", ".jsonl", ".ndjson")
_CAME_OF = (
    ("messages", "SELECT COUNT(*) FROM v_messages"),
    ("visitors", "SELECT COUNT(*) FROM v_visitors"),
    ("people", "SELECT COUNT(*) FROM v_people"),
    ("leads", "SELECT COUNT(*) FROM v_leads"),
    ("won", "SELECT COUNT(*) FROM v_leads WHERE status = 'won'"),
    ("sent back", "SELECT COUNT(*) FROM v_leads WHERE status = 'sent_back'"),
    ("set aside or failed", "SELECT COUNT(*) FROM v_messages WHERE state IN ('set_aside', 'failed')"),
)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder with a process.yaml, such as examples/bank.")]
Data = Annotated[Path | None, typer.Option(metavar="DIR", help="The folder with the file to take in.")]
Files = Annotated[
    list[str] | None,
    typer.Option("--file", metavar="SOURCE=PATH", help="A file for one source; may be given several times."),
]


def run(context: typer.Context, folder: Folder, data: Data = None, file: Files = None) -> None:
    """Take the files of an example in, decide everything, and say what came of it. A second run changes nothing."""
    installation: Installation = context.obj
    installation.use(folder / "process.yaml")
    folders = [name for name, source in installation.process.sources.items() if source.kind == "folder"]
    wanted = _files(installation, data, file or []) if not (folders and data and not file) else []
    hub, out, begun = installation.hub, Console(highlight=False), time.monotonic()
    for source in folders:
        with closing(installation.made(source, {"folder": str(data)})) as end, Told(out) as told:
            n = hub.listen(source, end, partial(told.progress, f"reading {source}"))
        out.print(f"{source}: {n:,} records of {escape(str(data))} that were not known as they are")
    for source, path in wanted:
        with _progress(out) as progress:
            task = progress.add_task(f"taking in {escape(path.name)}", total=path.stat().st_size)
            imported = import_file(
                path, hub.process, source, hub.take_in, hub.now(), rejects=Path(f"{path.name}.rejected.csv"),
                on_progress=partial(progress.advance, task),
            )  # fmt: skip
        tell(imported, out, dry_run=False)
    _decide(hub, out)
    with hub.database.read() as connection:
        for name, statement in _CAME_OF:
            out.print(f"{connection.execute(text(statement)).scalar():>10,} {name}")
    out.print(f"in {time.monotonic() - begun:.1f} s by {hub.process.signed}; now: closeloop report")


def _files(installation: Installation, data: Path | None, named: list[str]) -> list[tuple[str, Path]]:
    """Source and file: those named, or the one source with the one file of the folder."""
    found = []
    for each in named:
        source, mark, path = each.partition("=")
        if not mark:
            raise BadInput(f"--file {each!r} names no file; valid is SOURCE=PATH")
        found.append((source, Path(path)))
    if data is None:
        if not found:
            raise BadInput(
                "nothing to take in; name the folder with the file by --data, or a file by --file SOURCE=PATH"
            )
        return found
    sources = [name for name, source in installation.process.sources.items() if source.file is not None]
    if not data.is_dir():
        raise BadInput(f"{data} is no folder; --data names the folder with the file")
    paths = sorted(path for path in data.rglob("*") if path.suffix.lower() in _FORMATS)
    if len(sources) != 1 or len(paths) != 1:
        there = f"{data} has {', '.join(str(path.relative_to(data)) for path in paths) or 'no CSV or JSON lines file'}"
        by = ", ".join(sources) or "no source"
        raise BadInput(f"{there}, and files are taken by {by}; say which is which with --file SOURCE=PATH")
    return [*found, (sources[0], paths[0])]


def _decide(hub: Hub, out: Console) -> None:
    with hub.database.read() as connection:
        waiting: int = connection.execute(text("SELECT COALESCE(SUM(n), 0) FROM v_backlog")).scalar_one()
    with _progress(out) as progress:
        task = progress.add_task("deciding, receipts", total=int(waiting))
        while n := hub.decide("live") + hub.decide("bulk", AT_ONCE):
            progress.advance(task, n)


def _progress(out: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=out,
        transient=True,
    )
