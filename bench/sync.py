"""How fast systems are kept alike: merging by sets, calls for each changed record, and a cycle without a change.

`python -m bench.sync` from the project's folder, with --json for one JSON object a line. SIZES are the numbers of
people, DATABASES some of sqlite and postgresql, PARTS some of survivorship, calls, quiet and rescore,
which takes the first of SIZES, and ten and a hundred times that many people (of a thousand, if SIZES says nothing);
LOOPS are the loops that survivorship is measured against, plain and careful unless it says one.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from bench.figures import Figure, fsyncs_a_second, tell
from bench.sync_calls import measure_calls
from bench.sync_quiet import measure_quiet
from bench.sync_rescore import measure_rescore
from bench.sync_survivorship import measure_survivorship

from support.postgres import NoPostgres, PostgresServer

PROJECT = Path(__file__).resolve().parents[1]
SIZES = tuple(int(size) for size in os.environ.get("SIZES", "10000,100000,1000000").split(","))
# As an administrator sets up a server of 8 GiB or more; PostgreSQL's own settings are for 1 GiB.
SERVER = {"shared_buffers": "2GB", "work_mem": "64MB", "maintenance_work_mem": "512MB", "max_wal_size": "8GB"}
PARTS = os.environ.get("PARTS", "survivorship,calls,quiet,rescore").split(",")


def measure() -> list[Figure]:
    """Every part that was asked for, on every database that is there."""
    # In the project's folder, not in /tmp, which may be memory: what is measured is the disk.
    var = PROJECT / "var"
    var.mkdir(exist_ok=True)
    figures = measure_calls() if "calls" in PARTS else []
    for kind in os.environ.get("DATABASES", "sqlite,postgresql").split(","):
        with tempfile.TemporaryDirectory(prefix="bench-", dir=var) as name, contextlib.ExitStack() as stack:
            folder = Path(name)
            try:
                server = stack.enter_context(PostgresServer(settings=SERVER)) if kind == "postgresql" else None
            except NoPostgres as error:
                print(error, file=sys.stderr)
                continue
            figures.append(Figure(f"fsync, {kind}", 1, fsyncs_a_second(folder), "fsyncs/s"))
            if "survivorship" in PARTS:
                for n in SIZES:
                    figures += measure_survivorship(kind, folder, server, n)
            if "rescore" in PARTS:
                figures += measure_rescore(kind, folder, server, SIZES[0] if "SIZES" in os.environ else 1_000)
            if "quiet" in PARTS:
                figures += measure_quiet(kind, folder, server, SIZES)
    return figures


if __name__ == "__main__":
    tell(measure(), as_json="--json" in sys.argv or os.environ.get("JSON") == "1")
