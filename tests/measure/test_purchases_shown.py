"""What somebody bought stands on their page and in `why person`, each value with its system."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rich.console import Console

from closeloop.cli.why_trees import person_tree
from closeloop.measure.why_person import person_story
from closeloop.ports import Record
from support.purchases import CONTACT, b2b_with
from support.road import page_of, road_on

MORE = """
records:
  purchase: {of: person, from: crm.Order__c, has: {product: {from: Product__c}, amount: {from: Amount__c, as: money}}}
"""


@pytest.fixture
def road(database_url):
    bought = ('"employees >= 500"', "\"exists(purchase, product == 'robot')\"")
    with road_on(database_url, b2b_with(MORE, bought)) as found:
        yield found


def order(road, n, *, deleted=False, **fields):
    refs = {"person": CONTACT}
    return Record("Order__c", f"a0{n}", "record", road.clock.now(), fields, refs, deleted=deleted)


def story_of(road, *records):
    for record in records:
        road.clock.advance(timedelta(minutes=1))
        road.hub.take_in([page_of([record], road.clock.now())])
        road.decide()
    person_id = str(road.one("SELECT root_id FROM v_keys WHERE kind = 'email'"))
    with road.database.read() as connection:
        story = person_story(connection, road.hub.process, person_id, road.clock.now())
    assert story is not None
    return story


def contact(road):
    return Record(
        "Contact", CONTACT.id, "person", road.clock.now(), {"Email": "joe@acme.example", "Name": "Joe Miller"}
    )


def test_every_purchase_is_listed_with_its_values_and_their_source_the_newest_first(road):
    story = story_of(
        road, contact(road), order(road, 1, Product__c="robot", Amount__c="4800 EUR"), order(road, 2, Product__c="arm"),
        order(road, 2, deleted=True),
    )  # fmt: skip
    assert [(one.kind, one.through, one.known, one.living) for one in story.records] == [
        ("purchase", "person", (("crm", "Order__c", "a02"),), False),
        ("purchase", "person", (("crm", "Order__c", "a01"),), True),
    ]
    assert [(each.field, each.value, each.path) for each in story.records[1].values] == [
        ("amount", "4800.00 EUR", "crm.Order__c.Amount__c"), ("product", "robot", "crm.Order__c.Product__c"),
    ]  # fmt: skip
    console = Console(width=200)
    with console.capture() as captured:
        console.print(person_tree(story, (), ()))
    said = captured.get()
    assert "purchase of the person: crm Order__c a01" in said
    assert "deleted there, so it counts no more" in said
    assert "amount = 4800.00 EUR: b2b@7 fields.purchase.amount: crm.Order__c.Amount__c of 2026-09-01" in said


def test_fit_counts_what_was_bought_and_not_what_was_deleted(road):
    story = story_of(road, contact(road), order(road, 1, Product__c="robot"))
    assert story.scores[0].score.total == 15
    assert story_of(road, order(road, 1, deleted=True)).scores[0].score.total == 0
