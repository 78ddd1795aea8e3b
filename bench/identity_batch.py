"""A whole base in one pass against plain Splink with the same rules: each in a process of its own, in turns.

Both read the same file and prepare it with the same normal forms; plain Splink then blocks and compares with its own
SQL and puts together by connected components.
"""

from __future__ import annotations

import json
import logging
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from bench.figures import Figure
from bench.identity_sets import CONTACT_FIELDS
from splink import DuckDBAPI, Linker

import closeloop.dedupe.sweep as sweeping
from closeloop.dedupe.prepared import Prepared, prepare_table
from closeloop.dedupe.settings import ROW, splink_settings
from closeloop.matching.bundle import default_bundle
from closeloop.matching.spec import Block, Spec

PROJECT = Path(__file__).resolve().parents[1]


class _Cost(NamedTuple):
    """Of one process: seconds, those of them in the normal forms, the same of processor time, the peak of memory."""

    seconds: float
    preparing: float
    processor: float
    processor_preparing: float
    megabytes: float


def measure_batch(contacts: Path, n: int, rounds: int = 3) -> list[Figure]:
    """Median of rounds: the whole pass, the pass without the normal forms that both share, and the peak of memory."""
    costs: dict[str, list[_Cost]] = {"ours": [], "plain": []}
    for turn in range(rounds):
        for which in list(costs)[:: -1 if turn % 2 else 1]:
            command = [sys.executable, "-m", "bench.identity_batch", which, str(contacts)]
            done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=PROJECT)
            costs[which].append(_Cost(*json.loads(done.stdout.splitlines()[-1])))

    def figure(name: str, unit: str, of: Callable[[_Cost], float]) -> Figure:
        ours, plain = (median(map(of, costs[which])) for which in ("ours", "plain"))
        return Figure(f"batch, {name}", n, ours, unit, plain, ours / plain)

    return [
        figure("whole", "s", lambda cost: cost.seconds),
        figure("without normal forms", "s", lambda cost: cost.seconds - cost.preparing),
        figure("processor, whole", "s", lambda cost: cost.processor),
        figure("processor, without normal forms", "s", lambda cost: cost.processor - cost.processor_preparing),
        figure("peak of memory", "MB", lambda cost: cost.megabytes),
    ]


_in_preparing = [0.0, 0.0]


def _prepare(table: pa.Table, spec: Spec) -> Prepared:
    began, began_processor = time.perf_counter(), time.process_time()
    prepared = prepare_table(table, spec)
    _in_preparing[:] = [time.perf_counter() - began, time.process_time() - began_processor]
    return prepared


def _ours(table: pa.Table) -> None:
    # Timed where it runs: on a busy machine the same preparing takes twice as long from one minute to the next.
    sweeping.prepare_table = _prepare
    sweeping.sweep(table, default_bundle(), adapt=True)


def _plain(table: pa.Table) -> None:
    logging.getLogger("splink").setLevel(logging.ERROR)
    bundle = default_bundle()
    prepared = _prepare(table, bundle.spec)
    columns = {name: column.cast(pa.string()) for name, column in prepared.columns.items()}
    with duckdb.connect() as connection:
        records = pa.table({ROW: pa.array(range(prepared.n), pa.int64()), **columns})
        connection.register("records", records)
        api = DuckDBAPI(connection)
        rules = {"blocking_rules_to_generate_predictions": [_plain_rule(block) for block in bundle.spec.blocks]}
        linker = Linker(api.register("records"), splink_settings(bundle.spec) | rules, log_level=None)
        same_at, ask_at = bundle.thresholds(prepared.n)
        scored = linker.inference.predict(threshold_match_weight=ask_at, warning_mode="never")
        together = linker.clustering.cluster_pairwise_predictions_at_threshold(scored, threshold_match_weight=same_at)
        connection.sql(f"select * from {together.physical_name}").to_arrow_table()


def _plain_rule(block: Block) -> str:
    sides = []
    for side in "lr":
        parts = [part.partition(":") for part in block.on]
        sides.append([f"{side}.{column}" + (f"[:{length}]" if length else "") for column, _, length in parts])
    if block.unordered:
        sides = [[f"least({', '.join(side)})", f"greatest({', '.join(side)})"] for side in sides]
    return " and ".join(f"{left} = {right}" for left, right in zip(*sides, strict=True))


if __name__ == "__main__":
    run = {"ours": _ours, "plain": _plain}[sys.argv[1]]
    read = pq.read_table(sys.argv[2], columns=list(CONTACT_FIELDS))
    began = time.perf_counter(), time.process_time()
    run(read)
    took, processor = time.perf_counter() - began[0], time.process_time() - began[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([took, _in_preparing[0], processor, _in_preparing[1], peak]))
