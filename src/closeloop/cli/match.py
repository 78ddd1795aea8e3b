"""`closeloop match`: make a matching bundle from your own records, and teach it by your answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer
from rich.console import Console
from rich.table import Table

from closeloop.cli.match_base import match_base
from closeloop.dedupe.duckdb_engine import DuckDBEngine
from closeloop.dedupe.files import read_records
from closeloop.dedupe.label import LOWEST, Answer, add_answer, judged, read_answers, with_answers, worth_asking
from closeloop.dedupe.prepared import prepare_table
from closeloop.dedupe.sweep import adapted
from closeloop.dedupe.train import train as train_bundle
from closeloop.matching.bundle import Bundle, default_bundle, load_bundle
from closeloop.matching.spec import fields_of

match = typer.Typer(no_args_is_help=True, help="Who is who: make, adapt and teach the bundle that decides it.")
match.command("base")(match_base)

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE…", help="Exports of people: CSV, XLSX, Parquet, JSON lines.")
]
Out = Annotated[Path, typer.Option(help="Where the bundle is written; a name that ends in .gz is compressed.")]
Like = Annotated[
    Path | None, typer.Option("--bundle", help="The bundle to begin with; without one, that which comes along.")
]


@match.command()
def train(
    files: Files,
    out: Out,
    bundle: Like = None,
    seed: Annotated[int, typer.Option(help="Of the sample; the same records and seed give the same bundle.")] = 20,
) -> None:
    """Learn from your records, without labels, how much each agreement says. Fails if a level was never seen."""
    spec = _bundle(bundle).spec
    _written(train_bundle(read_records(files, spec), spec, seed=seed), out)


@match.command()
def adapt(files: Files, out: Out, bundle: Like = None) -> None:
    """Take from your records how common each value is and where the bands begin; what agreement says stays."""
    start = _bundle(bundle)
    _written(adapted(read_records(files, start.spec), start), out)


@match.command()
def label(
    files: Files,
    out: Out,
    answers: Annotated[Path, typer.Option(help="Where answers are kept, one JSON object a line; never asked again.")],
    bundle: Like = None,
    most: Annotated[int, typer.Option(min=0, help="How many pairs to ask about at most.")] = 40,
) -> None:
    """Ask about the most telling pairs, and set the bands by all answers so far."""
    start = _bundle(bundle)
    records = read_records(files, start.spec)
    prepared = prepare_table(records, start.spec)
    with DuckDBEngine().scored(prepared, start.spec, None) as scored:
        evidence = scored.histogram()
        _ask(records, scored.pairs(0.0, LOWEST, float("inf")), start, answers, most)
    weighed = judged(read_answers(answers), start)
    _written(Bundle(with_answers(start.spec, evidence, prepared.n, weighed)), out)


def _ask(records: pa.Table, pairs: pa.Table, bundle: Bundle, answers: Path, most: int) -> None:
    known = {_key(answer.left, answer.right) for answer in read_answers(answers)}
    fields = fields_of(bundle.spec)
    console = Console(highlight=False)
    for left, right, _ in worth_asking(pairs, most):
        one, other = (
            {field: value for field in fields if (value := records[field][row].as_py())} for row in (left, right)
        )
        if _key(one, other) in known:
            continue
        _show(one, other, bundle, console)
        said = typer.prompt("one person? y(es), n(o), s(kip), q(uit)", default="s", show_default=False).strip().lower()
        if said.startswith("q"):
            return
        if said[:1] in ("y", "n"):
            add_answer(answers, Answer(one, other, "same" if said[0] == "y" else "different"))


def _show(one: dict[str, str], other: dict[str, str], bundle: Bundle, console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for field in dict.fromkeys([*one, *other]):
        table.add_row(f"[dim]{field}[/dim]", one.get(field, ""), other.get(field, ""))
    console.print(table)
    weight = bundle.weigh(bundle.prepare(one), bundle.prepare(other))
    said = ", ".join(f"{each.comparison} {each.level} {each.weight:+.1f}" for each in weight.evidence)
    console.print(f"{weight.total:+.1f} bits: {said}", style="dim", markup=False)


def _key(one: object, other: object) -> frozenset[str]:
    return frozenset((repr(one), repr(other)))


def _bundle(path: Path | None) -> Bundle:
    return load_bundle(path) if path else default_bundle()


def _written(bundle: Bundle, out: Path) -> None:
    bundle.save(out)
    bands = bundle.spec.bands
    typer.echo(
        f"{bundle.signed} is written to {out}: same from {bands.same} bits, ask from {bands.ask} bits, in a base of "
        f"{bands.n_records:,} records ({bundle.spec.made})"
    )
