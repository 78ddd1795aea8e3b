"""Ended at any point at which it writes and started again, the hub comes to the state of a run without that (F11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import delete, text

from closeloop.connectors import marketo, salesforce
from closeloop.crew import pump
from closeloop.db import metadata
from closeloop.flow import Hub
from closeloop.outbox.store import LEASE
from closeloop.ports import Connector
from closeloop.words.moment import ManualClock, to_us
from support.deaths import Dead, Deaths, watch
from support.ends import Ends, ends_of
from support.facts import facts_of
from support.road import INTERESTED, START, Road, batch_receipt, event, road_on

pytestmark = pytest.mark.durable

EMAIL = "joe@acme.example"
STEP = timedelta(hours=1)
IN_CRM = ("Email", "Title", "Phone", "Status", "Company", "OwnerId", "Subject", "IsConverted")
N_RUNS = 7
"""Each ends the hub several times, at points so far from each other; together they end it at every point."""
AT_MA = ("email", "title", "phone", "company", "salesStage", "salesOwner", "salesOutcome")


@dataclass
class World:
    """A hub that may end at any moment, and the vendors, which go on."""

    road: Road
    ends: Ends
    deaths: Deaths

    def hub_does(self, n: int, *events: dict[str, object]) -> None:
        """At the nth hour: take in what a sender sends until it is acknowledged, then everything that follows."""
        self.road.clock.advance(START + n * STEP - self.road.clock.now())
        while True:
            try:
                with self.deaths.arm():
                    if events:
                        self.road.hub.take_in([batch_receipt(events, self.road.clock.now())])
                    pump(self.road.hub, self.ends.connectors)
                return
            except Dead:
                self.begin_again()

    def begin_again(self) -> None:
        """A new process over the same database: nothing of the old one is left but its leases, which run out."""
        for each in self.ends.connectors.values():
            each.close()
        connectors: dict[str, Connector] = {
            "crm": salesforce.connect(self.ends.crm.settings, self.road.clock),
            "ma": marketo.connect(self.ends.ma.settings, self.road.clock),
        }
        self.ends.connectors.update(connectors)
        hub = Hub(self.road.database, self.road.hub.process, self.road.clock)
        hub.begin()
        self.road = Road(hub, self.road.clock)
        self.road.clock.advance(LEASE + timedelta(seconds=5))

    def state(self) -> dict[str, object]:
        """What both vendors and the hub hold in the end, by what it says and not by its ids."""
        crm, road = self.ends.crm, self.road
        rows = {
            name: sorted(tuple(str(row.get(field)) for field in IN_CRM) for row in crm.records(name))
            for name in ("Lead", "Contact", "Task", "Opportunity")
        }
        return {
            **rows,
            "ma": sorted(tuple(str(row.get(field)) for field in AT_MA) for row in self.ends.ma.leads()),
            "nurture": sorted(self.ends.ma.members("reheat_b2b")),
            "leads": road.rows("SELECT product, stage, status, owner, cycle FROM leads ORDER BY product"),
            "events": road.rows("SELECT kind, stage, owner, choice FROM lead_events ORDER BY lead_id, no"),
            "sent": road.rows(
                "SELECT source, verb, object, state, COUNT(*) FROM commands GROUP BY source, verb, object, state "
                "ORDER BY source, verb, object, state"
            ),
            "waiting": road.rows("SELECT 1 FROM waiting"),
        }


def story(road: Road, deaths: Deaths, kind: type[World] = World) -> tuple[dict[str, object], object]:
    """Joe becomes a lead, is edited on both sides and is qualified; the hub's and the vendors' state in the end."""
    with road.database.write() as connection:
        for table in metadata.sorted_tables:
            if table.name != "processes":
                connection.execute(delete(table))
    clock = ManualClock(START)
    hub = Hub(road.database, road.hub.process, clock)
    hub.begin()
    fresh = Road(hub, clock)
    with ends_of(fresh) as ends, watch(road.database, deaths):
        world = kind(fresh, ends, deaths)
        world.hub_does(1, event("form.submitted", "f", START, email=EMAIL, **INTERESTED))
        world.hub_does(2, event("webinar.attended", "w", START, email=EMAIL, product="robot"))
        [lead] = ends.crm.records("Lead")
        ends.ma.update_lead(int(str(ends.ma.leads()[0]["id"])), title="Plant manager")
        ends.crm.change(str(lead["Id"]), {"Phone": "+49 30 1234567"})
        world.hub_does(3)
        ends.crm.set_status(str(lead["Id"]), "Qualified")
        world.hub_does(4)
        world.hub_does(5)
        return world.state(), facts_of(world.road.database, to_us(START))


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url) as found:
        yield found


def test_wherever_the_hub_is_ended_it_comes_to_the_same_state(road):
    counting = Deaths()
    expected, facts = story(road, counting)
    n = len(counting.seen)
    assert {"before a commit", "after POST /rest/v1/leads.json"} <= set(counting.seen)
    assert n > N_RUNS * 2
    for first in range(1, N_RUNS + 1):
        deaths = Deaths(frozenset(range(first, n + 1, N_RUNS)))
        came, known = story(road, deaths)
        assert came == expected, (first, deaths.seen)
        assert facts.differences(known) == [], (first, deaths.seen)


class Forgetful(World):
    """The protection turned off: what the hub was sending was in its memory only."""

    def begin_again(self) -> None:
        with self.road.database.write() as connection:
            connection.execute(delete(metadata.tables["commands"]).where(text("state = 'leased'")))
        super().begin_again()


def test_control_a_hub_that_forgets_what_it_was_sending_comes_to_another_state(road):
    counting = Deaths()
    expected, _ = story(road, counting)
    first = next(n for n, what in enumerate(counting.seen, 1) if what.startswith("after POST /rest/v1/leads"))
    assert story(road, Deaths(frozenset({first})), Forgetful)[0] != expected
