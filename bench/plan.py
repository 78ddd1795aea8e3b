"""What a plan foresees for two systems full of people, and what applying it does: `python -m bench.plan CONTACTS`.

CONTACTS is a Parquet file of business contacts with the column `source` (map or crm), as ../shared/tools makes it. All
of map go into a simulated Marketo, the first SALES (5,000) of crm into a real Tryton. With SYSTEM=salesforce all of
CONTACTS are in a simulated Salesforce, where duplicates are merged, and every tenth in Marketo too.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

from closeloop.words.errors import BadInput
from support.plan_crowd import crowd
from support.switch_on import Switch, switch_on

SYSTEM = os.environ.get("SYSTEM", "tryton")
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
        folder, clock = Path(name), _Clock()
        url = os.environ.get("DATABASE", f"sqlite:///{folder}/hub.db")
        system = crowd(url, rows) if SYSTEM == "salesforce" else switch_on(url, folder, marketing, sales)
        with system as switch:
            clock.say(f"{len(rows):,} contacts loaded into {SYSTEM} and Marketo")
            _plan_and_apply(switch, clock)


def _plan_and_apply(switch: Switch, clock: _Clock) -> None:
    plan = switch.plan()
    clock.say(f"plan: {plan.counts}, calls {dict(plan.calls)}")
    print(f"read {dict(plan.n_read)}; {plan.n_linked:,} linked, {plan.n_asked:,} asked")
    source, verb = next((source, verb) for source, counts in plan.counts.items() for verb in counts)
    most = plan.counts[source][verb] - 1
    try:
        switch.apply(plan, {source: {verb: most}})
        print(f"a ceiling of {most:,} {verb} was NOT kept")
    except BadInput as refused:
        clock.say(f"over a ceiling: {refused}")
    applied = switch.apply(plan, {})
    done = {source: dict(counts) for source, counts in applied.done.items()}
    clock.say(f"applied: {done}, calls {dict(applied.calls)}")
    print(f"unlike the plan: {applied.unlike or 'nothing'}; left {applied.left}")
    again = switch.plan()
    clock.say(f"second plan: {again.counts}, {len(again.lines)} lines")
    for line in again.lines[:10]:
        print("  ", line)


class _Clock:
    """Seconds of the wall and of the processor since something was last said."""

    def __init__(self) -> None:
        self._at = time.monotonic(), time.process_time()

    def say(self, what: str) -> None:
        wall, processor = self._at
        self._at = time.monotonic(), time.process_time()
        print(f"{self._at[0] - wall:6.0f} s, {self._at[1] - processor:6.0f} s of processor: {what}", flush=True)


if __name__ == "__main__":
    measure(Path(sys.argv[1]))
