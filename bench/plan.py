"""What a plan foresees for two systems full of people, and what applying it does: `python -m bench.plan CONTACTS`.

CONTACTS is a Parquet file of business contacts with the column `source` (map or crm), as ../shared/tools makes it. All
of map go into a simulated Marketo, the first SALES (5,000) of crm into a real Tryton.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

from support.switch_on import switch_on

SALES = int(os.environ.get("SALES", "5000"))
MARKETING = int(os.environ.get("MARKETING", "0"))
PROJECT = Path(__file__).resolve().parents[1]


def measure(contacts: Path) -> None:
    """Print plan and outcome beside each other, and a second plan."""
    rows = pq.read_table(contacts).to_pylist()
    marketing = [row for row in rows if row["source"] == "map"][: MARKETING or None]
    sales = [row for row in rows if row["source"] == "crm"][:SALES]
    (PROJECT / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="plan-", dir=PROJECT / "var") as name:
        folder, begun = Path(name), time.monotonic()
        with switch_on(f"sqlite:///{folder}/hub.db", folder, marketing, sales) as switch:
            print(
                f"{len(marketing):,} in Marketo, {len(sales):,} in Tryton: loaded in {time.monotonic() - begun:.0f} s"
            )
            begun = time.monotonic()
            plan = switch.plan()
            print(f"plan in {time.monotonic() - begun:.0f} s: {plan.counts}, calls {dict(plan.calls)}")
            print(f"read {dict(plan.n_read)}; {plan.n_linked:,} linked, {plan.n_asked:,} asked")
            begun = time.monotonic()
            applied = switch.apply(plan, {})
            done = {source: dict(counts) for source, counts in applied.done.items()}
            print(f"applied in {time.monotonic() - begun:.0f} s: {done}, calls {dict(applied.calls)}")
            print(f"unlike the plan: {applied.unlike or 'nothing'}; left {applied.left}")
            begun = time.monotonic()
            again = switch.plan()
            print(f"second plan in {time.monotonic() - begun:.0f} s: {again.counts}, {len(again.lines)} lines")
            for line in again.lines[:10]:
                print("  ", line)


if __name__ == "__main__":
    measure(Path(sys.argv[1]))
