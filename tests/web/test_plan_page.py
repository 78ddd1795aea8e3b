"""The console's page of a plan tells what goes into what, and who was linked."""

from __future__ import annotations

import httpx2
from starlette.applications import Starlette

from closeloop.outbox.linked import HOLDS
from closeloop.outbox.store.plans import save_plan
from closeloop.web.console import console
from closeloop.web.hub_window import HubWindow
from support.plan_shown import PLAN
from support.road import road_on
from support.served import served


def test_merges_conversions_and_links_are_told(sqlite_url):
    with road_on(sqlite_url) as road:
        with road.hub.database.write() as connection:
            save_plan(connection, PLAN)
        with served(Starlette(routes=console(HubWindow(road.hub, {})))) as address:
            said = httpx2.get(f"{address}/plans").text
            found = httpx2.get(f"{address}/plans?find=contact+003c").text
    for part in ("goes into it", "goes into Contact 003C", HOLDS, "J. Miller: ma Lead 17", "/merges?find=link-1"):
        assert part in said
    for verb in ("merge", "convert", "join", "create"):
        assert f"<td>{verb}</td>" in said
    assert "1 line," in found
