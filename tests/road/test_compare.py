"""A gap is found and healed: what changed at a system without a word, and what happened behind a lost cursor (T8)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

import pytest

from closeloop.comparing import compare, compare_when_due, heal, listen
from closeloop.connectors import marketo, salesforce
from closeloop.connectors.salesforce.simulator import Simulator
from closeloop.outbox.nouns import Compared
from closeloop.ports import Connector, Pulled
from closeloop.words.errors import Lost
from support.road import Road, b2b, road_on


@dataclass(frozen=True)
class Crm:
    """The road beside a CRM with people that it has read."""

    road: Road
    end: Connector
    vendor: Simulator
    ids: dict[str, str]

    def read(self) -> int:
        n = listen(self.road.hub, "crm", self.end, lambda _: None)
        self.road.decide()
        return n

    def compare(self, **how) -> dict[str, Compared]:
        found = {
            name: compare(self.road.hub, "crm", self.end, name, "on demand", lambda _: None, **how)
            for name in self.end.objects()
        }
        self.road.decide()
        return found

    def title(self, who: str) -> object:
        return self.road.one(
            "SELECT w.value FROM v_winners w JOIN v_keys k ON k.root_id = w.root_id"
            " WHERE k.value = :id AND w.field = 'title'",
            id=self.ids[who],
        )

    def read_past(self) -> None:
        """The cursor moves on although nothing was heard, as when a vendor's log has a hole."""
        self.road.clock.advance(timedelta(hours=2))
        self.road.hub.reads_on("crm", self.end.mark())
        self.road.clock.advance(timedelta(hours=2))


@pytest.fixture
def crm(database_url: str) -> Iterator[Crm]:
    with ExitStack() as stack:
        road = stack.enter_context(road_on(database_url))
        vendor = stack.enter_context(salesforce.simulate(road.clock, {each.user: each.name for each in b2b().people}))
        end = salesforce.connect(vendor.settings, road.clock)
        stack.callback(end.close)
        seller = next(iter(vendor.users.values()))
        ids = {
            name: vendor.create_contact(
                seller, FirstName=name.title(), LastName="Miller", Email=f"{name}@acme.example", Title="Engineer"
            )
            for name in ("joe", "ann", "eve")
        }
        road.clock.advance(timedelta(minutes=10))
        found = Crm(road, end, vendor, ids)
        found.read()
        yield found


def differ(crm: Crm) -> str:
    """One contact changed, one gone, one new; nothing of it will ever be told. Gives the new one's id."""
    seller = next(iter(crm.vendor.users.values()))
    crm.vendor.change(crm.ids["joe"], {"Title": "Director"})
    crm.vendor.delete(crm.ids["ann"])
    max_ = crm.vendor.create_contact(seller, FirstName="Max", LastName="Weber", Email="max@acme.example")
    crm.read_past()
    assert crm.read() == 0
    return max_


def test_finds_and_heals_every_difference_that_nobody_told_of(crm):
    differ(crm)
    found = crm.compare()["Contact"]
    assert (found.n_there, found.n_here, found.n_unknown, found.n_gone, found.n_changed) == (3, 3, 1, 1, 1)
    assert found.drift == pytest.approx(1.0)
    assert crm.title("joe") == '"Director"'
    assert crm.road.one("SELECT COUNT(*) FROM v_keys WHERE value = 'max@acme.example'") == 1
    again = crm.compare()["Contact"]
    assert (again.n_unknown, again.n_gone, again.n_changed, again.drift) == (0, 0, 0, 0.0)


def test_control_without_a_compare_the_gap_stays(crm):
    differ(crm)
    assert crm.title("joe") == '"Engineer"'
    assert crm.road.one("SELECT COUNT(*) FROM v_keys WHERE value = 'max@acme.example'") == 0


def test_equal_counts_are_enough_where_that_is_asked_for(crm):
    differ(crm)  # one gone and one new: as many as before
    counted = crm.compare(counts_only=True)["Contact"]
    assert (counted.whole, counted.n_there, counted.n_changed) == (False, 3, 0)
    crm.vendor.delete(crm.ids["eve"])
    assert crm.compare(counts_only=True)["Contact"].n_gone == 2


class _Forgetful:
    """An end whose vendor no longer knows the window of the cursor, once."""

    def __init__(self, end: Connector) -> None:
        self._end, self._forgot = end, False

    def __getattr__(self, name: str):
        return getattr(self._end, name)

    def pull(self, cursor: str | None) -> Pulled:
        if not self._forgot:
            self._forgot = True
            raise Lost("what changed before 2026-09-01 is no longer kept")
        return self._end.pull(cursor)


def test_a_lost_cursor_is_healed_by_a_full_compare_and_reading_goes_on(crm):
    crm.vendor.change(crm.ids["joe"], {"Title": "Director"})
    crm.road.clock.advance(timedelta(days=40))
    end = _Forgetful(crm.end)
    assert listen(crm.road.hub, "crm", end, lambda _: None) == 1
    crm.road.decide()
    assert crm.title("joe") == '"Director"'
    assert crm.road.one("SELECT COUNT(*) FROM compares WHERE why LIKE '%no longer kept%'") == len(crm.end.objects())
    crm.road.clock.advance(timedelta(minutes=10))
    crm.vendor.change(crm.ids["eve"], {"Title": "Chair"})
    crm.road.clock.advance(timedelta(minutes=10))
    assert listen(crm.road.hub, "crm", end, lambda _: None) == 1


def test_what_changes_while_a_cursor_is_healed_is_told_afterwards(crm):
    class Busy(_Forgetful):
        def scan(self, object_name: str, after: str | None) -> Pulled:
            page = self._end.scan(object_name, after)
            if object_name == "Contact":
                crm.vendor.change(crm.ids["eve"], {"Title": "Chair"})
            return page

    heal(crm.road.hub, "crm", Busy(crm.end), "lost", lambda _: None)
    crm.road.clock.advance(timedelta(minutes=10))
    crm.read()
    assert crm.title("eve") == '"Chair"'


def test_is_done_on_schedule_when_nothing_else_is_to_be_done(crm):
    day = timedelta(days=1)
    assert compare_when_due(crm.road.hub, "crm", crm.end, day) == 1
    assert compare_when_due(crm.road.hub, "crm", crm.end, day) == 0
    crm.road.clock.advance(day)
    assert compare_when_due(crm.road.hub, "crm", crm.end, day) == 1
    assert compare_when_due(crm.road.hub, "ma", crm.end, day) == 0  # never read yet


def test_marketos_deletions_that_fell_out_of_its_log_are_found(database_url):
    with road_on(database_url) as road, marketo.simulate(road.clock) as vendor:
        end = marketo.connect(vendor.settings, road.clock)
        ids = [vendor.create_lead(email=f"{name}@acme.example", firstName=name) for name in ("joe", "ann")]
        road.clock.advance(timedelta(minutes=10))
        listen(road.hub, "ma", end, lambda _: None)
        road.decide()
        vendor.delete_lead(ids[0])
        road.clock.advance(timedelta(hours=2))
        road.hub.reads_on("ma", end.mark())
        found = compare(road.hub, "ma", end, "Lead", "on demand", lambda _: None)
        assert (found.n_there, found.n_here, found.n_gone) == (1, 2, 1)
        end.close()
