"""Away and back: an erased lead is gone for good, a lost one is made anew under our key, once."""

from __future__ import annotations

import pytest

from closeloop.ports import Command, Outcome, Ref, Verb


def about(verb, lead, key="c-1", attempt=1, our_key=None, **fields):
    return Command(key, verb, "Lead", Ref("Lead", str(lead)), our_key, fields, attempt=attempt)


@pytest.fixture
def joe(marketo):
    return marketo.create_lead(email="joe@acme.example", title="CTO", closeloopKey="k-joe")


def test_an_erased_lead_is_gone_and_erasing_it_again_is_as_once(marketo, connector, joe):
    other = marketo.create_lead(email="other@acme.example")
    for key in ("c-1", "c-2"):
        [answer] = connector.push([about(Verb.ERASE, joe, key)])
        assert answer.outcome is Outcome.DONE
        assert [lead["id"] for lead in marketo.leads()] == [other]


def test_a_deleted_lead_is_made_anew_with_its_fields(marketo, connector, joe):
    marketo.delete_lead(joe)
    restore = about(Verb.RESTORE, joe, our_key="k-joe", email="joe@acme.example", title="CTO")
    [answer] = connector.push([restore])
    assert (answer.outcome, answer.created) == (Outcome.DONE, True)
    [lead] = marketo.leads()
    assert (str(lead["id"]), lead["title"], lead["closeloopKey"]) == (answer.ref.id, "CTO", "k-joe")
    assert lead["id"] != joe


def test_a_lead_that_lives_after_all_is_only_written(marketo, connector, joe):
    marketo.update_lead(joe, title="CEO")
    [answer] = connector.push([about(Verb.RESTORE, joe, our_key="k-joe", title="CTO")])
    assert (answer.ref, answer.created) == (Ref("Lead", str(joe)), False)
    assert [lead["title"] for lead in marketo.leads()] == ["CTO"]


def test_the_loser_of_a_merge_comes_back_beside_its_winner_who_has_the_same_address(marketo, connector, joe):
    winner = marketo.create_lead(email="joe@acme.example", title="CEO")
    marketo.merge_leads(winner, joe)
    assert marketo.leads()[0]["closeloopKey"] == "k-joe", "the winner had no key and took the loser's"
    restore = about(Verb.RESTORE, joe, our_key="k-joe", email="joe@acme.example", title="CTO")
    [answer] = connector.push([restore])
    assert (answer.outcome, answer.created) == (Outcome.DONE, True)
    by_title = {lead["title"]: lead for lead in marketo.leads()}
    assert (by_title["CEO"]["id"], by_title["CEO"]["closeloopKey"]) == (winner, None)
    assert (str(by_title["CTO"]["id"]), by_title["CTO"]["closeloopKey"]) == (answer.ref.id, "k-joe")


def test_control_creating_by_address_would_have_written_over_the_winner(marketo, connector, joe):
    winner = marketo.create_lead(email="joe@acme.example", title="CEO")
    marketo.merge_leads(winner, joe)
    anew = Command("c", Verb.CREATE, "Lead", our_key="k-joe", fields={"email": "joe@acme.example", "title": "CTO"})
    [answer] = connector.push([anew])
    assert (answer.ref.id, answer.created) == (str(winner), False)
    assert [lead["title"] for lead in marketo.leads()] == ["CTO"]


def test_a_lost_answer_then_a_retry_makes_it_once(marketo, connector, joe):
    marketo.delete_lead(joe)
    restore = {"our_key": "k-joe", "email": "joe@acme.example", "title": "CTO"}
    marketo.faults.lose_answers(1)
    assert connector.push([about(Verb.RESTORE, joe, **restore)])[0].outcome is Outcome.TRANSIENT
    [answer] = connector.push([about(Verb.RESTORE, joe, attempt=2, **restore)])
    assert (answer.outcome, answer.created) == (Outcome.DONE, False)
    assert [str(lead["id"]) for lead in marketo.leads()] == [answer.ref.id]
