"""At most one record is made at the vendor, though its answer was lost or the sender died (T3, T4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

import pytest

from closeloop.connectors import marketo, salesforce
from closeloop.crew import pump
from closeloop.outbox import store as outbox_store
from closeloop.outbox.store import LEASE
from closeloop.ports import Answer, Command, Connector
from closeloop.simulation import Faults
from support.forgetful import Forgetful
from support.hub_process import HubProcess
from support.road import INTERESTED, Road, b2b, road_on

EMAIL = "joe@acme.example"


@dataclass(frozen=True)
class End:
    """One vendor, the hub's connector to it, and how many records of Joe it has."""

    source: str
    connector: Connector
    faults: Faults
    settings: Mapping[str, str]
    count: Callable[[], int]
    reads: Callable[[], int]
    """How often records were read back by their key."""


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url) as road:
        yield road


@pytest.fixture(params=["crm", "ma"])
def end(request, road: Road) -> Iterator[End]:
    with ExitStack() as running:
        if request.param == "crm":
            crm = running.enter_context(
                salesforce.simulate(road.clock, {each.user: each.name for each in b2b().people})
            )
            made = End(
                "crm",
                salesforce.connect(crm.settings, road.clock),
                crm.faults,
                crm.settings,
                lambda: crm.count("Lead"),
                lambda: crm.faults.n_calls("GET", "query"),
            )
        else:
            ma = running.enter_context(marketo.simulate(road.clock))
            made = End(
                "ma",
                marketo.connect(ma.settings, road.clock),
                ma.faults,
                ma.settings,
                lambda: len(ma.leads()),
                lambda: ma.faults.n_calls(containing="leads.json") - ma.faults.n_calls("POST", "leads.json"),
            )
        running.callback(made.connector.close)
        made.connector.limits()
        yield made


def graduate(road: Road) -> None:
    """Joe passes the gate: both systems are to have him."""
    road.act("form.submitted", "form", email=EMAIL, **INTERESTED)
    road.act("webinar.attended", "webinar", email=EMAIL, product="robot")
    road.decide()


def come_to_rest(road: Road, end: End, connector: Connector | None = None) -> None:
    """Send and decide over some minutes."""
    for _ in range(6):
        pump(road.hub, {end.source: connector or end.connector}, listen=False)
        road.clock.advance(timedelta(seconds=20))


def creates(road: Road, end: End) -> list[tuple[object, ...]]:
    """The state of the commands that make a record, and how often each was tried."""
    return road.rows(
        "select state, attempts from commands where verb = 'create' and source = :source", source=end.source
    )


def test_a_lost_answer_makes_no_second_record(road: Road, end: End):
    graduate(road)
    end.faults.lose_answers(1)
    end.faults.delay_reads(2)
    come_to_rest(road, end)

    assert creates(road, end) == [("done", 2)]
    assert end.count() == 1
    assert end.reads() >= 1, "it has to look before it tries again"


def test_without_our_key_a_lost_answer_makes_two(road: Road, end: End):
    """The control."""
    graduate(road)
    end.faults.lose_answers(1)
    come_to_rest(road, end, Forgetful(end.connector))  # type: ignore[arg-type] # a connector by what it hands on

    assert end.count() == 2


def test_a_sender_that_died_after_the_vendor_acted_makes_no_second_record(road: Road, end: End):
    graduate(road)
    settings = end.settings
    with HubProcess(
        "send", road.database.url, end.source, settings["url"], settings["client_id"], settings["client_secret"]
    ) as sender:
        assert sender.wait() == -9
    assert end.count() == 1
    assert creates(road, end) == [("leased", 1)]
    come_to_rest(road, end)

    assert creates(road, end) == [("done", 2)]
    assert end.count() == 1
    assert end.reads() >= 1, "it has to look before it tries again"


class Slow:
    """A sender so slow that it is given up and another one does its work meanwhile."""

    def __init__(self, road: Road, end: End) -> None:
        self._road, self._end = road, end
        self.batch_size, self.bulk_size, self.bulk_from = end.connector.batch_size, end.connector.bulk_size, 0
        self.cost, self.limits = end.connector.cost, end.connector.limits

    @property
    def calls(self) -> int:
        return self._end.connector.calls

    def push(self, commands: Sequence[Command]) -> Sequence[Answer]:
        answers = self._end.connector.push(commands)
        self._road.clock.advance(LEASE + timedelta(seconds=1))
        assert self._road.hub.deliver(self._end.source, self._end.connector, "the other") == len(commands)
        return answers


def answers_of(road: Road) -> object:
    road.decide()
    return road.one("select count(*) from messages where kind = 'answer'")


def test_a_sender_that_comes_back_with_an_old_lease_is_refused(road: Road, end: End):
    graduate(road)

    assert road.hub.deliver(end.source, Slow(road, end), "the slow one") == 0
    assert answers_of(road) == 1
    assert end.count() == 1


def test_without_a_look_at_the_lease_both_senders_are_believed(road: Road, end: End, monkeypatch):
    """The control."""
    monkeypatch.setattr(outbox_store, "end_leases", lambda _connection, keys, _worker: set(keys))
    graduate(road)
    road.hub.deliver(end.source, Slow(road, end), "the slow one")

    assert answers_of(road) == 2


def test_what_was_answered_is_not_sent_again_while_its_answer_waits(road: Road, end: End):
    graduate(road)
    assert road.hub.deliver(end.source, end.connector, "one") == 1
    road.clock.advance(LEASE * 10)

    assert road.hub.deliver(end.source, end.connector, "two") == 0
    road.decide()
    assert creates(road, end) == [("done", 1)]
