"""What needs somebody, the queue, and the search for people."""

from __future__ import annotations

import pytest

from closeloop.measure.attention import SHOWN, attention
from closeloop.measure.health import health
from closeloop.measure.people import people
from closeloop.measure.queue import Wanted, queue
from support import questions
from support.side_window import JOE, LEAD_ANA, LEAD_BEN, LEAD_KIM, NOW, Seed, at


@pytest.fixture
def connection(window):
    with window.database.read() as found:
        yield found


def test_late_soon_and_unowned_leads_are_told_apart(connection):
    found = attention(connection, NOW)
    assert [lead.lead_id for lead in found.late] == [LEAD_ANA]
    assert [lead.lead_id for lead in found.soon] == [LEAD_BEN]
    assert [lead.lead_id for lead in found.unowned] == [LEAD_KIM]
    assert found.n == 7


def test_of_many_late_leads_the_first_are_shown_and_all_are_counted_and_none_hides_those_soon_late(window):
    seed = Seed()
    for n in range(SHOWN):
        seed.lead(f"late {n}", JOE, at(1), owner="ito", assigned_at=at(1), respond_by=at(1, 10), product=f"product {n}")
    with window.database.write() as connection:
        seed.write(connection)
    with window.database.read() as connection:
        found = attention(connection, NOW)
    assert (len(found.late), found.n_late) == (SHOWN, SHOWN + 1)
    assert [lead.lead_id for lead in found.soon] == [LEAD_BEN]
    assert found.n == 7 + SHOWN


def test_every_trouble_names_cause_and_remedy(connection):
    found = attention(connection, NOW)
    troubles = [*found.dead, *found.set_aside, *found.ends_down]
    assert {(trouble.source, trouble.n) for trouble in troubles} == {("crm", 1), ("form", 1), ("ma", 1)}
    assert all(trouble.reason and trouble.remedy for trouble in troubles)


def test_an_end_that_answered_after_its_error_is_up(connection):
    ends = {end.source: end.is_down for end in health(connection, NOW).ends}
    assert ends == {"crm": False, "ma": True}


def test_nothing_needs_attention_in_an_empty_hub(empty):
    with empty.database.read() as connection:
        assert (attention(connection, NOW).n, attention(connection, NOW).n_later) == (0, 0)


def test_the_queue_puts_the_clock_that_runs_out_first_on_top(connection):
    leads, n_all = queue(connection, Wanted())
    assert ([lead.id for lead in leads], n_all) == ([LEAD_ANA, LEAD_BEN, LEAD_KIM], 3)


@pytest.mark.parametrize(
    ("wanted", "n"),
    [
        (Wanted(stage="inside_sales"), 1),
        (Wanted(owner="ito"), 1),
        (Wanted(product="sensor"), 1),
        (Wanted(status=""), 4),
        (Wanted(region="nordic"), 0),
    ],
)
def test_the_queue_holds_only_what_is_asked_for(connection, wanted, n):
    leads, n_all = queue(connection, wanted, most=1)
    assert (len(leads), n_all) == (min(n, 1), n)


@pytest.mark.parametrize(
    ("part", "names"),
    [("acme co", ["Joe Miller"]), ("JOSEPH@", ["Joe Miller"]), ("ana s", ["Ana Silva"]), ("%", []), ('"', [])],
)
def test_people_are_found_by_parts_of_name_address_and_company(connection, part, names):
    assert [person.called for person in people(connection, part)] == names


def test_open_questions_are_counted_apart_since_they_can_wait(window):
    questions.ask(window.database)
    with window.database.read() as connection:
        found = attention(connection, NOW)
    assert (found.n_questions, found.n) == (4, 7)
