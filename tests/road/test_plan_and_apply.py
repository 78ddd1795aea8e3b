"""A plan says exactly what applying it then does, and nothing is sent before it is approved (F12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from closeloop.connectors import marketo, salesforce
from closeloop.connectors.marketo.simulator import MarketoSimulator
from closeloop.connectors.salesforce.simulator import Simulator
from closeloop.outbox.plans import Plan
from closeloop.planning import Applied, apply_plan, hold_new, make_plan
from closeloop.ports import Connector
from closeloop.words.errors import BadInput
from support.road import START, Road, b2b, road_on

LONG = "Head of " * 40


@dataclass(frozen=True)
class Both:
    """The road between both vendors, of which some people are known to one, some to the other, some to both."""

    road: Road
    ends: Mapping[str, Connector]
    crm: Simulator
    ma: MarketoSimulator
    ids: Mapping[str, str]

    def plan(self, *sources: str) -> Plan:
        return make_plan(self.road.hub, self.ends, sources or ("crm", "ma"), lambda *_: None)

    def apply(self, plan: Plan, wait=None, ceilings=None) -> Applied:
        return apply_plan(self.road.hub, self.ends, plan, "Ada", lambda *_: None, wait or self.rest, ceilings)

    def rest(self, span: timedelta) -> bool:
        """Time goes on, and nobody wants it to stop before an hour has passed."""
        self.road.clock.advance(span)
        return self.road.clock.now() < START + timedelta(days=1)

    def n_written(self) -> int:
        """Requests that may have written something."""
        crm = sum(self.crm.faults.n_calls(method, "composite") for method in ("POST", "PATCH"))
        return crm + self.ma.faults.n_calls("POST", "leads.json")


@pytest.fixture
def both(database_url: str) -> Iterator[Both]:
    with ExitStack() as stack:
        road = stack.enter_context(road_on(database_url))
        crm = stack.enter_context(salesforce.simulate(road.clock, {each.user: each.name for each in b2b().people}))
        ma = stack.enter_context(marketo.simulate(road.clock))
        ends = {"crm": salesforce.connect(crm.settings, road.clock), "ma": marketo.connect(ma.settings, road.clock)}
        for end in ends.values():
            stack.callback(end.close)
        seller = next(iter(crm.users.values()))
        acme = crm.create_account(seller, Name="Acme Corp")
        ids = {
            name: crm.create_contact(
                seller, FirstName=name.title(), LastName="Miller", Email=f"{name}@acme.example", AccountId=acme,
                Title="Engineer",
            )
            for name in ("joe", "ann", "eve")
        }  # fmt: skip
        road.clock.advance(timedelta(hours=1))
        ma.create_lead(email="joe@acme.example", firstName="Joe", lastName="Miller", title="Chief Engineer")
        ma.create_lead(email="max@other.example", firstName="Max", lastName="Weber")
        road.clock.advance(timedelta(hours=1))
        yield Both(road, ends, crm, ma, ids)


def test_does_exactly_what_it_says_and_a_second_plan_is_empty(both):
    plan = both.plan()
    assert both.n_written() == 0
    assert plan.counts["ma"] == {"create": 2, "update": 1}
    joe = next(line for line in plan.lines if line.source == "ma" and line.verb == "update")
    assert joe.who == "Joe Miller"
    assert {change.field for change in joe.changes} <= {"name", "title", "company", "country", "phone"}
    assert [change.why for change in joe.changes] == ["b2b@7 fields.account.company: crm.Account.Name of 2026-09-01"]
    applied = both.apply(plan)
    assert (applied.done, applied.unlike, applied.left) == (plan.counts, (), 0)
    assert applied.calls == plan.calls
    assert {str(row["email"]) for row in both.ma.leads()} == {f"{n}@acme.example" for n in both.ids} | {
        "max@other.example"
    }
    again = both.plan()
    assert (again.lines, again.counts) == ((), {"crm": {}, "ma": {}})


def test_nothing_is_sent_to_a_new_system_before_a_plan_is_approved(both):
    assert hold_new(both.road.hub, ["crm", "ma"]) == ["crm", "ma"]
    for source, end in both.ends.items():
        both.road.hub.listen(source, end)
    both.road.decide()
    assert [both.road.hub.deliver(source, end, "w") for source, end in both.ends.items()] == [0, 0]
    assert both.n_written() == 0


def test_control_without_a_hold_it_is_sent_at_once(both):
    for source, end in both.ends.items():
        both.road.hub.listen(source, end)
    both.road.decide()
    assert both.road.hub.deliver("ma", both.ends["ma"], "w") > 0
    assert both.n_written() > 0


def test_after_a_plan_changes_go_out_as_they_come(both):
    both.apply(both.plan())
    both.road.clock.advance(timedelta(minutes=10))
    both.crm.change(both.ids["ann"], {"Title": "Director"})
    both.road.hub.listen("crm", both.ends["crm"])
    both.road.decide()
    assert both.road.hub.deliver("ma", both.ends["ma"], "w") == 1


def test_nor_is_a_system_held_again_for_which_the_plan_had_nothing(both):
    plan = both.plan()
    assert (plan.counts["crm"], bool(plan.counts["ma"])) == ({}, True)
    both.apply(plan)
    assert hold_new(both.road.hub, ["crm", "ma"]) == []


def test_refuses_when_the_world_has_moved_and_sends_nothing(both):
    plan = both.plan()
    both.road.clock.advance(timedelta(minutes=10))
    before = both.n_written()
    both.ma.update_lead(1_000_001, company="Umbrella")
    with pytest.raises(BadInput, match=r"the world has moved .* company was None and is 'Umbrella' now"):
        both.apply(plan)
    assert both.n_written() == before
    fresh = both.plan()
    assert both.apply(fresh).unlike == ()
    assert both.plan().lines == ()


def test_refuses_beyond_a_ceiling_whoever_declared_it(both):
    plan = both.plan()
    with pytest.raises(BadInput, match=r"ma: 2 create, and at most 1 are allowed"):
        both.apply(plan, ceilings={"ma": {"create": 1}})
    both.road.hub.process = replace(both.road.hub.process, ceilings={"ma": {"calls": 0}})
    with pytest.raises(BadInput, match="calls, and at most 0 are allowed"):
        both.apply(plan)
    assert both.n_written() == 0
    assert both.apply(plan, ceilings={"ma": {"create": 2, "calls": 100}}).unlike == ()


def test_stopped_it_goes_on_where_it_was(both):
    plan = both.plan()
    both.ends["ma"].batch_size = 1
    first = both.apply(plan, wait=lambda _: False)
    assert first.left > 0
    second = both.apply(plan)
    assert (second.done, second.left) == (plan.counts, 0)
    assert len(both.ma.leads()) == 4
    with pytest.raises(BadInput, match="was applied"):
        both.apply(plan)


def test_an_older_plan_or_one_that_was_edited_is_not_carried_out(both):
    older = both.plan()
    newer = both.plan()
    with pytest.raises(BadInput, match="another plan was made after"):
        both.apply(older)
    with pytest.raises(BadInput, match="was changed"):
        both.apply(replace(newer, lines=newer.lines[:1]))
    assert both.n_written() == 0


def test_what_would_be_refused_is_told_before_and_kept_with_its_reason(both):
    both.crm.change(both.ids["ann"], {"Title": LONG[:119]})
    ends = {**both.ends, "ma": _Short(both.ends["ma"])}
    plan = make_plan(both.road.hub, ends, ("ma",), lambda *_: None)
    refused = [line for line in plan.lines if line.refused]
    assert len(refused) == 1
    assert "title: 119 characters; valid are at most 50" in str(refused[0].refused)
    applied = apply_plan(both.road.hub, ends, plan, "Ada", lambda *_: None, both.rest)
    assert applied.done["ma"]["refused"] == 1
    assert applied.unlike == ()
    assert both.road.rows("SELECT state, reason FROM commands WHERE key = :key", key=refused[0].key) == [
        ("dead", refused[0].refused)
    ]


class _Short:
    """A system like another, that says its titles are short."""

    def __init__(self, end: Connector) -> None:
        self._end = end

    def __getattr__(self, name: str):
        return getattr(self._end, name)

    def discover(self):
        return [
            replace(
                shape,
                fields=tuple(
                    replace(field, max_length=50) if field.name == "title" else field for field in shape.fields
                ),
            )
            for shape in self._end.discover()
        ]


def test_who_was_linked_is_told_until_a_plan_is_approved_and_what_the_hub_makes_is_no_link(both):
    first = both.plan()
    assert [(each.one, each.other, each.why, each.id) for each in first.linked] == [
        (f"Joe Miller: crm Contact {both.ids['joe']}", "ma Lead 1000001", "both have email joe@acme.example", "")
    ]
    second = both.plan()
    assert (second.linked, second.n_links) == (first.linked, 1)
    both.apply(second)
    third = both.plan()
    assert third.n_linked == 3
    assert (third.linked, third.n_links) == ((), 0)
    both.road.clock.advance(timedelta(hours=1))
    both.crm.create_contact(next(iter(both.crm.users.values())), LastName="Weber", Email="max@other.example")
    assert [each.why for each in both.plan().linked] == ["both have email max@other.example"]
