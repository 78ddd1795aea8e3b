"""Records of the business's own on the whole road: whose they are decides with them, and each value says from where."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import pytest

from closeloop.inbox.nouns import Click
from closeloop.ports import Record, Ref
from closeloop.process.nouns import Process
from support.purchases import ACCOUNT, CONTACT, b2b_with
from support.road import INTERESTED, Road, page_of, road_on

RECORDS = """
records:
  purchase:
    of: [person, account]
    from: [crm.Order__c, ma.Bought]
    key: number
    has:
      number:    {from: [crm.Order__c.Name, ma.Bought.order_no]}
      product:   {from: [crm.Order__c.Product__c, ma.Bought.product]}
      amount:    {from: [crm.Order__c.Amount__c, ma.Bought.total], as: money}
      bought_at: {from: [crm.Order__c.Bought__c, ma.Bought.at], as: time}
"""
BUYER = "exists(purchase, product == 'robot' and amount >= money('1000 EUR'))"
JOE, MAY = "joe@acme.example", "may@acme.example"


def process_of(of: str = "[person, account]") -> Process:
    """b2b, for which only buyers of a robot become leads."""
    buyers = ("usable and", f"{BUYER} and")
    return b2b_with(RECORDS.replace("[person, account]", of), ("ma: marketo", "ma: eloqua"), buyers)


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url, process_of()) as found:
        yield found


def order(
    road: Road, n: int = 1, *, deleted: bool = False, refs: Mapping[str, Ref] | None = None, **fields: str | int
) -> Record:
    said = {"Name": f"A-{n}", "Product__c": "robot", "Amount__c": "4800.00 EUR", "Bought__c": "2026-08-01T00:00:00Z"}
    whose = {"person": CONTACT} if refs is None else refs
    at = road.clock.now()
    return Record("Order__c", f"a0{n}", "record", at, {**said, **fields}, whose, deleted=deleted)


def contact(at: datetime, email: str = JOE, ref: Ref = CONTACT, *, account: Ref | None = None) -> Record:
    return Record("Contact", ref.id, "person", at, {"Email": email}, {"account": account} if account else {})


def told(road: Road, *records: Record, source: str = "crm") -> None:
    road.clock.advance(timedelta(minutes=1))
    road.hub.take_in([page_of(records, road.clock.now(), source)])
    road.decide()


def asks(road: Road, n: int, email: str = JOE) -> bool:
    """Somebody fills in forms until they are interesting; whether they are a lead afterwards."""
    said = INTERESTED if email == JOE else {**INTERESTED, "name": "Ann Smith", "company": "Else Ltd"}
    for k in range(2):
        road.act("form.submitted", f"{email}-{n}-{k}", email=email, **said)
    road.decide()
    return counts(road, email)


def counts(road: Road, email: str = JOE) -> bool:
    """Whether the part of the gate that asks for purchases held the last time."""
    person = road.one("SELECT root_id FROM v_keys WHERE kind = 'email' AND value = :email", email=email)
    ((why,),) = road.rows("SELECT why FROM verdicts WHERE person_id = :id AND product = 'robot'", id=person)
    return next(part["held"] for part in json.loads(str(why)) if part["text"].startswith("exists(purchase"))


def test_a_purchase_opens_the_gate_for_who_bought_and_for_nobody_else(road):
    told(road, contact(road.clock.now()), order(road))
    assert asks(road, 1)
    assert not asks(road, 1, "somebody@else.example")
    assert road.one("SELECT COUNT(*) FROM leads") == 1


def test_it_is_no_person_but_an_entity_of_its_own_with_every_value_from_somewhere(road):
    told(road, contact(road.clock.now()), order(road))
    assert sorted(road.rows("SELECT kind, COUNT(*) FROM v_entities GROUP BY kind")) == [("person", 1), ("purchase", 1)]
    found = road.rows(
        "SELECT field, path, message_id FROM v_winners WHERE kind = 'purchase' AND field != 'person' ORDER BY field"
    )
    assert [row[:2] for row in found] == [
        ("amount", "crm.Order__c.Amount__c"), ("bought_at", "crm.Order__c.Bought__c"),
        ("living", "crm.Order__c.living"), ("number", "crm.Order__c.Name"), ("product", "crm.Order__c.Product__c"),
    ]  # fmt: skip
    assert all(str(message).startswith("crm:Order__c:a01:") for _, _, message in found)


def test_one_that_comes_before_its_buyer_is_theirs_as_soon_as_they_are_known(road):
    told(road, order(road))
    told(road, contact(road.clock.now()))
    assert asks(road, 1)


def test_one_too_small_does_not_count_until_it_grows(road):
    told(road, contact(road.clock.now()), order(road, Amount__c="20.00 EUR"))
    assert not asks(road, 1)
    told(road, order(road, Amount__c="2000.00 EUR"))
    assert counts(road), "its owner is looked at again when it changes"


def test_what_the_account_bought_counts_for_everybody_there_only_where_the_process_says_so(database_url, tmp_path):
    for n, (of, expected) in enumerate((("[person, account]", True), ("account", True), ("person", False))):
        url = database_url if n == 0 else f"sqlite:///{tmp_path / of}.db"
        with road_on(url, process_of(of)) as road:
            account = Record("Account", ACCOUNT.id, "account", road.clock.now(), {"Name": "Acme Corp"})
            told(road, account, contact(road.clock.now(), account=ACCOUNT), order(road, refs={"account": ACCOUNT}))
            assert asks(road, 1) is expected


def test_what_the_account_buys_later_is_seen_for_everybody_there_at_once(road):
    account = Record("Account", ACCOUNT.id, "account", road.clock.now(), {"Name": "Acme Corp"})
    told(road, account, contact(road.clock.now(), account=ACCOUNT))
    assert not asks(road, 1)
    told(road, order(road, refs={"account": ACCOUNT}))
    assert counts(road)


def test_control_without_calling_them_it_would_be_seen_at_their_next_act(road, monkeypatch):
    monkeypatch.setattr("closeloop.steps.concerned._with_own_records", lambda _: set())
    account = Record("Account", ACCOUNT.id, "account", road.clock.now(), {"Name": "Acme Corp"})
    told(road, account, contact(road.clock.now(), account=ACCOUNT))
    assert not asks(road, 1)
    told(road, order(road, refs={"account": ACCOUNT}))
    assert not counts(road)


def test_a_deleted_one_counts_no_more_until_it_is_taken_back(road):
    told(road, contact(road.clock.now()), order(road))
    assert asks(road, 1)
    told(road, order(road, deleted=True))
    assert not counts(road)
    assert not asks(road, 2)
    told(road, order(road))
    assert counts(road)


def test_control_without_looking_whether_it_is_there_a_deleted_one_would_count(road, monkeypatch):
    monkeypatch.setattr("closeloop.record.store.own_records.is_living", lambda _: True)
    told(road, contact(road.clock.now()), order(road))
    told(road, order(road, deleted=True))
    assert asks(road, 1)


def test_one_that_two_systems_hold_is_one_by_its_key_and_lives_while_one_of_them_has_it(road):
    bought = Record(
        "Bought", "77", "record", road.clock.now(), {"order_no": "A-1", "product": "robot", "total": "4800 EUR"}
    )
    told(road, contact(road.clock.now()), order(road))
    told(road, bought, source="ma")
    assert road.one("SELECT COUNT(*) FROM v_entities WHERE kind = 'purchase' AND root_id = entity_id") == 1
    told(road, order(road, deleted=True))
    assert asks(road, 1)
    told(road, Record("Bought", "77", "record", road.clock.now(), {}, deleted=True), source="ma")
    assert not asks(road, 2)


def test_purchases_of_two_who_are_one_person_are_both_theirs_and_are_parted_with_them(road):
    other = Ref("Contact", "0035g00000A0002AAA")
    told(road, contact(road.clock.now()), contact(road.clock.now(), MAY, other), order(road, refs={"person": other}))
    assert not asks(road, 1)
    merged = Record("Contact", other.id, "person", road.clock.now(), {}, became=(CONTACT,))
    told(road, merged)
    assert asks(road, 2)
    link = road.one("SELECT id FROM merges")
    road.hub.click(Click("unlink", str(link), "", "Ada"))
    road.decide()
    assert not asks(road, 3)


def test_a_record_that_the_process_does_not_name_is_set_aside_with_what_to_do(road):
    told(road, Record("Visit__c", "a1", "record", road.clock.now(), {"Name": "V"}, {"person": CONTACT}))
    ((state, reason),) = road.rows("SELECT state, reason FROM messages")
    assert state == "set_aside"
    assert "name it under `records`" in str(reason)
    assert road.rows("SELECT * FROM v_entities") == []


def test_a_status_that_changes_on_a_purchase_is_no_answer_to_a_lead(road):
    told(road, contact(road.clock.now()), order(road, Status="New"))
    assert asks(road, 1)
    told(road, order(road, Status="Paid"))
    assert road.rows("SELECT responded_at FROM leads") == [(None,)]


def test_a_deal_that_was_deleted_is_open_no_more_until_it_is_taken_back(road):
    def deal(*, deleted: bool = False) -> Record:
        fields = {
            "StageName": "Proposal",
            "IsClosed": False,
            "IsWon": False,
            "Product__c": "robot",
            "Region__c": "dach",
        }
        return Record(
            "Opportunity", "006", "opportunity", road.clock.now(), fields, {"person": CONTACT}, deleted=deleted
        )

    def has_deal(n: int) -> bool:
        road.act("form.submitted", f"deal-{n}", email=JOE, **INTERESTED)
        road.decide()
        ((why,),) = road.rows("SELECT why FROM verdicts WHERE product = 'robot'")
        return not next(part["held"] for part in json.loads(str(why)) if part["text"].startswith("not ("))

    told(road, contact(road.clock.now()), deal())
    assert has_deal(1)
    told(road, deal(deleted=True))
    assert not has_deal(2)
    told(road, deal())
    assert has_deal(3)


def test_who_is_erased_is_in_no_purchase_of_theirs_which_stays_without_their_name(road):
    told(road, contact(road.clock.now()), order(road, Product__c="robot of Joe Miller"))
    asks(road, 1)
    person = road.one("SELECT root_id FROM v_keys WHERE kind = 'email'")
    road.hub.click(Click("erase", str(person), "asked", "Ada"))
    road.decide()
    assert road.rows("SELECT field FROM v_winners WHERE kind = 'purchase' AND field IN ('amount', 'product')") == [
        ("amount",)
    ]
    for table, column in (("field_values", "given"), ("shadows", "fields")):
        assert [row for row in road.rows(f"SELECT {column} FROM {table}") if "Miller" in str(row)] == [], table
    bodies = [bytes(body) for (body,) in road.rows("SELECT body FROM receipts WHERE door = 'pull'")]  # type: ignore[call-overload] # bytes of both drivers
    assert not any(b"Miller" in body for body in bodies)
