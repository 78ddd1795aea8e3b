"""The hub between both simulated vendors, with a process that carries merges out in them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from closeloop.comparing import listen
from closeloop.connectors import marketo, salesforce
from closeloop.connectors.marketo.simulator import MarketoSimulator
from closeloop.connectors.salesforce.simulator import Simulator
from closeloop.crew import pump
from closeloop.ports import Connector
from closeloop.process.nouns import Process
from support.road import Road, b2b, b2b_changed


def merging(*systems: str, more: str = "", writes: str = "ma", changes: Sequence[tuple[str, str]] = ()) -> Process:
    """The project's own process, with merges carried out in these systems.

    Args:
        more: what else `matching` says.
        writes: the systems to which the hub writes while a record is marketing's.
        changes: as `b2b_changed` takes them.
    """
    theirs = ("marketing: {write: [ma]", f"marketing: {{write: [{writes}]")
    return b2b_changed(theirs, *changes, more=f"matching: {{merge_in: [{', '.join(systems)}]{more}}}\n")


@dataclass(frozen=True)
class Ends:
    """Both simulated vendors, and the hub's connectors to them."""

    crm: Simulator
    ma: MarketoSimulator
    connectors: dict[str, Connector]


@contextmanager
def ends_of(road: Road) -> Iterator[Ends]:
    users = {each.user: each.name for each in b2b().people}
    with salesforce.simulate(road.clock, users) as crm, marketo.simulate(road.clock) as ma:
        connectors: dict[str, Connector] = {
            "crm": salesforce.connect(crm.settings, road.clock),
            "ma": marketo.connect(ma.settings, road.clock),
        }
        try:
            yield Ends(crm, ma, connectors)
        finally:
            for each in connectors.values():
                each.close()


@pytest.fixture
def ends(road: Road) -> Iterator[Ends]:
    """Both simulated vendors at the ends of the test's road."""
    with ends_of(road) as found:
        yield found


def come_to_rest(road: Road, ends: Ends) -> None:
    """Read, decide and send over some minutes."""
    for _ in range(4):
        pump(road.hub, ends.connectors)
        road.clock.advance(timedelta(minutes=10))


def read(road: Road, ends: Ends) -> None:
    """What changed in the CRM is read and decided, and nothing is sent."""
    road.clock.advance(timedelta(minutes=5))
    listen(road.hub, "crm", ends.connectors["crm"])
    road.decide()


def refs_of_waiting(road: Road) -> list[dict[str, list[str]]]:
    """Those of the conversions that wait."""
    found = road.rows("SELECT refs FROM commands WHERE verb = 'convert' AND state = 'waiting'")
    return [json.loads(str(refs)) for (refs,) in found]


def n_writes(ends: Ends) -> int:
    reads = ("GET",)
    calls = (ends.crm.faults.calls, ends.ma.faults.calls)
    return sum(n for each in calls for call, n in each.items() if not call.startswith(reads) and "oauth" not in call)
