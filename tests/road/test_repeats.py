"""Whatever is repeated, shuffled or late has one effect: the facts equal those of a single run in order (T2, T6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from closeloop.db import metadata
from closeloop.flow import Hub
from closeloop.inbox import store as inbox_store
from closeloop.inbox.nouns import Receipt
from closeloop.ports import Record, Ref
from closeloop.words.moment import ManualClock, to_us
from support.facts import Facts, facts_of
from support.road import INTERESTED, START, Road, batch_receipt, event, identify, page_of, road_on

SAID_UNTIL = START + timedelta(hours=3)
EVERYBODY = ("joe", "ana", "ben")


def told() -> list[Receipt]:
    """One delivery of each: forms, page views, identifications and records of the CRM, as they happened."""
    said: list[tuple[int, object]] = []
    for n, name in enumerate(EVERYBODY):
        email, browser = f"{name}@acme{n}.example", f"browser-{name}"
        form = {**INTERESTED, "name": name.title(), "company": f"Acme {n}"}
        said += [
            (n, lambda at, b=browser: event("page.viewed", f"look {b}", at, visitor=b, url="/robot/pricing")),
            (
                10 + n,
                lambda at, n=n: event("webinar.attended", f"in {n}", at, product="robot") | {"userId": f"user-{n}"},
            ),
            (
                20 + n,
                lambda at, e=email, b=browser, f=form: event(
                    "form.submitted", f"form {b}", at, email=e, visitor=b, **f
                ),
            ),
            (
                30 + n,
                lambda at, e=email, b=browser, n=n: (
                    identify(f"is {b}", at, e, b, phone=f"+49 30 11111{n}") | {"userId": f"user-{n}"}
                ),
            ),
            (40 + n, lambda at, b=browser: event("page.viewed", f"again {b}", at, visitor=b, url="/sensor/demo")),
            (
                50 + n,
                lambda at, e=email.upper(): event(
                    "email.clicked", f"click {e}", at, email=e, product="robot", campaign="price-mailing"
                ),
            ),
            (60, lambda at, b=browser: event("page.viewed", f"kiosk {b}", at, visitor="kiosk", url="/robot/demo")),
            (
                61 + n,
                lambda at, e=email: event(
                    "form.submitted", f"kiosk {e}", at, email=e, visitor="kiosk", product="sensor"
                ),
            ),
        ]
    receipts = []
    for minutes, what in sorted(said, key=lambda each: each[0]):
        at = START + timedelta(minutes=minutes)
        receipts.append(batch_receipt([what(at)], SAID_UNTIL))
    return receipts + [page_of([record], SAID_UNTIL) for record in _records()]


def _records() -> list[Record]:
    account = Record("Account", "001A", "account", START, {"Name": "Acme 0", "NumberOfEmployees": 700})
    joe = {"Email": "Joe@acme0.example", "Name": "Joe M", "Title": "CTO", "Country": "DE"}
    return [
        account,
        Record("Contact", "003J", "person", START, joe, {"account": Ref("Account", "001A")}),
        Record(
            "Contact",
            "003J",
            "person",
            START + timedelta(hours=2),
            joe | {"Name": "Joe Miller"},
            {"account": Ref("Account", "001A")},
        ),
        Record(
            "Task",
            "00TJ",
            "task",
            START + timedelta(hours=1),
            {"Subject": "Call"},
            {"person": Ref("Contact", "003J")},
            touch="call.logged",
        ),
    ]


RECEIPTS = told()
STATES_OF_JOE = (len(RECEIPTS) - 3, len(RECEIPTS) - 2)


@pytest.fixture
def road(database_url: str):
    with road_on(database_url, clock=ManualClock(SAID_UNTIL)) as road:
        yield road


def facts_after(road: Road, deliveries: Sequence[int], splits: Sequence[int]) -> Facts:
    """Tell an empty hub the receipts with these numbers, in this order, deciding after each number in `splits`."""
    with road.database.write() as connection:
        for table in metadata.sorted_tables:
            connection.execute(delete(table))
    for place, number in enumerate(deliveries):
        road.hub.take_in([_again(RECEIPTS[number], place)])
        if place in splits:
            road.decide()
    road.decide()
    assert road.rows("select id, reason from messages where state not in ('decided', 'echo')") == []
    return facts_of(road.database, to_us(SAID_UNTIL))


def _again(receipt: Receipt, place: int) -> Receipt:
    """The same content delivered once more is another receipt."""
    return Receipt(
        f"{place:06}", receipt.source, receipt.door, receipt.queue, receipt.received_at, receipt.headers, receipt.body
    )


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Every receipt at least once, some more often, in any order; and where batches end."""
    once = draw(st.permutations(range(len(RECEIPTS))))
    # States of one record are taken in the order in which the vendor had them: the inbox sees to that.
    first, later = sorted(once.index(number) for number in STATES_OF_JOE)
    once[first], once[later] = STATES_OF_JOE
    more = draw(st.lists(st.sampled_from(range(len(RECEIPTS))), max_size=12))
    order = list(once)
    for number in more:
        order.insert(draw(st.integers(order.index(number), len(order))), number)
    return order, draw(st.lists(st.integers(0, len(order)), max_size=8))


@pytest.mark.parametrize("examples", [12])
def test_repeated_shuffled_and_late_deliveries_have_the_effect_of_one_in_order(road: Road, examples: int):
    expected = facts_after(road, range(len(RECEIPTS)), [])
    assert len(expected.leads) >= 3
    assert sum(n for _, n in expected.scores.values()) > 15

    @settings(max_examples=examples, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(deliveries())
    def check(case: tuple[list[int], list[int]]) -> None:
        assert facts_after(road, *case).differences(expected) == []

    check()


def test_a_repeat_after_months_has_no_effect(road: Road):
    expected = facts_after(road, range(len(RECEIPTS)), [])
    road.clock.advance(timedelta(days=200))
    for place, receipt in enumerate(RECEIPTS):
        road.hub.take_in([_again(receipt, 1000 + place)])
    road.decide()

    assert facts_of(road.database, to_us(SAID_UNTIL)).differences(expected) == []


def test_without_the_check_a_repeat_counts_twice(road: Road, monkeypatch):
    """The control: both protections off, the look at what is known and the unique id of a message."""
    expected = facts_after(road, range(len(RECEIPTS)), [])
    monkeypatch.setattr(inbox_store, "known", lambda *_: set())
    monkeypatch.setattr(inbox_store, "save_messages", lambda *_: None)
    road.hub.take_in([_again(RECEIPTS[6], 1000)])
    road.decide()

    assert any(each.startswith("score") for each in facts_of(road.database, to_us(SAID_UNTIL)).differences(expected))


def test_without_the_look_at_what_is_known_the_unique_id_still_refuses(road: Road, monkeypatch):
    """The second protection alone: the batch is rolled back, nothing counts twice."""
    expected = facts_after(road, range(len(RECEIPTS)), [])
    monkeypatch.setattr(inbox_store, "known", lambda *_: set())
    road.hub.take_in([_again(RECEIPTS[6], 1000)])
    with pytest.raises(Exception, match=r"(?i)unique"):
        Hub.decide(road.hub)

    assert facts_of(road.database, to_us(SAID_UNTIL)).differences(expected) == []
