"""One pass over a whole base: candidate pairs, their weights, bands, guards and clusters."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from closeloop.dedupe.calibrate import calibrated, logit, with_frequencies
from closeloop.dedupe.duckdb_engine import DuckDBEngine
from closeloop.dedupe.engine import Engine
from closeloop.dedupe.prepared import Prepared, prepare_table
from closeloop.matching.bundle import Bundle
from closeloop.matching.cluster import cluster
from closeloop.matching.nouns import Traits

_DUCKDB = DuckDBEngine()
_HOPELESS = 7.0


@dataclass(frozen=True)
class Swept:
    """What a pass found. Rows are counted from 0, in the order of the table.

    Args:
        bundle: what decided; another than the one handed in when it was adapted to the table.
        pairs: left, right (rows, left < right), weight in bits, band ("same" or "ask"), why (the guard that spoke, or
            ""); heaviest first. Pairs below `ask_at` are not kept.
        clusters: for each row the smallest row of its cluster.
        same_at: weight from which a pair is joined without asking.
        ask_at: weight from which a person is asked.
    """

    n_records: int
    bundle: Bundle
    pairs: pa.Table
    clusters: pa.Array
    same_at: float
    ask_at: float
    prepared: Prepared

    def traits(self, row: int) -> Traits:
        """What was compared of one record."""
        return self.prepared.traits(row)


def sweep(
    table: pa.Table,
    bundle: Bundle,
    *,
    adapt: bool = False,
    apart: Collection[tuple[int, int]] = (),
    engine: Engine = _DUCKDB,
) -> Swept:
    """Find who is who in a table.

    Args:
        table: one row per record, columns named as the fields that the bundle reads.
        adapt: take frequencies, prior and thresholds from this table; right for a base that the bundle was not made on.
        apart: pairs of rows that a person told apart; they are never joined and never asked about.

    Raises:
        BadInput: the table has no field that the bundle reads.
    """
    prepared = prepare_table(table, bundle.spec)
    spec = with_frequencies(prepared, bundle.spec) if adapt else bundle.spec
    # Odds below 2^-10 weigh nothing in the prior, and nobody is asked about them.
    least = bundle.thresholds(prepared.n)[1] - (_HOPELESS if adapt else 0.0)
    with engine.scored(prepared, spec, least) as scored:
        shift = 0.0
        if adapt:
            fitting = calibrated(scored.histogram(), prepared.n, spec)
            shift = logit(fitting.prior) - logit(spec.prior)
            bundle = Bundle(replace(fitting, made=f"{spec.made}; adapted to {prepared.n} records"))
        same_at, ask_at = bundle.thresholds(prepared.n)
        pairs = _without(scored.pairs(shift, ask_at, same_at), apart)
    clusters = _clusters(prepared, pairs, bundle, apart)
    return Swept(prepared.n, bundle, pairs, pa.array(clusters, pa.int64()), same_at, ask_at, prepared)


def adapted(table: pa.Table, bundle: Bundle, *, engine: Engine = _DUCKDB) -> Bundle:
    """The bundle with frequencies, prior and thresholds of this table; what was learnt of agreement (m, u) stays."""
    return sweep(table, bundle, adapt=True, engine=engine).bundle


def _clusters(prepared: Prepared, pairs: pa.Table, bundle: Bundle, apart: Collection[tuple[int, int]]) -> list[int]:
    joins = pairs.filter(pc.equal(pairs["band"], "same"))
    guarded = pairs.filter(pc.not_equal(pairs["why"], ""))
    return cluster(
        zip(joins["left"].to_pylist(), joins["right"].to_pylist(), joins["weight"].to_pylist(), strict=True),
        prepared.n,
        apart={*apart, *zip(guarded["left"].to_pylist(), guarded["right"].to_pylist(), strict=True)},
        clash=lambda left, right: bundle.guarded(prepared.traits(left), prepared.traits(right)) != "",
        at_most=bundle.spec.most_per_cluster,
        least_linked=bundle.spec.least_linked,
    )


def _without(pairs: pa.Table, apart: Collection[tuple[int, int]]) -> pa.Table:
    if not apart:
        return pairs
    rejected = {(min(pair), max(pair)) for pair in apart}
    rows = zip(pairs["left"].to_pylist(), pairs["right"].to_pylist(), strict=True)
    return pairs.filter(pa.array([pair not in rejected for pair in rows], pa.bool_()))
