"""What was under way when somebody was erased: records made meanwhile go too, and no other worker makes them anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from closeloop import flow
from closeloop.inbox.nouns import Click
from closeloop.ports import Outcome, Record, Ref
from closeloop.steps.keep_out import keep_out, nobody_was_erased_meanwhile
from support.erased import found_in_tables
from support.road import INTERESTED, Road, road_on
from support.vendor_words import JOE, answered, clicked, commands, joe_is_a_lead, told

WORDS = ("joe@acme", "Joe Miller")


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url) as found:
        yield found


def erase(road: Road) -> str:
    """Joe is erased; his id."""
    person = str(road.one("SELECT root_id FROM v_keys WHERE kind = 'email'"))
    assert clicked(road, Click("erase", person, "", "Ada")) == ("decided", "erased; other systems are told")
    assert found_in_tables(road, WORDS) == []
    return person


def lease(road: Road, key: str) -> None:
    """A worker has taken this command, and its answer is still to come."""
    with road.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE commands SET state = 'leased', attempts = 1 WHERE key = '{key}'")


def orders(road: Road) -> list[tuple[object, ...]]:
    return road.rows("SELECT source, ref_object, ref_id, state FROM commands WHERE verb = 'erase' ORDER BY ref_id")


def test_a_record_that_was_made_meanwhile_is_erased_when_its_answer_comes(road: Road):
    joe_is_a_lead(road)
    (create,) = (each for each in commands(road, "create", "crm") if each["object"] == "Lead")
    lease(road, str(create["key"]))
    erase(road)
    assert road.rows("SELECT DISTINCT state FROM commands WHERE key != :k", k=create["key"]) == [("done",)]
    assert orders(road) == []
    answered(road, str(create["key"]), Ref("Lead", "00Q1"), reason="Joe Miller was made")
    assert orders(road) == [("crm", "Lead", "00Q1", "waiting")]
    assert found_in_tables(road, WORDS) == []


def test_a_record_that_was_converted_meanwhile_is_erased_as_what_it_became(road: Road):
    joe_is_a_lead(road)
    told(road, Record("Lead", "00Q1", "person", road.clock.now(), {"Email": JOE}))
    erase(road)
    (order,) = commands(road, "erase")
    became = (Ref("Contact", "0031"), Ref("Account", "0011"))
    answered(road, str(order["key"]), outcome=Outcome.CHANGED, became=became)
    assert {row[1:] for row in orders(road)} == {("Contact", "0031", "waiting"), ("Lead", None, "done")}


def test_a_record_of_ours_whose_answer_was_lost_is_erased_when_it_is_read(road: Road):
    joe_is_a_lead(road)
    person = erase(road)
    told(road, Record("Lead", "00Q1", "person", road.clock.now(), {"Email": JOE, "Name": "Joe Miller"}, our_key=person))
    assert orders(road) == [("crm", "Lead", "00Q1", "waiting")]
    assert found_in_tables(road, WORDS) == []


def test_an_order_that_is_refused_stays_to_be_seen(road: Road):
    told(road, Record("Contact", "0031", "person", road.clock.now(), {"Email": JOE}))
    erase(road)
    (order,) = commands(road, "erase")
    answered(road, str(order["key"]), outcome=Outcome.PERMANENT, reason="you may not delete contacts")
    assert road.rows("SELECT state, reason, ref_id FROM commands WHERE verb = 'erase'") == [
        ("dead", "you may not delete contacts", "0031")
    ]


def test_a_deal_stays_and_points_to_nobody(road: Road):
    now = road.clock.now
    told(road, Record("Contact", "0031", "person", now(), {"Email": JOE, "Name": "Joe Miller"}))
    deal = {"Name": "Robots for Joe Miller", "Amount": 48_000, "StageName": "Prospecting"}
    told(road, Record("Opportunity", "0061", "opportunity", now(), deal, refs={"person": Ref("Contact", "0031")}))
    erase(road)
    assert road.rows("SELECT field FROM winners WHERE value = '\"48000\"'") != []
    deal = {"Name": "Robots", "Amount": 50_000, "StageName": "Proposal"}
    told(road, Record("Opportunity", "0061", "opportunity", now(), deal, refs={"person": Ref("Contact", "0031")}))
    assert road.one("SELECT COUNT(DISTINCT entity_id) FROM traits") == 0
    assert road.rows("SELECT value FROM winners WHERE field = 'amount'") == [('"50000"',)]


def test_who_shares_an_address_with_somebody_who_was_erased_may_still_use_it(road: Road):
    road.act("form.submitted", "f1", email="info@acme.example", name="Joe Miller")
    road.decide()
    first = str(road.one("SELECT root_id FROM v_keys WHERE kind = 'email'"))
    road.act("form.submitted", "f2", email="info@acme.example", name="Ann Weber")
    road.decide()
    clicked(road, Click("erase", first, "", "Ada"))
    road.act("form.submitted", "f3", email="info@acme.example", name="Ann Weber")
    road.decide()
    assert road.rows("SELECT state FROM messages WHERE id = 'form:f3'") == [("decided",)]
    assert found_in_tables(road, ["Joe Miller"]) == []


def erased_while_it_was_decided(road: Road, monkeypatch: pytest.MonkeyPatch, *without: object) -> None:
    """A form of Joe's is decided by a worker that looked for tombstones just before he was erased."""
    joe_is_a_lead(road)
    erase(road)
    looked: list[object] = []

    def looks_too_early(batch):
        if looked:
            keep_out(batch)
        looked.append(batch)

    steps = [looks_too_early if step is keep_out else step for step in flow.STEPS if step not in without]
    monkeypatch.setattr(flow, "STEPS", tuple(steps))
    road.act("form.submitted", "f9", email=JOE, **INTERESTED)
    road.decide()


def test_a_worker_that_looked_too_early_looks_again(postgres_url: str, monkeypatch):
    with road_on(postgres_url) as road:
        erased_while_it_was_decided(road, monkeypatch)
        assert found_in_tables(road, WORDS) == []


def test_control_without_the_second_look_it_makes_him_again(postgres_url: str, monkeypatch):
    with road_on(postgres_url) as road:
        erased_while_it_was_decided(road, monkeypatch, nobody_was_erased_meanwhile)
        assert found_in_tables(road, WORDS) != []
