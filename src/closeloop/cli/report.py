"""`closeloop report`: the figures, each with its definition; as a table, as CSV or as JSON."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from closeloop.measure.as_csv import as_csv
from closeloop.measure.nouns import Cell, Column, Report, Row
from closeloop.measure.reports import REPORTS, answer
from closeloop.measure.window import Window
from closeloop.words.errors import BadInput

_WIDTH_IN_A_FILE = 160


def report(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Which report; without one, all are listed.")] = None,
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON object a row.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV with a header line.")] = False,
) -> None:
    """Print a report, or list the reports there are."""
    if json_lines and as_csv:
        raise BadInput("--json and --csv were both given; give one of them, or neither for a table")
    if name is None:
        _list(json_lines=json_lines)
        return
    asked = REPORTS.get(name)
    if asked is None:
        raise BadInput(f"there is no report {name!r}; valid are {', '.join(REPORTS)}")
    window: Window = ctx.obj
    rows = answer(asked, window)
    if json_lines:
        _print_json(asked, rows)
    elif as_csv:
        _print_csv(asked, rows)
    else:
        _print_table(asked, rows, window.process.signed)


def _list(*, json_lines: bool) -> None:
    if json_lines:
        for each in REPORTS.values():
            definition = {"version": each.definition.version, "definition": each.definition.text}
            print(json.dumps({"name": each.name, "question": each.question, **definition}, ensure_ascii=False))
        return
    table = Table("report", "question it answers", box=None, pad_edge=False, header_style="bold")
    for each in REPORTS.values():
        table.add_row(each.name, each.question)
    Console().print(table)


def _print_json(asked: Report, rows: list[Row]) -> None:
    names = [column.name for column in asked.columns]
    for row in rows:
        cells = dict(zip(names, row, strict=True))
        print(json.dumps({**cells, "definition": asked.definition.signed}, ensure_ascii=False))


def _print_csv(asked: Report, rows: list[Row]) -> None:
    print(as_csv([column.name for column in asked.columns], rows), end="")
    print(f"{asked.definition.signed}: {asked.definition.text}", file=sys.stderr)


def _print_table(asked: Report, rows: list[Row], process: str) -> None:
    out = Console(markup=False, highlight=False)
    if not out.is_terminal:
        out.width = max(out.width, _WIDTH_IN_A_FILE)
    out.print(asked.question, style="bold")
    if rows:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in asked.columns:
            table.add_column(
                column.name.replace("_", " "),
                justify="left" if column.unit in ("", "amount") else "right",
                overflow="fold",
            )
        for row in rows:
            table.add_row(*(_shown(cell, column) for cell, column in zip(row, asked.columns, strict=True)))
        out.print(table)
    else:
        out.print("Nothing to count yet.")
    out.print(f"\n{asked.definition.signed}, read with {process}: {asked.definition.text}", style="dim")


def _shown(cell: Cell, column: Column) -> str:
    if cell is None:
        return "–"
    if column.unit == "%":
        return f"{cell:.2f} %"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
