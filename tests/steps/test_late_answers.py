"""Who was sent back before the CRM had answered is retired there as soon as it names their record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from closeloop.connectors import salesforce
from closeloop.crew import pump
from closeloop.inbox.nouns import Click
from closeloop.ports import Connector
from closeloop.steps import dossier
from support.road import b2b
from support.vendor_words import JOE, clicked, commands, joe_is_a_lead


@pytest.fixture
def crm(road) -> Iterator[salesforce.Simulator]:
    with salesforce.simulate(road.clock, {each.user: each.name for each in b2b().people}) as found:
        yield found


@pytest.fixture
def connector(road, crm) -> Iterator[Connector]:
    found = salesforce.connect(crm.settings, road.clock)
    yield found
    found.close()


def come_to_rest(road, connector):
    for _ in range(4):
        pump(road.hub, {"crm": connector})
        road.clock.advance(timedelta(seconds=20))


def send_back(road):
    clicked(road, Click("outcome", str(road.one("SELECT id FROM leads")), "wrong_number", "abel"))
    assert road.rows("SELECT custody FROM tiers") == [("marketing",)]


def test_a_record_that_was_made_after_its_person_went_back_is_deactivated_with_the_reason(road, crm, connector):
    joe_is_a_lead(road)
    send_back(road)
    assert commands(road, "deactivate") == []  # there is nothing yet that could be
    come_to_rest(road, connector)
    (lead,) = crm.records("Lead")
    assert (lead["Closeloop_Inactive__c"], lead["Closeloop_Reason__c"]) == (True, "bad_data")
    assert road.rows("SELECT state, verified FROM commands WHERE verb = 'deactivate'") == [("done", 1)]


def test_without_that_it_would_stay_with_sales_for_ever(road, crm, connector, monkeypatch):
    monkeypatch.setattr(dossier, "_made_person", lambda *_: False)
    joe_is_a_lead(road)
    send_back(road)
    come_to_rest(road, connector)
    (lead,) = crm.records("Lead")
    assert not lead["Closeloop_Inactive__c"]


def test_a_lost_answer_retires_the_person_once_it_is_found_out(road, crm, connector):
    connector.limits()
    joe_is_a_lead(road)
    crm.faults.lose_answers(1)
    road.hub.deliver("crm", connector, "w1")
    assert crm.count("Lead") == 1
    road.decide()
    send_back(road)
    come_to_rest(road, connector)
    assert [lead["Closeloop_Inactive__c"] for lead in crm.records("Lead")] == [True]
    assert len(commands(road, "deactivate")) == 1


def test_an_answer_that_finds_the_person_with_sales_retires_nobody(road, crm, connector):
    joe_is_a_lead(road)
    send_back(road)
    road.clock.advance(timedelta(minutes=5))
    road.act("form.submitted", "f2", email=JOE, product="robot")
    road.decide()
    assert road.rows("SELECT status, cycle FROM leads") == [("open", 2)]
    come_to_rest(road, connector)
    assert commands(road, "deactivate") == []
    assert [bool(lead["Closeloop_Inactive__c"]) for lead in crm.records("Lead")] == [False]
