"""`closeloop match base`: one pass over everybody whom the hub knows; what it finds goes down the road."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Annotated, NamedTuple

import msgspec
import pyarrow as pa
import typer
from sqlalchemy import text

from closeloop.cli.installation import Installation
from closeloop.db import Database
from closeloop.dedupe.engines import engine_at
from closeloop.dedupe.sweep import Swept, sweep
from closeloop.inbox.nouns import Matched
from closeloop.matching.bundle import default_bundle
from closeloop.matching.nouns import Given

_STATED = text("SELECT entity_id, root_id, given FROM v_traits ORDER BY entity_id")
_APART = text("SELECT left_id, right_id FROM v_pairs WHERE state = 'different'")
_given = msgspec.json.Decoder(dict[str, tuple[int, str]]).decode


class Base(NamedTuple):
    """Everybody of whom something was stated, in the order of the rows of `table`."""

    ids: Sequence[str]
    roots: Sequence[str]
    table: pa.Table
    apart: Sequence[tuple[int, int]]


def match_base(
    context: typer.Context,
    engine: Annotated[
        str, typer.Option(help='Who does the work: "duckdb", or a Spark master such as spark://host:7077.')
    ] = "duckdb",
) -> None:
    """Look for doubles among all people of the hub: link the sure ones, ask about the others."""
    installation: Installation = context.obj
    worker = engine_at(engine)
    base = read_base(installation.database)
    swept = sweep(base.table, default_bundle(), apart=base.apart, engine=worker)
    found = matched(base, swept)
    before = _counts(installation.database)
    installation.hub.matched(found)
    while installation.hub.decide("bulk"):
        pass
    n_links, n_pairs = (after - was for after, was in zip(_counts(installation.database), before, strict=True))
    typer.echo(f"{len(base.ids):,} people, {len(found):,} pairs found: {n_links:,} linked, {n_pairs:,} to judge")


def read_base(database: Database) -> Base:
    """What was stated of everybody, and whom people told apart."""
    with database.read() as connection:
        rows = connection.execute(_STATED).all()
        apart = connection.execute(_APART).all()
    place = {row.entity_id: n for n, row in enumerate(rows)}
    said: Sequence[Mapping[str, tuple[int, str]]] = [_given(row.given) for row in rows]
    columns = {
        each.name: pa.array([one.get(each.name, (0, ""))[1] for one in said], pa.string()) for each in fields(Given)
    }
    return Base(
        [row.entity_id for row in rows],
        [row.root_id for row in rows],
        pa.table(columns),
        [(place[left], place[right]) for left, right in apart if left in place and right in place],
    )


def matched(base: Base, swept: Swept) -> list[Matched]:
    """The pairs of people who are not one yet, with the evidence, the heaviest first."""
    found = []
    for pair in swept.pairs.to_pylist():
        left, right = pair["left"], pair["right"]
        if base.roots[left] == base.roots[right]:
            continue
        evidence = swept.bundle.weigh(swept.traits(left), swept.traits(right)).evidence
        one, other = sorted((base.ids[left], base.ids[right]))
        found.append(Matched(one, other, pair["weight"], pair["band"], pair["why"], evidence, swept.bundle.signed))
    return sorted(found, key=lambda each: (-each.weight, each.left_id, each.right_id))


def _counts(database: Database) -> tuple[int, int]:
    """Links that stand, and open pairs."""
    with database.read() as connection:
        links = connection.execute(text("SELECT COUNT(*) FROM v_links WHERE undone_at IS NULL")).scalar_one()
        return links, connection.execute(text("SELECT COUNT(*) FROM v_pairs WHERE state = 'open'")).scalar_one()
