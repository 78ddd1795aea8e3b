"""Nurture programmes take people in by static lists; a deactivated lead is flagged, off those lists, and read back."""

from __future__ import annotations

import pytest

from closeloop.ports import Command, Outcome, Ref, Verb


def on_list(verb, lead=None, name="reheat_b2b", key=None, **fields):
    ref = None if lead is None else Ref("Lead", str(lead))
    return Command(key or f"{verb}-{name}-{lead}-{fields}", verb, "Lead", ref=ref, fields={"list": name, **fields})


@pytest.fixture
def joe(marketo):
    marketo.create_list("reheat_b2b")
    return marketo.create_lead(email="joe@acme.example")


def test_a_lead_joins_and_leaves_a_list_by_its_name(marketo, connector, joe):
    assert connector.push([on_list(Verb.JOIN, joe)])[0].outcome is Outcome.DONE
    assert marketo.members("reheat_b2b") == ["joe@acme.example"]
    assert connector.push([on_list(Verb.LEAVE, joe)])[0].outcome is Outcome.DONE
    assert marketo.members("reheat_b2b") == []
    assert marketo.faults.n_calls("GET", "/lists.json") == 1, "the list's id is asked for once"


def test_joining_or_leaving_twice_is_as_once(marketo, connector, joe):
    for verb, on in ((Verb.JOIN, 1), (Verb.LEAVE, 0)):
        for _ in range(2):
            assert connector.push([on_list(verb, joe)])[0].outcome is Outcome.DONE
            assert len(marketo.members("reheat_b2b")) == on


def test_many_join_in_calls_of_300(marketo, connector, joe):
    leads = [marketo.create_lead(email=f"p{n}@acme.example") for n in range(450)]
    answers = connector.push([on_list(Verb.JOIN, lead) for lead in leads])
    assert {answer.outcome for answer in answers} == {Outcome.DONE}
    assert len(marketo.members("reheat_b2b")) == 450
    assert marketo.faults.n_calls("POST", "/leads.json") == 2


def test_leaving_and_joining_the_same_list_keeps_its_order(marketo, connector, joe):
    other = marketo.create_lead(email="other@acme.example")
    connector.push([on_list(Verb.JOIN, joe)])
    connector.push(
        [
            on_list(Verb.JOIN, other, key="1"),
            on_list(Verb.LEAVE, joe, key="2"),
            on_list(Verb.JOIN, joe, key="3"),
        ]
    )
    assert sorted(marketo.members("reheat_b2b")) == ["joe@acme.example", "other@acme.example"]


def test_a_lead_known_by_its_address_alone_joins(marketo, connector, joe):
    marketo.create_lead(email="twin@acme.example")
    marketo.create_lead(email="twin@acme.example")
    answers = connector.push(
        [
            on_list(Verb.JOIN, email="JOE@acme.example"),
            on_list(Verb.JOIN, email="twin@acme.example"),
            on_list(Verb.JOIN, email="nobody@acme.example"),
        ]
    )
    assert [answer.outcome for answer in answers] == [Outcome.DONE, Outcome.PERMANENT, Outcome.PERMANENT]
    assert "several such leads" in answers[1].reason
    assert marketo.members("reheat_b2b") == ["joe@acme.example"]


def test_an_unknown_list_is_refused_by_its_name_and_others_go_on(marketo, connector, joe):
    answers = connector.push([on_list(Verb.JOIN, joe, name="nowhere"), on_list(Verb.JOIN, joe)])
    assert [answer.outcome for answer in answers] == [Outcome.PERMANENT, Outcome.DONE]
    assert "'nowhere'" in answers[0].reason


def test_a_lead_that_is_gone_cannot_join(marketo, connector, joe):
    marketo.delete_lead(joe)
    assert connector.push([on_list(Verb.JOIN, joe)])[0].outcome is Outcome.CHANGED


def test_deactivating_flags_the_lead_takes_it_off_nurture_and_is_read_back(marketo, connector, joe):
    ref = Ref("Lead", str(joe))
    connector.push([on_list(Verb.JOIN, joe)])
    [off] = connector.push([Command("c-1", Verb.DEACTIVATE, "Lead", ref=ref, fields={"reason": "bad_data"})])
    assert (off.outcome, off.verified) == (Outcome.DONE, True)
    assert not connector.fetch([ref])[ref].active
    assert marketo.members("reheat_b2b") == []
    assert marketo.leads()[0]["closeloopInactiveReason"] == "bad_data"
    [on] = connector.push([Command("c-2", Verb.REACTIVATE, "Lead", ref=ref)])
    assert (on.outcome, on.verified) == (Outcome.DONE, True)
    assert connector.fetch([ref])[ref].active


def test_a_deactivation_that_reads_do_not_show_yet_is_not_called_done(marketo, connector, joe):
    command = Command("c-1", Verb.DEACTIVATE, "Lead", ref=Ref("Lead", str(joe)), fields={"reason": "bad_data"})
    marketo.faults.delay_reads(60)
    [answer] = connector.push([command])
    assert (answer.outcome, answer.verified) == (Outcome.TRANSIENT, False)
    marketo.faults.delay_reads(0)
    assert connector.push([command])[0].verified
