"""Many commands go as a vendor's bulk job: each is answered, a bad row alone is refused, none is done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from closeloop.connectors import eloqua, marketo, salesforce
from closeloop.outbox import store as outbox_store
from closeloop.outbox.nouns import Planned
from closeloop.outbox.plans import Plan
from closeloop.planning import Applied, apply_plan, make_plan
from closeloop.ports import Answer, Command, Connector, Value, Verb
from support.road import Road, road_on

BAD = 7
Row = dict[str, Value]


def _lead(n: int) -> Row:
    return {"LastName": f"Miller {n}", "Company": "Acme", "Email": f"p{n}@acme.example" if n != BAD else "nobody"}


def _person(n: int) -> Row:
    return {"email": f"p{n}@acme.example" if n != BAD else "nobody", "title": "CTO"}


@dataclass(frozen=True)
class Kind:
    """A vendor with bulk jobs, how many rows make one, and how often its simulator was asked for one."""

    source: str
    simulate: Callable[..., Any]
    connect: Callable[..., Connector]
    settings: dict[str, str]
    row: Callable[[int], Row]
    n: int
    jobs: Callable[[Any], int]
    there: Callable[[Any], int]


KINDS = {
    "salesforce": Kind(
        "crm", lambda clock: salesforce.simulate(clock, {}), salesforce.connect, {"bulk_poll_seconds": "0.01"}, _lead,
        205, lambda crm: len(crm.bulk.jobs), lambda crm: crm.count("Lead"),
    ),
    "marketo": Kind(
        "ma", marketo.simulate, marketo.connect, {}, _person,
        305, lambda ma: ma.faults.n_calls("POST", "/bulk/v1/leads.json"), lambda ma: len(ma.leads()),
    ),
    "eloqua": Kind(
        "ma", eloqua.simulate, eloqua.connect, {"poll_seconds": "0"}, _person,
        60, lambda ma: ma.faults.n_calls("POST", "/contacts/imports") // 2, lambda ma: len(ma.contacts()),
    ),
}  # fmt: skip


class Killed(BaseException):
    """The process ends at once."""


class DiesOnce:
    """A connector whose process ends when the vendor has done the first job, and nobody has noted it."""

    def __init__(self, end: Connector) -> None:
        self._end, self._alive = end, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._end, name)

    def push(self, commands: Sequence[Command]) -> Sequence[Answer]:
        answers = self._end.push(commands)
        if self._alive:
            self._alive = False
            raise Killed
        return answers


@dataclass(frozen=True)
class Site:
    road: Road
    kind: Kind
    simulator: Any
    end: Any

    def plan(self) -> Plan:
        planned = [
            Planned(
                self.kind.source,
                Command(f"make {n:03}", Verb.CREATE, "Lead", our_key=f"k-{n}", fields=self.kind.row(n)),
                "b2b@7 write",
                "m",
            )
            for n in range(self.kind.n)
        ]
        with self.road.database.write() as connection:
            outbox_store.plan(connection, planned, self.road.clock.now(), bulk=True)
        return make_plan(self.road.hub, {self.kind.source: self.end}, [self.kind.source], lambda *_: None)

    def apply(self, plan: Plan, end: Any, *, in_bulk: bool) -> Applied:
        ends = {self.kind.source: end}
        return apply_plan(self.road.hub, ends, plan, "Ada", lambda *_: None, self.rest, in_bulk=in_bulk)

    def rest(self, span: timedelta) -> bool:
        self.road.clock.advance(span)
        return True

    def read_on(self) -> None:
        """What is at the vendor by now was read by others."""
        self.road.clock.advance(timedelta(hours=2))
        self.road.hub.reads_on(self.kind.source, self.end.mark())

    def states(self) -> dict[object, object]:
        return dict(self.road.rows("SELECT state, COUNT(*) FROM commands GROUP BY state"))  # type: ignore[arg-type] # rows of two columns


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, database_url: str) -> Iterator[Site]:
    kind = KINDS[request.param]
    with ExitStack() as stack:
        road = stack.enter_context(road_on(database_url))
        simulator = stack.enter_context(kind.simulate(road.clock))
        end: Any = kind.connect({**simulator.settings, **kind.settings}, road.clock)
        stack.callback(end.close)
        end.batch_size = min(end.batch_size, 20 if request.param == "salesforce" else 50)
        yield Site(road, kind, simulator, end)


def test_applied_in_bulk_all_are_done_and_a_bad_row_alone_is_refused(site: Site):
    plan = site.plan()
    applied = site.apply(plan, site.end, in_bulk=True)
    assert site.states() == {"done": site.kind.n - 1, "dead": 1}
    assert site.road.rows("SELECT key FROM commands WHERE state = 'dead'") == [(f"make {BAD:03}",)]
    assert (site.kind.jobs(site.simulator), site.kind.there(site.simulator)) == (1, site.kind.n - 1)
    assert applied.left == 0
    assert site.road.one("SELECT MAX(attempts) FROM commands") == 1


def test_killed_in_the_middle_of_a_job_it_goes_on_and_doubles_nobody(site: Site):
    plan, dying = site.plan(), DiesOnce(site.end)
    with pytest.raises(Killed):
        site.apply(plan, dying, in_bulk=True)
    assert site.states() == {"leased": site.kind.n}
    site.read_on()
    applied = site.apply(plan, dying, in_bulk=True)
    assert applied.left == 0
    assert site.states() == {"done": site.kind.n - 1, "dead": 1}
    assert site.kind.there(site.simulator) == site.kind.n - 1


@pytest.mark.parametrize("site", ["eloqua"], indirect=True)
def test_many_of_a_kind_go_as_a_job_by_themselves_and_the_plan_says_at_least_how_many_calls(site: Site):
    plan = site.plan()
    assert (plan.at_least, plan.calls) == (("ma",), {"ma": 7})
    applied = site.apply(plan, site.end, in_bulk=False)
    assert applied.calls["ma"] == plan.calls["ma"] + 1, "one more to read what was refused"
    assert (site.kind.jobs(site.simulator), site.states()) == (1, {"done": site.kind.n - 1, "dead": 1})


@pytest.mark.parametrize("site", ["eloqua"], indirect=True)
def test_control_a_connector_that_knows_no_number_sends_one_by_one(site: Site):
    site.end.bulk_from = 0
    plan = site.plan()
    assert (plan.at_least, plan.calls["ma"] >= site.kind.n) == ((), True)
    assert site.apply(plan, site.end, in_bulk=False).calls["ma"] >= site.kind.n
    assert site.kind.jobs(site.simulator) == 0
