"""Switched on between a real Tryton and a Marketo full of people: nothing happens that the plan did not say (F12)."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.contacts import generated_contacts
from support.switch_on import switch_on
from support.tryton_server import HOME, LACKING


def test_predicts_and_then_does_exactly_the_same_and_a_second_plan_is_empty(
    shared: Path, sqlite_url: str, tmp_path: Path
):
    if not (HOME / "ready").exists():
        pytest.skip(LACKING)
    rows = generated_contacts(shared, 2_000, tmp_path / "contacts.parquet").to_pylist()
    marketing = [row for row in rows if row["source"] == "map"][:250]
    sales = [row for row in rows if row["source"] == "crm"][:80]
    with switch_on(sqlite_url, tmp_path, marketing, sales) as switch:
        before = len(switch.ma.leads())
        plan = switch.plan()
        assert len(switch.ma.leads()) == before == 250
        assert plan.counts["ma"]["create"] > 50
        assert plan.counts["ma"]["update"] > 0
        applied = switch.apply(plan, {})
        assert applied.unlike == ()
        assert applied.done == plan.counts
        assert applied.calls == plan.calls
        assert len(switch.ma.leads()) == before + plan.counts["ma"]["create"] - plan.counts["ma"].get("merge", 0)
        again = switch.plan()
        assert again.lines == ()
