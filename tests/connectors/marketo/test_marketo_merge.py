"""One lead of Marketo goes into another, once, whatever becomes of the answer; its id lives on in what is pulled."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from closeloop.connectors.marketo import merging
from closeloop.ports import Command, Outcome, Ref, Verb


def merge(winner, loser, key="m1", attempt=1, **fields):
    refs = {"loser": Ref("Lead", str(loser))}
    return Command(key, Verb.MERGE, "Lead", Ref("Lead", str(winner)), fields=fields, refs=refs, attempt=attempt)


@pytest.fixture
def joes(marketo):
    """Joe twice: under his address, and under another with his title."""
    known = marketo.create_lead(email="joe@acme.example", firstName="Joe")
    again = marketo.create_lead(email="j.miller@acme.example", title="CTO", unsubscribed=True)
    return known, again


def n_merges(marketo):
    return marketo.faults.n_calls("POST", "merge.json")


def test_the_loser_goes_into_the_winner_and_what_the_winner_is_to_hold_is_written(marketo, connector, joes):
    winner, loser = joes
    [answer] = connector.push([merge(winner, loser, unsubscribed=True)])
    assert (answer.outcome, answer.verified, answer.ref) == (Outcome.DONE, True, Ref("Lead", str(winner)))
    [left] = marketo.leads()
    assert (left["id"], left["email"], left["title"], left["unsubscribed"]) == (
        winner, "joe@acme.example", "CTO", True,
    )  # fmt: skip


def test_a_field_that_is_refused_does_not_undo_the_merge(connector, joes):
    [answer] = connector.push([merge(*joes, employees="many")])
    assert (answer.outcome, answer.verified, "numberOfEmployees = 'many'" in answer.reason) == (
        Outcome.DONE, True, True,
    )  # fmt: skip


def test_the_losers_id_lives_on_in_what_is_pulled(connector, joes, read_all):
    _, _, cursor = read_all()
    connector.push([merge(*joes)])
    records, _, _ = read_all(cursor)
    [gone] = [record for record in records if record.id == str(joes[1])]
    assert (gone.became, gone.deleted) == ((Ref("Lead", str(joes[0])),), False)


def test_several_merges_are_a_call_each_and_one_that_fails_stops_none_but_its_own(marketo, connector, joes):
    winner, loser = joes
    third, gone = (marketo.create_lead(email=f"{who}@acme.example") for who in ("third", "gone"))
    marketo.delete_lead(gone)
    answers = connector.push([merge(winner, loser), merge(winner, gone, "m2"), merge(winner, third, "m3")])
    assert [answer.outcome for answer in answers] == [Outcome.DONE, Outcome.CHANGED, Outcome.DONE]
    assert answers[1].reason == f"not merged: Lead {gone} is gone at Marketo, deleted, or merged into another"
    assert [row["id"] for row in marketo.leads()] == [winner]


def test_what_somebody_merged_already_is_done_and_what_went_elsewhere_is_followed(marketo, connector, joes, read_all):
    winner, loser = joes
    other, third = (marketo.create_lead(email=f"{who}@acme.example") for who in ("other", "third"))
    marketo.merge_leads(winner, loser)
    marketo.merge_leads(other, third)
    [same] = connector.push([merge(winner, loser)])
    assert (same.outcome, same.verified) == (Outcome.DONE, True)
    read_all()
    [elsewhere] = connector.push([merge(winner, third, "m2")])
    assert (elsewhere.outcome, elsewhere.became) == (Outcome.CHANGED, (Ref("Lead", str(other)),))
    [lost] = connector.push([merge(third, winner, "m3")])
    assert (lost.outcome, lost.ref, lost.became) == (
        Outcome.CHANGED, Ref("Lead", str(third)), (Ref("Lead", str(other)),),
    )  # fmt: skip


def test_a_lost_answer_is_looked_for_in_the_log_and_nothing_is_merged_a_second_time(marketo, connector, joes):
    connector.limits()
    marketo.faults.lose_answers(1)
    [lost] = connector.push([merge(*joes, unsubscribed=True)])
    assert (lost.outcome, len(marketo.leads())) == (Outcome.TRANSIENT, 1)
    calls = marketo.faults.calls_today
    [again] = connector.push([merge(*joes, attempt=2, unsubscribed=True)])
    assert (again.outcome, again.verified, again.reason) == (Outcome.DONE, True, "merged by an earlier attempt")
    assert marketo.leads()[0]["unsubscribed"] is True, "what the lost attempt did not come to"
    assert n_merges(marketo) == 1
    assert marketo.faults.calls_today - calls == 4


def test_control_without_a_look_into_the_log_a_lost_answer_would_end_as_a_lead_that_is_gone(
    marketo, connector, joes, monkeypatch
):
    monkeypatch.setattr(merging, "_is_logged", lambda *_: False)
    connector.limits()
    marketo.faults.lose_answers(1)
    connector.push([merge(*joes)])
    [again] = connector.push([merge(*joes, attempt=2)])
    assert again.outcome is Outcome.CHANGED


def test_control_a_repeat_that_does_not_know_it_is_one_asks_the_vendor_again(marketo, connector, joes):
    connector.limits()
    marketo.faults.lose_answers(1)
    connector.push([merge(*joes)])
    connector.push([merge(*joes)])
    assert n_merges(marketo) == 2


def test_a_read_back_that_comes_too_early_is_waited_for(marketo, connector, joes, clock):
    marketo.faults.delay_reads(60)
    clock.advance(timedelta(seconds=60))
    [early] = connector.push([merge(*joes)])
    assert (early.outcome, "does not show it yet" in early.reason) == (Outcome.TRANSIENT, True)
    [twice] = connector.push([merge(*joes, attempt=2)])
    assert (twice.outcome, "still shows both" in twice.reason) == (Outcome.TRANSIENT, True)
    clock.advance(timedelta(seconds=60))
    [late] = connector.push([merge(*joes, attempt=3)])
    assert (late.outcome, late.verified, len(marketo.leads())) == (Outcome.DONE, True, 1)


@pytest.mark.parametrize("code", [611, 606, 607, 615])
def test_what_the_vendor_cannot_do_now_is_tried_again(marketo, connector, joes, code):
    connector.limits()
    marketo.faults.fail_next(code)
    [answer] = connector.push([merge(*joes)])
    assert answer.outcome is Outcome.TRANSIENT
    assert len(marketo.leads()) == 2


def test_what_can_never_be_merged_is_refused_without_a_call(marketo, connector, joes):
    known = Ref("Lead", str(joes[0]))
    answers = connector.push(
        [
            Command("a", Verb.MERGE, "Lead", known),
            Command("b", Verb.MERGE, "Lead", known, refs={"loser": known}),
            Command("c", Verb.MERGE, "Lead", known, refs={"loser": Ref("Contact", "003")}),
        ]
    )
    assert {answer.outcome for answer in answers} == {Outcome.PERMANENT}
    assert "valid is another Lead with a number" in answers[2].reason
    assert n_merges(marketo) == 0


def test_the_vendor_takes_at_most_25_losers_and_names_what_is_wrong(marketo, connector, joes):
    connector.limits()
    token = connector._rest._bearer()

    def post(winner, **params):
        url = f"{marketo.url}/rest/v1/leads/{winner}/merge.json"
        return httpx2.post(url, params=params, headers={"Authorization": f"Bearer {token}"}).json()

    assert post(joes[0], leadIds=",".join(["4"] * 26))["errors"][0]["code"] == "1003"
    assert post(joes[0])["errors"][0]["code"] == "1003"
    assert post(joes[0], leadIds="4")["errors"][0]["code"] == "1004"
    assert post(joes[0], leadId=joes[1])["success"] is True
