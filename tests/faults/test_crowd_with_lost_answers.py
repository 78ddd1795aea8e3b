"""A crowd, reads that lag, and answers that are lost, all at once: still one person and one record (F2, F10, T4)."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import pytest

from closeloop.crew import pump
from closeloop.ports import Connector, Verb
from closeloop.words.errors import Transient
from support.ends import Ends, ends_of, merging
from support.forgetful import Forgetful, Watched
from support.road import INTERESTED, START, Road, batch_receipt, event, road_on

JOE, NEW = "joe@acme.example", "joe.miller@newco.example"
SPELLINGS = (
    JOE, "Joe@ACME.example", " joe@acme.example ", "JOE@ACME.EXAMPLE", "joe+demo@acme.example",
    "Joe+Price.List@Acme.Example", "\tjoe@acme.example\n",
)  # fmt: skip
CROWD, LOST, DELAY = 100, 0.2, 2.0
"""So many at once; the share of answers that are lost; seconds until what was written can be read."""


@dataclass(frozen=True)
class Town:
    """The road between two vendors that are slow to show what was written, and lose one answer of five."""

    road: Road
    ends: Ends
    watched: dict[str, Watched]

    @property
    def connectors(self) -> dict[str, Connector]:
        return dict(self.watched)  # type: ignore[arg-type] # connectors by what they hand on

    def crowd(self) -> None:
        """So many threads fill in the form, while workers decide and senders send."""
        n_workers = 1 if self.road.database.is_sqlite else 3
        start = threading.Barrier(CROWD + n_workers + len(self.watched))

        def submit(n: int) -> None:
            start.wait()
            said = event("form.submitted", f"f{n}", START, email=SPELLINGS[n % len(SPELLINGS)], **INTERESTED)
            self.road.hub.take_in([batch_receipt([said], START)])

        def work() -> None:
            start.wait()
            for _ in range(CROWD):
                self.road.hub.decide("live", 3)

        def send(source: str) -> None:
            start.wait()
            for _ in range(CROWD // 5):
                self.road.hub.deliver(source, self.connectors[source], f"sender to {source}")

        threads = [threading.Thread(target=submit, args=(n,)) for n in range(CROWD)]
        threads += [threading.Thread(target=work) for _ in range(n_workers)]
        threads += [threading.Thread(target=send, args=(source,)) for source in self.watched]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        self.rest()

    def rest(self) -> None:
        """Some minutes, at first second by second: a retry may come before what was written can be read."""
        for seconds in (*[1] * 6, *[20] * 6, *[300] * 4):
            with suppress(Transient):  # reading has its answers lost too, and goes on the next time
                pump(self.road.hub, self.connectors)
            self.road.clock.advance(timedelta(seconds=seconds))

    def n_people(self) -> object:
        return self.road.one("SELECT COUNT(DISTINCT root_id) FROM entities WHERE kind = 'person'")

    def n_records(self) -> tuple[int, int]:
        return self.ends.crm.count("Lead") + self.ends.crm.count("Contact"), len(self.ends.ma.leads())

    def tries(self) -> dict[str, set[tuple[str, str | None]]]:
        """Who was to be made where → the keys that attempts at it carried; and how many attempts there were."""
        found = defaultdict(set)
        for source, end in self.watched.items():
            for command in end.pushed:
                if command.verb is Verb.CREATE:
                    found[f"{source} {command.object}"].add((command.key, command.our_key))
        return dict(found)

    def most_attempts(self) -> int:
        return max(command.attempt for end in self.watched.values() for command in end.pushed)


def town_on(url: str, delay: float, watch: type[Watched]) -> Iterator[Town]:
    with road_on(url, merging(writes="crm, ma")) as road, ends_of(road) as ends:
        for vendor in (ends.crm, ends.ma):
            vendor.faults.delay_reads(delay)
            vendor.faults.lose_answers(1, share=LOST)
        yield Town(road, ends, {source: watch(end) for source, end in ends.connectors.items()})


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    yield from town_on(database_url, DELAY, Watched)


def test_a_hundred_at_once_in_seven_spellings_are_one_person_and_one_record_on_either_side(town: Town):
    town.crowd()
    assert town.n_people() == 1
    assert town.n_records() == (1, 1)
    assert town.road.one("SELECT SUM(n) FROM sums WHERE line = 'interest[0]'") == CROWD
    assert town.most_attempts() > 1, "no answer was lost, so nothing was shown"
    assert {who: len(keys) for who, keys in town.tries().items()} == {"crm Lead": 1, "ma Lead": 1}
    assert town.road.rows("SELECT key, state FROM commands WHERE state NOT IN ('done')") == []


def test_control_without_keys_and_reading_back_there_are_several_records(sqlite_url: str):
    for town in town_on(sqlite_url, DELAY, Forgetful):
        town.crowd()
        assert min(town.n_records()) > 1


def test_another_address_in_the_crm_makes_nobody_new_and_the_opt_out_reaches_both_sides(town: Town):
    town.crowd()
    [lead] = town.ends.crm.records("Lead")
    town.ends.crm.change(str(lead["Id"]), {"Email": NEW})
    town.rest()
    [there] = town.ends.ma.leads()
    town.ends.ma.update_lead(int(str(there["id"])), unsubscribed=True)
    for n, email in enumerate((JOE, NEW) * 5):
        town.road.act("form.submitted", f"again {n}", email=email, **INTERESTED)
    town.rest()
    assert town.n_people() == 1
    assert town.n_records() == (1, 1)
    assert town.road.rows("SELECT value FROM keys WHERE kind = 'email' ORDER BY value") == [(NEW,), (JOE,)]
    assert town.ends.crm.get(str(lead["Id"]))["HasOptedOutOfEmail"] is True
    [there] = town.ends.ma.leads()
    assert (there["unsubscribed"], there["email"]) == (True, NEW)
