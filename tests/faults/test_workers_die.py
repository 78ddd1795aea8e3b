"""No work is lost or done twice when a worker dies, or when two race for the same person (T3, F2)."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import text

from closeloop.identity import store as identity_store
from closeloop.inbox import store as inbox_store
from closeloop.inbox.nouns import Receipt
from closeloop.words.moment import to_us
from support.facts import facts_of
from support.hub_process import HubProcess
from support.road import INTERESTED, START, Road, batch_receipt, event, road_on

pytestmark = pytest.mark.durable

PEOPLE = 20
SPELLINGS = (
    "joe@acme.example",
    "Joe@acme.example",
    "JOE@ACME.EXAMPLE",
    " joe@acme.example",
    "joe+demo@acme.example",
    "Joe+Price@Acme.Example",
    "joe@acme.example ",
)


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url) as road:
        yield road


def busy_hour() -> list[Receipt]:
    """Forms, pages and webinars of twenty people, each in a request of its own."""
    receipts = []
    for n in range(240):
        who, at = n % PEOPLE, START - timedelta(hours=1) + timedelta(seconds=n)
        email, browser = f"person{who}@company{who % 4}.example", f"browser{who}"
        match n // PEOPLE % 3:
            case 0:
                said = event("page.viewed", f"page{n}", at, visitor=browser, url="/robot/pricing")
            case 1:
                form = {**INTERESTED, "name": f"Person {who}", "company": f"Company {who % 4}"}
                said = event("form.submitted", f"form{n}", at, email=email, visitor=browser, **form)
            case _:
                said = event("webinar.attended", f"webinar{n}", at, email=email, product="robot")
        receipts.append(batch_receipt([said], START))
    return receipts


def wait_until_decided(road: Road, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while road.one("select count(*) from waiting"):
        assert time.monotonic() < deadline, "the workers did not get done"
        time.sleep(0.05)


def test_workers_killed_at_random_lose_nothing_and_repeat_nothing(road: Road, tmp_path):
    chance = random.Random(3)
    receipts = busy_hour()
    with ExitStack() as running:
        n_workers = 1 if road.database.is_sqlite else 3
        workers = [running.enter_context(HubProcess("work", road.database.url)) for _ in range(n_workers)]
        time.sleep(1.5)
        for start in range(0, len(receipts), 60):
            road.hub.take_in(receipts[start : start + 60])
            time.sleep(chance.uniform(0.05, 0.4))
            victim = chance.choice(workers)
            victim.kill()
            victim.start()
        wait_until_decided(road)

    assert road.rows("select state, count(*) from messages group by state") == [("decided", 240)]
    assert road.one("select count(*) from touches") == 240
    assert (
        road.rows("select person_id from commands where verb = 'create' group by person_id, source having count(*) > 1")
        == []
    )
    with road_on(f"sqlite:///{tmp_path / 'alone.db'}") as alone:
        alone.hub.take_in(receipts)
        alone.decide()
        ours, theirs = facts_of(road.database, to_us(START)), facts_of(alone.database, to_us(START))
    assert len(ours.leads) == PEOPLE
    assert ours.differences(theirs) == []


class Dead(BaseException):
    """A worker's death, seen from inside."""


def test_a_worker_that_dies_within_a_batch_leaves_it_to_the_next(road: Road, monkeypatch):
    road.act("form.submitted", "form", email="joe@acme.example", **INTERESTED)
    with monkeypatch.context() as dying:
        dying.setattr(inbox_store, "save_messages", _die)
        with pytest.raises(Dead):
            road.decide()
    road.decide()

    assert road.rows("select state from messages") == [("decided",)]
    assert road.one("select count(*) from touches") == 1


def test_a_worker_that_ends_its_claim_before_the_decision_loses_what_it_held(road: Road, monkeypatch):
    """The control: the claim in a transaction of its own."""
    road.act("form.submitted", "form", email="joe@acme.example", **INTERESTED)
    with road.database.write() as connection:
        claimed = inbox_store.claim(connection, "live", 10)
        inbox_store.done(connection, [receipt.id for receipt in claimed])
    # Here it dies.
    road.decide()

    assert len(claimed) == 1
    assert road.rows("select state from messages") == []


def _die(*_: object) -> None:
    raise Dead


def test_a_hundred_messages_in_seven_spellings_from_several_workers_are_one_person(postgres_url: str):
    with road_on(postgres_url) as road:
        receipts = [
            batch_receipt([event("form.submitted", f"form{n}", START, email=SPELLINGS[n % 7], **INTERESTED)], START)
            for n in range(100)
        ]
        with ExitStack() as running:
            for _ in range(3):
                running.enter_context(HubProcess("work", postgres_url))
            time.sleep(2)
            road.hub.take_in(receipts)
            wait_until_decided(road)

        assert road.rows("select state, count(*) from messages group by state") == [("decided", 100)]
        assert road.one("select count(*) from entities where kind = 'person'") == 1
        assert road.one("select count(*) from leads") == 1
        assert road.one("select sum(n) from sums where line = 'interest[0]'") == 100
        assert road.rows(
            "select verb, source, count(*) from commands where verb = 'create' group by verb, source order by source"
        ) == [("create", "crm", 1), ("create", "ma", 1)]


def race(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers who both look for Joe before either has written him down."""
    both_have_looked = threading.Barrier(2, timeout=20)
    look = identity_store.load
    looked: set[int] = set()

    def look_together(connection, wanted):
        known = look(connection, wanted)
        if threading.get_ident() not in looked:
            looked.add(threading.get_ident())
            both_have_looked.wait()
        return known

    monkeypatch.setattr(identity_store, "load", look_together)
    # Of no company, whose name and domain are locked before anybody looks.
    alone = {name: value for name, value in INTERESTED.items() if name != "company"}
    for n, email in enumerate(("joe.miller@gmail.com", "Joe.Miller+demo@GMAIL.com")):
        road.act("form.submitted", f"form{n}", email=email, **alone)
    workers = [threading.Thread(target=road.hub.decide, args=("live", 1)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def test_two_workers_who_race_for_a_new_address_make_one_person(postgres_url: str, monkeypatch):
    with road_on(postgres_url) as road:
        race(road, monkeypatch)

        assert road.one("select count(*) from entities where kind = 'person'") == 1
        assert road.rows("select state, count(*) from messages group by state") == [("decided", 2)]
        assert road.one("select sum(n) from sums where line = 'interest[0]'") == 2


def test_without_the_unique_claim_two_workers_make_two_people(postgres_url: str, monkeypatch):
    """The control."""
    with road_on(postgres_url) as road:
        with road.database.write() as connection:
            for table in ("keys", "entities", "winners"):
                connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT pk_{table} CASCADE"))
            # The upsert of winners needs its key; people now have other ids, so that it cannot get in the way.
            connection.execute(text("ALTER TABLE winners ADD CONSTRAINT pk_winners PRIMARY KEY (entity_id, field)"))
        race(road, monkeypatch)

        assert int(str(road.one("select count(*) from entities where kind = 'person'"))) == 2
