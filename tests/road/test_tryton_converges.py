"""A real Tryton and a simulated Marketo edited at once: the newest edit stands on both, and then nothing moves (T5)."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from closeloop.ports import Ref
from support.sides import process as sides_process
from support.sides.world import Sides, tryton_sides
from support.tryton_server import TrytonServer

BY_SALES, BY_MARKETING = "https://said.by.sales.example", "https://said.by.marketing.example"


def held(sides: Sides, contact: Ref, lead: int) -> tuple[object, object, object]:
    [there] = [each for each in sides.ma.leads() if each["id"] == lead]
    believed = sides.road.one("SELECT value FROM winners WHERE field = 'homepage'")
    return sides.crm.held(contact)["homepage"], there["mealChoice"], str(believed).strip('"')


def edited_on_both_sides(sides: Sides, tag: str) -> list[tuple[object, object, object]]:
    """What both and the hub hold after the seller's edit was the later one, and after the marketer's was."""
    email = f"zoe@{tag}.example"
    contact = sides.crm.contact("Zoe Quill", email, homepage="https://first.example")
    sides.settle()
    lead = int(str((sides.ma.lead_by_email(email) or {})["id"]))
    found = []
    sides.ma.update_lead(lead, mealChoice=BY_MARKETING)
    time.sleep(1.1)  # a real server's clock: later than the hub's, which stands still
    sides.crm.edit(contact, homepage=BY_SALES)
    sides.cycle()
    found.append(held(sides, contact, lead))
    sides.crm.edit(contact, homepage="https://said.too.early.example")
    sides.road.clock.advance(timedelta(minutes=5))
    sides.ma.update_lead(lead, mealChoice=BY_MARKETING)
    sides.cycle()
    found.append(held(sides, contact, lead))
    return found


def test_the_newest_of_two_edits_stands_on_both_sides_and_a_second_cycle_writes_nothing(
    sqlite_url: str, tryton: TrytonServer
):
    with tryton_sides(sqlite_url, tryton) as sides:
        assert edited_on_both_sides(sides, "newest") == [(BY_SALES,) * 3, (BY_MARKETING,) * 3]
        assert [sides.cycle(), sides.cycle()] == [{}, {}]
        assert sides.stuck() == []


def test_control_where_the_crm_is_always_believed_the_later_edit_of_marketing_is_taken_back(
    sqlite_url: str, tryton: TrytonServer, monkeypatch: pytest.MonkeyPatch
):
    newest = "{newest: [crm.website, ma.meal_choice, form.homepage]}"
    assert newest in sides_process._OF_TRYTON
    ranked = sides_process._OF_TRYTON.replace(newest, newest[len("{newest: [") : -len("]}")])
    monkeypatch.setattr(sides_process, "_OF_TRYTON", ranked)
    with tryton_sides(sqlite_url, tryton) as sides:
        assert edited_on_both_sides(sides, "ranked")[1] == ("https://said.too.early.example",) * 3
