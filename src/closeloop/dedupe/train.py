"""A bundle made from the user's own records, without labels: u by a seeded sample, m by expectation maximisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import duckdb
import pyarrow as pa

from closeloop.dedupe.calibrate import calibrated, with_frequencies
from closeloop.dedupe.duckdb_engine import DuckDBEngine, linker_on
from closeloop.dedupe.prepared import Prepared, prepare_table
from closeloop.dedupe.settings import output_name
from closeloop.matching.bundle import Bundle
from closeloop.matching.spec import Comparison, Level, Spec
from closeloop.words.errors import BadInput

_SEED = 20
_MOST_PAIRS = 2e6


def train(table: pa.Table, spec: Spec, *, seed: int = _SEED) -> Bundle:
    """Train a bundle on a table.

    Args:
        table: one row per record, columns named as the fields that the spec reads. Less than some 5,000 records say
            little; duplicates among them are needed.
        spec: what to compare, such as `default_bundle().spec`; its m, u, prior and frequencies are not used, but for
            those that a level keeps `fixed`.
        seed: of the sample; the same table and seed give the same bundle.

    Raises:
        BadInput: a level was never seen, so that it has no m or no u; names each, and what to do.
    """
    prepared = prepare_table(table, spec)
    spec = with_frequencies(prepared, spec)
    spec = replace(
        _with_model(spec, _model(prepared, spec, seed)), made=f"trained on {prepared.n} records, seed {seed}"
    )
    with DuckDBEngine().scored(prepared, spec, None) as scored:
        return Bundle(calibrated(scored.histogram(), prepared.n, spec))


def _model(prepared: Prepared, spec: Spec, seed: int) -> Sequence[dict[str, Any]]:
    with duckdb.connect() as connection:
        linker = linker_on(connection, prepared, spec, trained=False)
        linker.training.estimate_u_using_random_sampling(_MOST_PAIRS, seed=seed, min_count_per_level=None)
        for columns in spec.training:
            linker.training.estimate_parameters_using_expectation_maximisation(
                " and ".join(f"l.{column} = r.{column}" for column in columns),
                estimate_without_term_frequencies=True,
                max_pairs=_MOST_PAIRS,
            )
        comparisons: Sequence[dict[str, Any]] = linker.misc.save_model_to_json()["comparisons"]
        return comparisons


def _with_model(spec: Spec, model: Sequence[dict[str, Any]]) -> Spec:
    trained = {comparison["output_column_name"]: comparison["comparison_levels"] for comparison in model}
    faults: list[str] = []
    comparisons = tuple(
        replace(
            comparison,
            levels=tuple(
                _trained(comparison, level, found, faults)
                for level, found in zip(comparison.levels, trained[output_name(comparison)], strict=True)
            ),
        )
        for comparison in spec.comparisons
    )
    if faults:
        raise BadInput(
            f"never seen in training, so the model is not whole: {'; '.join(faults)}. Train on more records, add "
            "columns under `training` whose agreement meets it, or state it under `fixed`"
        )
    return replace(spec, comparisons=comparisons)


def _trained(comparison: Comparison, level: Level, found: dict[str, Any], faults: list[str]) -> Level:
    if level.silent:
        return level
    m, u = found.get("m_probability"), found.get("u_probability")
    missing = [name for name, value in (("m", m), ("u", u)) if not value]
    if missing:
        faults.append(f"{' and '.join(missing)} of level {level.name!r} of comparison {comparison.name!r}")
    return replace(level, m=m, u=u)
