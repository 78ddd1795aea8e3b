"""Nurture by programmes: people become members and leave, and a change of their status is an act of theirs."""

from __future__ import annotations

import pytest

from closeloop.connectors.marketo import connect
from closeloop.ports import Command, Outcome, Ref, Verb


def on(verb, lead, name="programme:Nurture 2026", **fields):
    return Command(f"{verb}-{lead}-{name}", verb, "Lead", Ref("Lead", str(lead)), fields={"list": name, **fields})


@pytest.fixture
def joe(marketo):
    marketo.create_programme("Nurture 2026")
    return marketo.create_lead(email="joe@acme.example")


def test_a_lead_becomes_a_member_and_leaves_and_twice_is_as_once(marketo, connector, joe):
    for _ in range(2):
        assert connector.push([on(Verb.JOIN, joe)])[0].outcome is Outcome.DONE
        assert marketo.programme_members("Nurture 2026") == {"joe@acme.example": "Member"}
    for _ in range(2):
        assert connector.push([on(Verb.LEAVE, joe)])[0].outcome is Outcome.DONE
        assert marketo.programme_members("Nurture 2026") == {}
    assert marketo.faults.n_calls("GET", "byName.json") == 1, "the programme's id is asked for once"


def test_the_status_of_those_who_join_is_a_setting_and_one_that_is_not_there_is_told(marketo, clock):
    marketo.create_programme("Webinar", statuses=("Registered", "Attended"))
    joe = marketo.create_lead(email="joe@acme.example")
    for status, outcome in (("Registered", Outcome.DONE), ("Member", Outcome.PERMANENT)):
        connector = connect({**marketo.settings, "programme_status": status}, clock)
        [answer] = connector.push([on(Verb.JOIN, joe, "programme:Webinar")])
        assert answer.outcome is outcome
        assert outcome is Outcome.DONE or "set programme_status to one that it has" in answer.reason
        connector.close()


def test_an_unknown_programme_and_a_lead_that_is_gone_are_told(marketo, connector, joe):
    [answer] = connector.push([on(Verb.JOIN, joe, "programme:Nowhere")])
    assert answer.outcome is Outcome.PERMANENT
    assert "'programme:Nowhere': Marketo has no such programme" in answer.reason
    marketo.delete_lead(joe)
    assert connector.push([on(Verb.JOIN, joe)])[0].outcome is Outcome.CHANGED


def test_a_deactivated_lead_leaves_a_nurture_programme_and_that_is_read_back(marketo, clock, joe):
    connector = connect({**marketo.settings, "nurture_lists": "programme:Nurture 2026"}, clock)
    connector.push([on(Verb.JOIN, joe)])
    off = Command("off", Verb.DEACTIVATE, "Lead", Ref("Lead", str(joe)), fields={"reason": "bad_data"})
    [answer] = connector.push([off])
    assert (answer.outcome, answer.verified) == (Outcome.DONE, True)
    assert marketo.programme_members("Nurture 2026") == {}
    connector.close()


def test_a_change_of_status_is_an_act_with_its_campaign_but_our_own_joining_is_none(marketo, connector, read_all, joe):
    mark = connector.mark()
    connector.push([on(Verb.JOIN, joe)])
    marketo.attend_webinar(joe, "Fair 2026", status="Visited Booth")
    [touch] = [record for record in read_all(mark)[0] if record.touch]
    assert (touch.touch, touch.fields["campaign"]) == ("event.attended", "Fair 2026")
    assert touch.refs["campaign"] == Ref("Campaign", str(marketo.create_programme("Fair 2026")))
