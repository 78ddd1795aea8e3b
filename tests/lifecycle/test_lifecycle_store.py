"""The lifecycle's tables on both databases: what was decided comes back as it was decided."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from closeloop.db import Database
from closeloop.inbox.nouns import Due
from closeloop.lifecycle import store
from closeloop.lifecycle.nouns import Deal, ShownAs
from closeloop.lifecycle.owner import Desk
from closeloop.words.money import Money
from support.pursuits import JOE, Pursuits, at_field
from support.road import START


def saved(database: Database, *drafts) -> None:
    with database.write() as connection:
        for draft in drafts:
            store.save(connection, [draft])


def test_leads_tiers_and_what_is_shown_come_back_as_they_were_decided(database):
    joe = Pursuits()
    joe.interest["sensor"] = 45.0
    first = joe.decide(touches=[joe.touch(campaign="spring-webinar")])
    joe.wait(hours=1)
    second = joe.decide(joe.heard("Lead", Status="Qualified"))
    saved(database, first, second)
    with database.read() as connection:
        found = store.load_leads(connection, [JOE, "nobody"])
        assert found == {JOE: sorted(joe.leads.values(), key=lambda lead: lead.id)}
        assert store.load_tiers(connection, [JOE]) == {JOE: joe.tier}
        shown = store.load_shown(connection, list(joe.leads))
        assert {lead: [each.object for each in there] for lead, there in shown.items()} == {
            lead: [each.object for each in there] for lead, there in joe.shown.items()
        }
        assert store.persons_of_leads(connection, [*joe.leads, "gone"]) == dict.fromkeys(joe.leads, JOE)


def test_a_won_lead_keeps_its_amount_to_the_cent(database):
    joe = at_field()
    lead = joe.lead
    joe.deals = [Deal("d", False, True, None, Money(4_800_001, "EUR"), None, None, None, "006")]
    saved(database, joe.decide(joe.heard("Opportunity", IsWon=True, IsClosed=True)))
    with database.read() as connection:
        (found,) = store.load_leads(connection, [JOE])[JOE]
    assert (found.id, found.amount, found.status) == (lead.id, Money(4_800_001, "EUR"), "won")


def test_events_are_kept_in_order_and_a_number_is_given_once(database):
    joe = Pursuits()
    draft = joe.decide()
    saved(database, draft)
    with database.read() as connection:
        rows = connection.execute(select(store.lead_events).order_by(store.lead_events.c.no)).all()
    assert [(row.no, row.kind, row.who) for row in rows] == [(1, "created", "b2b@7"), (2, "assigned", "b2b@7")]
    with pytest.raises(IntegrityError):  # somebody else decided about the same lead meanwhile
        saved(database, draft)


def test_clocks_run_out_the_longest_overdue_first_and_only_those_that_still_stand_are_handed_on(database):
    joe = Pursuits()
    joe.interest["sensor"] = 45.0
    saved(database, joe.decide())
    robot, sensor = joe.of("robot"), joe.of("sensor")
    with database.read() as connection:
        remind = joe.clocks[robot.id, "remind"]
        assert store.next_due(connection) == remind
        assert store.due(connection, remind - timedelta(microseconds=1), 9) == []
        assert {due.clock for due in store.due(connection, remind, 9)} == {"remind"}
        late = store.due(connection, START + timedelta(days=1), 9)
        assert [due.clock for due in late] == ["remind", "remind", "respond", "respond"]
        assert store.due(connection, START + timedelta(days=1), 1) == late[:1]
    joe.wait(hours=1)
    saved(database, joe.decide(joe.heard("Lead", Status="Working")))  # which is the robot's
    with database.read() as connection:
        assert {due.lead_id for due in store.standing(connection, late)} == {sensor.id}
        moved = Due(sensor.id, "respond", late[-1].due_at + timedelta(minutes=1))
        assert store.standing(connection, [moved]) == set()


def test_a_packet_stays_as_it_was_sent(database):
    joe = Pursuits()
    saved(database, joe.decide())
    joe.names["title"] = "Plant manager"
    saved(database, joe.decide())
    with database.read() as connection:
        (packet,) = connection.execute(select(store.packets)).all()
    assert json.loads(packet.content)["title"] == "CTO"


def test_the_gates_latest_answer_stands_with_the_process_that_gave_it(database):
    joe = Pursuits()
    joe.names["fit"] = 0.0
    saved(database, joe.decide())
    joe.names["fit"] = 20.0
    saved(database, joe.decide())
    with database.read() as connection:
        (row,) = connection.execute(select(store.verdicts)).all()
    assert (row.passed, row.process, row.product) == (1, "b2b@7", "robot")
    assert {"text": "fit >= 20", "held": True, "values": {"fit": 20.0}} in json.loads(row.why)


def test_what_the_crm_made_is_found_by_the_key_that_it_was_given(database):
    joe = Pursuits()
    saved(database, joe.decide())
    with database.write() as connection:
        assert store.leads_shown(connection, ["joe", "other"]) == {"joe": [(joe.lead.id, "Lead")]}
        store.save_shown(connection, [ShownAs(joe.lead.id, "Lead", "joe", "00Q1")])
        assert store.people_shown(connection, "Lead", ["00Q1", "00Q2"]) == {"00Q1": [JOE]}
        assert store.people_shown(connection, "Opportunity", ["00Q1"]) == {}
    with database.read() as connection:
        assert store.load_shown(connection, [joe.lead.id])[joe.lead.id][0].record_id == "00Q1"


def test_the_desk_counts_what_is_open_or_nurtured_and_remembers_whose_turn_it_was(database):
    joe = Pursuits()
    saved(database, joe.decide(), joe.click("voicemail"))
    desk = Desk({}, {})
    desk.last["inside_sales", "robot", "dach"] = "keller"
    desk.turned.add(("inside_sales", "robot", "dach"))
    with database.write() as connection:
        store.save_desk(connection, desk)
        found = store.load_desk(connection)
        assert found.loads == {joe.lead.owner: 1}
        assert found.last == {("inside_sales", "robot", "dach"): "keller"}
    saved(database, joe.click("wrong_number"))
    with database.write() as connection:
        assert store.load_desk(connection).loads == {}


def test_only_one_worker_is_at_the_desk(postgres_url):
    database = Database(postgres_url)
    is_free = text("SELECT pg_try_advisory_xact_lock(1)")
    with database.write() as one:
        store.load_desk(one)
        with database.read() as other:
            assert other.execute(is_free).scalar() is False
    with database.read() as other:
        assert other.execute(is_free).scalar() is True
    database.close()
