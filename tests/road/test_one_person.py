"""One person stays one: racing deliveries (F2), conversions and merges at the vendor (F3), another address (F10)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from closeloop.identity import store as identity_store
from closeloop.identity.attribute import _Desk
from closeloop.inbox import records
from closeloop.inbox.nouns import Receipt
from closeloop.matching.bundle import Bundle
from closeloop.ports import Record, Ref
from support.road import INTERESTED, START, Road, batch_receipt, event, identify, page_of, road_on
from support.vendor_words import told

JOE, HOME, NEW = "joe@acme.example", "joe@home.example", "joe.miller@newco.example"
SPELLINGS = (
    JOE, "Joe@ACME.example", " joe@acme.example ", "JOE@ACME.EXAMPLE", "joe+demo@acme.example",
    "Joe+Price.List@Acme.Example", "\tjoe@acme.example\n",
)  # fmt: skip
ALIKE = ("joe@acme.example", "joe.miller@acme.example", "j.miller@gmail.com", "joe@home.example")


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url) as found:
        yield found


def n_people(road: Road) -> int:
    return int(str(road.one("SELECT COUNT(DISTINCT root_id) FROM entities WHERE kind = 'person'")))


def submitted_at_once(road: Road, addresses: tuple[str, ...], n: int = 100, n_workers: int = 4) -> None:
    """So many threads fill in the form at the same moment, while workers decide one receipt after the other."""
    start = threading.Barrier(n + n_workers)

    def submit(number: int) -> None:
        start.wait()
        said = event(
            "form.submitted", f"f{number}", START, email=addresses[number % len(addresses)], tel="+49 171 1234567",
            **INTERESTED,
        )  # fmt: skip
        road.hub.take_in([batch_receipt([said], START)])

    def work() -> None:
        start.wait()
        for _ in range(n):
            road.hub.decide("live", 3)

    threads = [threading.Thread(target=submit, args=(number,)) for number in range(n)]
    threads += [threading.Thread(target=work) for _ in range(n_workers if not road.database.is_sqlite else 1)]
    threads += [threading.Thread(target=start.wait) for _ in range(n + n_workers - len(threads))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    road.decide()
    assert road.rows("SELECT DISTINCT state FROM messages") == [("decided",)]


def test_a_hundred_threads_with_seven_spellings_of_one_address_make_one_person(road: Road):
    submitted_at_once(road, SPELLINGS)
    assert road.one("SELECT COUNT(*) FROM entities WHERE kind = 'person'") == 1
    assert road.one("SELECT SUM(n) FROM sums WHERE line = 'interest[0]'") == 100
    assert road.one("SELECT COUNT(*) FROM commands WHERE verb = 'create' AND source = 'crm'") == 1


def test_a_hundred_threads_with_four_addresses_of_one_person_make_one_person(road: Road):
    submitted_at_once(road, ALIKE)
    assert n_people(road) == 1
    assert road.rows("SELECT state FROM pairs WHERE state NOT IN ('same', 'moot')") == []
    assert road.one("SELECT SUM(n) FROM sums WHERE line = 'interest[0]'") == 100


def race(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers with one new person under two addresses; the first who has looked waits a while for the second."""
    both_have_looked = threading.Barrier(2)
    look, looked = identity_store.candidates, set[int]()

    def look_together(*asked):
        found = look(*asked)
        if threading.get_ident() not in looked:
            looked.add(threading.get_ident())
            with suppress(threading.BrokenBarrierError):
                both_have_looked.wait(3)
        return found

    monkeypatch.setattr(Bundle, "thresholds", lambda *_: (-1_000.0, -1_000.0))  # one name is enough to be sure
    monkeypatch.setattr(identity_store, "candidates", look_together)
    for n, email in enumerate((JOE, HOME)):
        # Nothing but the name in common: whoever makes the same account or phone second would look again anyway.
        road.act("form.submitted", f"f{n}", email=email, name="Joe Miller")
    workers = [threading.Thread(target=road.hub.decide, args=("live", 1)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    road.decide()


def test_two_workers_with_one_new_person_under_two_addresses_make_one_person(postgres_url: str, monkeypatch):
    with road_on(postgres_url) as road:
        race(road, monkeypatch)
        assert n_people(road) == 1


def test_control_without_the_lock_on_likeness_each_worker_makes_its_own(postgres_url: str, monkeypatch):
    monkeypatch.setattr(identity_store, "lock_likeness", lambda *_: None)
    with road_on(postgres_url) as road:
        race(road, monkeypatch)
        assert n_people(road) == 2


def contact(road: Road, record_id: str, name: str = "Contact", **more: object) -> Record:
    became = more.pop("became", ())
    return Record(
        name, record_id, "person", road.clock.now(), dict(more), became=became,  # type: ignore[arg-type] # as given
    )  # fmt: skip


def test_a_lead_that_is_converted_merged_and_deleted_at_the_vendor_stays_one_person_with_all_they_did(road: Road):
    road.act("form.submitted", "f1", email=JOE, **INTERESTED)
    road.decide()
    person = road.one("SELECT id FROM entities WHERE kind = 'person'")
    told(road, contact(road, "00Q1", "Lead", Email=JOE, Name="Joe Miller"))
    road.clock.advance(timedelta(hours=1))
    told(road, contact(road, "00Q1", "Lead", Email=JOE, Name="Joe Miller", became=(Ref("Contact", "0031"),)))
    told(road, contact(road, "0031", Email=JOE, Name="Joe Miller"))
    road.act("webinar.attended", "w1", email=JOE, product="robot")
    told(road, contact(road, "0032", Email=HOME, Name="Joe Miller"))
    road.act("email.clicked", "c1", email=HOME, product="robot")
    road.decide()
    before = road.rows("SELECT line, SUM(n) FROM sums GROUP BY line ORDER BY line")
    road.clock.advance(timedelta(hours=1))
    told(road, contact(road, "0032", Email=HOME, Name="Joe Miller", became=(Ref("Contact", "0031"),)))
    gone = Record("Contact", "0032", "person", road.clock.now(), {}, became=(Ref("Contact", "0031"),), deleted=True)
    told(road, gone)
    assert n_people(road) == 1
    assert road.rows("SELECT DISTINCT root_id FROM entities WHERE kind = 'person'") == [(person,)]
    assert road.rows("SELECT line, SUM(n) FROM sums GROUP BY line ORDER BY line") == before, "nothing counts twice"
    n_entities = road.one("SELECT COUNT(*) FROM entities")
    road.act("form.submitted", "f2", email=HOME, product="robot")
    road.decide()
    told(
        road,
        Record("Task", "00T1", "task", road.clock.now(), {}, {"person": Ref("Contact", "0032")}, touch="call.logged"),
    )
    assert road.one("SELECT COUNT(*) FROM entities") == n_entities, "no new person, and dead ids resolve"
    roots = road.rows("SELECT DISTINCT e.root_id FROM touches t JOIN entities e ON e.id = t.person_id")
    assert roots == [(person,)]
    assert road.one("SELECT COUNT(*) FROM touches") == 5, "as many acts as came in"


def has_another_address_now(road: Road) -> None:
    """Joe's address is changed in the CRM, he unsubscribes with the old one, and fills in a form with either."""
    told(road, contact(road, "0031", Email=JOE, Name="Joe Miller", Country="DE"))
    road.clock.advance(timedelta(hours=1))
    told(road, contact(road, "0031", Email=NEW, Name="Joe Miller", Country="DE"))
    unsubscribed = Record("Lead", "77", "person", road.clock.now(), {"email": JOE, "unsubscribed": True})
    road.hub.take_in([page(road, unsubscribed)])
    for email in (JOE, NEW):
        road.act("form.submitted", f"form {email}", email=email, **INTERESTED)
        road.act("webinar.attended", f"webinar {email}", email=email, product="robot")
    road.decide()


def test_another_address_in_the_crm_is_the_same_person_and_the_opt_out_covers_both(road: Road):
    has_another_address_now(road)
    assert road.one("SELECT COUNT(*) FROM entities WHERE kind = 'person'") == 1
    assert road.rows("SELECT value FROM keys WHERE kind = 'email' ORDER BY value") == [(NEW,), (JOE,)]
    assert road.rows("SELECT value FROM winners WHERE field = 'opted_out'") == [("true",)]
    assert road.rows("SELECT id FROM leads") == []


def test_control_known_by_addresses_alone_they_are_two_and_the_opt_out_does_not_cover_the_new_one(road, monkeypatch):
    keys_of = records._keys
    monkeypatch.setattr(records, "_keys", lambda *said: tuple(key for key in keys_of(*said) if key.kind == "email"))
    monkeypatch.setattr(Bundle, "thresholds", lambda *_: (1_000.0, 1_000.0))  # nobody is like anybody
    has_another_address_now(road)
    assert n_people(road) == 2
    leads = "SELECT k.value FROM leads l JOIN keys k ON k.entity_id = l.person_id WHERE k.kind = 'email'"
    assert road.rows(leads) == [(NEW,)]


def page(road: Road, record: Record) -> Receipt:
    return page_of([record], road.clock.now(), source="ma")


def test_a_browser_that_two_identified_people_share_merges_nobody(road: Road):
    for n, (email, name) in enumerate(((JOE, "Joe Miller"), ("ann@globex.example", "Ann Lang")) * 2):
        road.clock.advance(timedelta(minutes=1))
        road.send(identify(f"i{n}", road.clock.now(), email, "kiosk", name=name))
        road.act("page.viewed", f"p{n}", visitor="kiosk", url="/robot/pricing")
        road.decide()
    assert n_people(road) == 2
    assert road.rows("SELECT 1 FROM merges") == []
    assert road.rows("SELECT COUNT(*) FROM touches WHERE person_id IS NOT NULL GROUP BY person_id") == [(2,), (2,)]


def test_control_without_the_rule_of_two_addresses_a_shared_sign_in_makes_them_one(road: Road, monkeypatch):
    for off in (False, True):
        if off:
            monkeypatch.setattr(_Desk, "_apart", lambda *_: None)
            monkeypatch.setattr(_Desk, "_has_address", lambda *_: False)
        said = identify(f"shared {off}", road.clock.now(), JOE, "kiosk", name="Joe Miller") | {"userId": "u1"}
        other = identify(f"other {off}", road.clock.now(), "ann@globex.example", "kiosk", name="Ann Lang") | {
            "userId": "u1"
        }
        road.send(said, other)
        road.decide()
        assert n_people(road) == (1 if off else 2)
