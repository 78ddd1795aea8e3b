"""F9: of the same conflict the same side wins, in whatever order it is heard and however wrong a clock goes."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from closeloop.connectors import marketo
from closeloop.steps import record as record_step
from support.road import batch_receipt, event
from support.sides.world import Sides, salesforce_sides, tryton_sides

ORDERS = tuple(permutations(("crm", "ma", "form")))


def same_conflict(sides: Sides, tag: str) -> list[tuple[object, ...]]:
    """Six people of whom three sources say three things at three moments, heard in six orders; what won for each."""
    own, theirs = sides.crm.own
    people = []
    for n, order in enumerate(ORDERS):
        email = f"{tag}{n}@conflict{n}.example"
        contact = sides.crm.contact(f"Zoe{'abcdef'[n]} Quill{'abcdef'[n]}", email, **{own: "First Word"})
        lead = sides.ma.create_lead(email=email, lastName=f"Quill{'abcdef'[n]}", **{theirs: "First Word"})
        people.append((order, email, contact, lead))
    sides.settle()
    start = sides.road.clock.now()
    for _, _, contact, _ in people:
        sides.crm.edit(contact, **{own: "Said By Sales"})
    sides.road.clock.advance(timedelta(minutes=1))
    for _, _, _, lead in people:
        sides.ma.update_lead(lead, **{theirs: "Said By Marketing"})
    sides.road.clock.advance(timedelta(minutes=1))
    at = sides.road.clock.now()
    for order, email, contact, lead in people:
        heard = {
            "crm": lambda contact=contact: sides.road.hub.heard(
                "crm", list(sides.crm.connector.fetch([contact]).values())
            ),
            "ma": lambda lead=lead: sides.road.hub.heard("ma", marketing_says(sides, lead)),
            "form": lambda email=email: sides.road.hub.take_in(
                [batch_receipt([event("form.submitted", f"f-{email}", at, email=email, **{own: "Said In A Form"})], at)]
            ),
        }
        for source in order:
            sides.road.clock.advance(timedelta(seconds=1))
            heard[source]()
            sides.road.decide()
    assert at > start
    return winners(sides, own)


def marketing_says(sides: Sides, lead: int) -> list:
    """The lead as its log of changes tells of it, of that moment."""
    return [one for one in marketo_log(sides) if one.id == str(lead)][-1:]


def marketo_log(sides: Sides) -> list:
    fresh = marketo.connect(sides.ma.settings, sides.road.clock)
    records, cursor, more = [], None, True
    while more:
        page = fresh.pull(cursor)
        records, cursor, more = [*records, *page.records], page.cursor, page.more
    fresh.close()
    return [one for one in records if one.object == "Lead"]


def winners(sides: Sides, field: str) -> list[tuple[object, ...]]:
    return sides.road.rows(
        "SELECT DISTINCT w.value, w.path, w.why FROM winners w JOIN entities e ON e.id = w.entity_id"
        " WHERE w.field = :field AND e.kind = 'person' AND e.id = e.root_id ORDER BY 1",
        field=field,
    )


def settles(sides: Sides, won: list[tuple[object, ...]], own: str) -> None:
    """Both sides come to hold the winner, it does not flip back, and nobody is stuck."""
    sides.settle()
    for _ in range(4):
        sides.cycle()
        assert winners(sides, own) == won
    assert [sides.cycle() for _ in range(2)] == [{}, {}]
    assert sides.stuck() == []
    ((value, path, why),) = won
    told = {str(row[sides.crm.own[1]]) for row in sides.ma.leads()}
    assert told == {value.strip('"') if isinstance(value, str) else value}
    assert all((path, why)), "the reason is kept with the winner"


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_six_orders_have_one_winner_with_a_clock_that_goes_wrong(sqlite_url: str, minutes: int):
    with salesforce_sides(sqlite_url, timedelta(minutes=minutes)) as sides:
        won = same_conflict(sides, "joe")
        assert len(won) == 1, won
        settles(sides, won, sides.crm.own[0])


def test_six_orders_have_one_winner_on_postgres(postgres_url: str):
    with salesforce_sides(postgres_url) as sides:
        won = same_conflict(sides, "joe")
        assert len(won) == 1, won
        settles(sides, won, sides.crm.own[0])


def test_six_orders_have_one_winner_with_a_real_tryton(database_url: str, tryton):
    with tryton_sides(database_url, tryton) as sides:
        won = same_conflict(sides, f"zoe{sides.road.clock.now():%f%S}")
        assert len(won) == 1, won
        settles(sides, won, sides.crm.own[0])


def test_control_by_the_moment_of_arrival_each_order_has_its_own_winner(sqlite_url: str, monkeypatch):
    report = record_step.report
    with salesforce_sides(sqlite_url) as sides:

        def as_it_came(*stated):
            return [value._replace(at=sides.road.clock.now()) for value in report(*stated)]

        monkeypatch.setattr(record_step, "report", as_it_came)
        assert len(same_conflict(sides, "joe")) > 1
