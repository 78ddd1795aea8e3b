"""The console's desk for plans: one at a time, in a thread of its own, which ends with the hub."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from closeloop.ports import Pulled
from closeloop.web.plan_desk import PlanDesk
from closeloop.words.errors import Transient
from support.counted_end import CountedEnd, Vendor
from support.road import Road, road_on


class Slow(CountedEnd):
    """Answers a reading only when it is let go, and has always more to tell."""

    def __init__(self, vendor: Vendor) -> None:
        super().__init__(vendor)
        self.asked, self.go = threading.Event(), threading.Event()

    def pull(self, cursor: str | None) -> Pulled:
        self.asked.set()
        assert self.go.wait(20)
        self._call()
        return Pulled((), cursor or "0", more=self.calls < 50)


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url) as found:
        yield found


def ended(desk: PlanDesk) -> None:
    rest = threading.Event()
    assert any(not desk.making().is_running or rest.wait(0.02) for _ in range(500)), "it goes on"


def test_a_plan_is_made_for_the_systems_of_the_process_and_none_while_one_is_being_made(road):
    end = Slow(Vendor())
    desk = PlanDesk(road.hub, {"crm": end, "mail": CountedEnd(Vendor())})
    assert desk.sources == ("crm",)
    desk.make()
    assert end.asked.wait(10)
    desk.make()
    assert desk.making().is_running
    end.go.set()
    ended(desk)
    assert desk.making().error == ""
    assert road.rows("SELECT state, sources FROM plans") == [("open", "crm")]


def test_it_ends_with_the_hub_and_no_plan_is_kept(road):
    end = Slow(Vendor())
    desk = PlanDesk(road.hub, {"crm": end})
    desk.make()
    assert end.asked.wait(10)
    closing = threading.Thread(target=desk.close)
    closing.start()
    assert desk._stop.wait(10)
    end.go.set()
    closing.join(20)
    assert desk.making().error == "the hub was stopped; make it again"
    assert road.one("SELECT COUNT(*) FROM plans") == 0
    desk.make()
    assert not desk.making().is_running


def test_a_system_that_cannot_be_read_is_named(road):
    vendor = Vendor()
    vendor.away = Transient("HTTP 503")
    desk = PlanDesk(road.hub, {"crm": CountedEnd(vendor)})
    desk.make()
    ended(desk)
    assert "HTTP 503" in desk.making().error
    assert road.one("SELECT COUNT(*) FROM plans") == 0


def test_without_connected_systems_none_is_made(road):
    desk = PlanDesk(road.hub, {})
    desk.make()
    assert (desk.sources, desk.making().is_running, desk.making().error) == ((), False, "")
