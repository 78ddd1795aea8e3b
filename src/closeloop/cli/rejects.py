"""`closeloop rejects`: what systems refused, by cause; one by one; as a file; and tried again."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from closeloop.cli.installation import Installation
from closeloop.inbox.nouns import Click
from closeloop.measure.reject_lines import causes_as_csv, rows_as_csv
from closeloop.measure.reject_rows import RejectRow, reject_rows
from closeloop.measure.rejects import Rejects, rejected
from closeloop.measure.rejects import rejects as every_cause
from closeloop.measure.stored import as_plain, in_words
from closeloop.web.console.came_of import retried
from closeloop.web.hub_window import HubWindow
from closeloop.words.errors import BadInput

AT_ONCE = 100
"""Commands that one receipt tries again."""
_WIDTH_IN_A_FILE = 200
_IS_REFUSED = text("SELECT 1 FROM v_commands WHERE key = :key AND state = 'dead'")
Given = Annotated[
    str, typer.Argument(metavar="[CAUSE]", help="A cause as the list names it, its beginning, or one command's key.")
]
Retry = Annotated[bool, typer.Option("--retry", help="Try them again, once the remedy is done.")]
Yes = Annotated[bool, typer.Option("--yes", help="With --retry: do not ask.")]
By = Annotated[str, typer.Option(metavar="NAME", help="With --retry: who does it; kept with the click.")]
JsonLines = Annotated[bool, typer.Option("--json", help="One JSON object a line, with every field.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="CSV with a header line.")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="With --csv or --json: into this file.")]
Show = Annotated[int, typer.Option(min=0, help="How many commands the table shows.")]


def rejects(
    context: typer.Context,
    given: Given = "",
    *,
    retry: Retry = False,
    yes: Yes = False,
    by: By = "the command line",
    as_json: JsonLines = False,
    as_csv: AsCsv = False,
    out: Out = None,
    show: Show = 20,
) -> None:
    """List what systems refused by cause, the commands of one cause, or try them again."""
    installation: Installation = context.obj
    if (as_json and as_csv) or (retry and (as_json or as_csv)) or (out is not None and not (as_json or as_csv)):
        raise BadInput("give one of --csv, --json and --retry; --out names the file of --csv or --json")
    if retry and not given:
        raise BadInput("say what is tried again: a cause as `closeloop rejects` lists it, or a command's key")
    causes, keys = _found(installation, given)
    if retry:
        _retry(installation, causes, keys, by, yes=yes)
    elif as_json or as_csv:
        _write(
            _as_csv(installation, given, causes, keys) if as_csv else _as_json(installation, given, causes, keys), out
        )
    elif given:
        _list_rows(installation, keys, show)
    else:
        _list_causes(causes)


def _found(installation: Installation, given: str) -> tuple[Sequence[Rejects], Sequence[str]]:
    """The cause of this id, else those that begin so, and their commands' keys; every cause and no keys without it."""
    with installation.database.read() as connection:
        every = every_cause(connection)
        causes = [each for each in every if each.id == given] or [each for each in every if each.id.startswith(given)]
        if not given:
            return causes, ()
        if connection.execute(_IS_REFUSED, {"key": given}).first() is not None:
            return (), (given,)
        if not causes:
            valid = ", ".join(each.id for each in every) or "none: nothing is refused"
            raise BadInput(f"no cause begins with {given!r}, and it is no refused command; valid are {valid}")
        wanted: dict[str, set[str]] = {}
        for each in causes:
            wanted.setdefault(each.source, set()).add(each.key)
        keys = [key for source, of in wanted.items() for key in rejected(connection, source, of, at_most=None)]
        return causes, keys


def _retry(installation: Installation, causes: Sequence[Rejects], keys: Sequence[str], by: str, *, yes: bool) -> None:
    if not keys:
        raise BadInput("nothing of it was given up: what is put off is tried again by itself")
    for cause in causes:
        typer.echo(f"{cause.n:>8,}  {cause.source}: {cause.what}; {cause.remedy}")
    if not yes:
        if not sys.stdin.isatty():
            raise BadInput("there is no terminal to ask on, so nothing was tried again; --yes does it without asking")
        if not typer.confirm(f"Try {len(keys):,} {'command' if len(keys) == 1 else 'commands'} again?"):
            raise typer.Exit(1)
    window = HubWindow(installation.hub)
    verdicts = [
        verdict
        for start in range(0, len(keys), AT_ONCE)
        for verdict in window.decide(*(Click("retry", key, "", by) for key in keys[start : start + AT_ONCE]))
    ]
    said, state = retried(verdicts, is_all=True)
    typer.echo(said)
    if state != "decided":
        raise typer.Exit(2)


def _rows(installation: Installation, keys: Sequence[str]) -> Iterator[RejectRow]:
    with installation.database.read() as connection:
        yield from reject_rows(connection, installation.process, keys)


def _as_csv(installation: Installation, given: str, causes: Sequence[Rejects], keys: Sequence[str]) -> str:
    return rows_as_csv(_rows(installation, keys)) if given else causes_as_csv(causes)


def _as_json(installation: Installation, given: str, causes: Sequence[Rejects], keys: Sequence[str]) -> str:
    if given:
        told = [as_plain(row) for row in _rows(installation, keys)]
    else:
        told = [as_plain({"id": each.id} | {f.name: getattr(each, f.name) for f in fields(each)}) for each in causes]
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in told)


def _write(said: str, out: Path | None) -> None:
    if out is None:
        typer.echo(said, nl=False)
        return
    try:
        out.write_text(said, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror}; name another file with --out") from None
    typer.echo(f"written to {out}", err=True)


def _list_causes(causes: Sequence[Rejects]) -> None:
    if not causes:
        typer.echo("nothing was refused")
        return
    table = Table("cause", "stopped", "put off", "oldest", "what", "what to do", box=None, pad_edge=False)
    for each in causes:
        since = f"{each.since:%Y-%m-%d %H:%M}" if each.since else "–"
        table.add_row(each.id, f"{each.n:,}", f"{each.n_put_off:,}", since, each.what, each.remedy)
    _out().print(table)


def _list_rows(installation: Installation, keys: Sequence[str], show: int) -> None:
    table = Table(
        "command", "record", "who", "owner", "field", "tried", "held", "allowed", "decided by", "reason", box=None,
        pad_edge=False,
    )  # fmt: skip
    for row in _rows(installation, keys[:show]):
        record = " ".join(filter(None, (row.source, row.verb, row.object, row.record_id)))
        columns = zip(
            *(
                (each.name, in_words(each.tried) or "(empty)", in_words(each.held) or "–", each.allowed or "–",
                 _place(each.rule, each.line))
                for each in row.named
            ), strict=True,
        )  # fmt: skip
        told = ["\n".join(column) for column in columns] or ["–"] * 4 + [_place(row.rule, row.line)]
        table.add_row(row.key, record, row.called or "–", row.owner or "–", *told, row.reason)
    _out().print(table)
    if len(keys) > show:
        typer.echo(f"{len(keys) - show:,} more; --show says how many are shown, --csv and --json give all")


def _place(rule: str, line: int) -> str:
    return f"{rule}, line {line}" if rule else "–"


def _out() -> Console:
    out = Console(markup=False, highlight=False)
    if not out.is_terminal:
        out.width = max(out.width, _WIDTH_IN_A_FILE)
    return out
