"""Of somebody who was erased no plan says anything any more, and of others it says the same."""

from __future__ import annotations

from dataclasses import replace

from closeloop.outbox.store.erase import blank_plans
from closeloop.outbox.store.plans import load_plan, save_plan
from support.plan_shown import LINES, LINKED, PLAN
from support.road import road_on


def test_lines_say_nothing_of_them_and_their_links_go(database_url):
    theirs = replace(LINES[1], person_id="b")
    with road_on(database_url) as road, road.hub.database.write() as connection:
        save_plan(connection, replace(PLAN, lines=(LINES[0], theirs)))
        blank_plans(connection, ["b"], {"k2"})
        kept = load_plan(connection, "plan-1")
    assert kept is not None
    assert kept[0].lines == (LINES[0], replace(theirs, who="", record_id=None, into=None))
    assert (kept[0].linked, kept[0].n_links) == (LINKED[:1], 7)
