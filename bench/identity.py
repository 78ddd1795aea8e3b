"""Who is who: how right, how fast, in how much memory.

`python -m bench.identity` from the project's folder, with --json for one JSON object a line. SIZES are the numbers of
generated contacts (5000000 only when asked: 8 GB), PARTS those of sets, companies, contacts, batch and live to measure,
FOLDER keeps generated contacts for the next run. It needs `../shared` with the public sets. No threshold and no model
is fitted to labels; what was chosen by someone who had seen some is said in `bench.identity_specs`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from bench.figures import Figure, tell
from bench.identity_batch import measure_batch
from bench.identity_live import measure_live
from bench.identity_sets import generated
from bench.identity_trials import SEEDS, measure_companies, measure_generated, measure_sets

SIZES = tuple(int(size) for size in os.environ.get("SIZES", "100000,1000000").split(","))
PARTS = os.environ.get("PARTS", "sets,companies,contacts,batch,live").split(",")


def measure(folder: Path) -> list[Figure]:
    """Every part that was asked for; generated contacts are kept in `folder`."""
    figures = []
    if "sets" in PARTS:
        figures += measure_sets()
    if "companies" in PARTS:
        figures += measure_companies()
    for n in SIZES:
        if "contacts" in PARTS:
            figures += measure_generated(n, folder)
        if "batch" in PARTS:
            generated(n, SEEDS[0], folder)
            figures += measure_batch(folder / f"contacts-{n}-{SEEDS[0]}.parquet", n)
        if "live" in PARTS:
            figures += measure_live(generated(n, SEEDS[0], folder))
    return figures


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        kept = Path(os.environ.get("FOLDER", made))
        tell(measure(kept), as_json="--json" in sys.argv or os.environ.get("JSON") == "1")
