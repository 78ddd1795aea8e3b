"""F1: one change goes once to the other side and stops there, though both sides spell what they are given anew."""

from __future__ import annotations

import pytest

from closeloop.outbox import sync
from closeloop.outbox.echo import shadow_of
from closeloop.steps import unheard
from support.road import START
from support.sides.world import Restless, SalesforceSide, Sides, salesforce_sides, tryton_sides

JOE = {"email": "joe@acme.example", "name": "Joe Miller", "phone": "+49 30 1234567"}
CHANGES = {
    "email": ("joseph@acme.example", "j.miller@acme.example"),
    "name": ("Joseph Miller", "Joe A. Miller"),
    "phone": ("+49 30 7654321", "+49 30 9999999"),
    "own": ("Plant Manager", "Head of Robots"),
}


def joe_on_both(sides: Sides) -> tuple[object, int]:
    own, theirs = sides.crm.own
    contact = sides.crm.contact(JOE["name"], JOE["email"], phone=JOE["phone"], **{own: "Old"})
    first, _, last = JOE["name"].partition(" ")
    lead = sides.ma.create_lead(
        email=JOE["email"], firstName=first, lastName=last, phone=JOE["phone"], **{theirs: "Old"}
    )
    sides.settle()
    return contact, lead


def each_change_once(sides: Sides, contact, lead: int) -> None:
    """Each of five fields is changed once at each side; at most one write a side follows, then none."""
    own, theirs = sides.crm.own
    for name, (at_crm, at_ma) in CHANGES.items():
        for edit in (
            lambda name=name, value=at_crm: sides.crm.edit(contact, **{own if name == "own" else name: value}),
            lambda name=name, value=at_ma: sides.marketing_edit(lead, **{theirs if name == "own" else name: value}),
        ):
            edit()
            n_writes = sides.cycle()
            assert all(n <= 1 for n in n_writes.values()), (name, n_writes)
            assert [sides.cycle() for _ in range(2)] == [{}, {}], name
    sides.ma.unsubscribe(lead)
    assert all(n <= 1 for n in sides.cycle().values())


def both_hold_the_same(sides: Sides, contact, lead: int) -> None:
    held = sides.crm.held(contact)
    row = next(row for row in sides.ma.leads() if row["id"] == lead)
    assert str(held["email"]).lower() == row["email"]
    assert str(held["name"]).lower() == f"{row['firstName']} {row['lastName']}".lower()
    digits = [str(phone).replace("+", "00") for phone in (held["phone"], row["phone"])]
    assert len({"".join(sign for sign in phone if sign.isdigit()) for phone in digits}) == 1
    own, theirs = sides.crm.own
    assert str(held[own]).lower() == str(row[theirs]).lower()


def spelling(sides: Sides) -> None:
    sides.marketing_spells()
    if isinstance(sides.crm, SalesforceSide):
        sides.crm.spells()


def test_each_change_is_written_once_and_fifty_cycles_bring_nothing(database_url: str):
    with salesforce_sides(database_url) as sides:
        spelling(sides)
        contact, lead = joe_on_both(sides)
        each_change_once(sides, contact, lead)
        assert [sides.cycle() for _ in range(50)] == [{}] * 50
        both_hold_the_same(sides, contact, lead)
        assert sides.stuck() == []


def test_each_change_is_written_once_with_a_real_tryton(sqlite_url: str, tryton):
    with tryton_sides(sqlite_url, tryton) as sides:
        spelling(sides)
        contact, lead = joe_on_both(sides)
        each_change_once(sides, contact, lead)
        assert [sides.cycle() for _ in range(8)] == [{}] * 8  # a real server takes its time; fifty are above
        both_hold_the_same(sides, contact, lead)
        assert sides.stuck() == []


def naive(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that believes all that it reads to be news, and compares what a side holds letter by letter."""
    monkeypatch.setattr(unheard, "news_of", lambda record, *_: frozenset(shadow_of(record)))
    monkeypatch.setattr(sync, "_holds", lambda value, rule, winner: value == sync._outward(rule, winner))


def test_it_comes_to_rest_while_time_goes_on(sqlite_url: str):
    with salesforce_sides(sqlite_url, clock=Restless(START)) as sides:
        spelling(sides)
        joe_on_both(sides)
        assert sides.cycle() == {}


def test_control_without_the_comparison_the_sides_write_to_each_other_for_ever(sqlite_url: str, monkeypatch):
    naive(monkeypatch)
    with salesforce_sides(sqlite_url, clock=Restless(START)) as sides:
        spelling(sides)
        with pytest.raises(RuntimeError, match="did not come to rest"):
            joe_on_both(sides)
