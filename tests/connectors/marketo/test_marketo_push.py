"""What the hub asks of Marketo is done once, in few calls, with a plain answer for each command."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from closeloop.ports import Command, Outcome, Ref, Verb

LONG_FIELDS = ("title", "company", "phone", "country")


def create(n, attempt=1, **fields):
    return Command(
        key=f"c-{n}",
        verb=Verb.CREATE,
        object="Lead",
        our_key=f"k-{n}",
        attempt=attempt,
        fields={"email": f"p{n}@acme.example", **fields},
    )


def about(verb, lead, key="c-x", **fields):
    return Command(key=key, verb=verb, object="Lead", ref=Ref("Lead", str(lead)), fields=fields)


def test_leads_are_created_in_batches_of_300_with_an_answer_for_each(marketo, connector):
    commands = [create(n, name=f"Joe Miller {n}") for n in range(650)]
    answers = [answer for n in (0, 300, 600) for answer in connector.push(commands[n : n + 300])]
    assert [answer.key for answer in answers] == [f"c-{n}" for n in range(650)]
    assert {answer.outcome for answer in answers} == {Outcome.DONE}
    assert all(answer.created for answer in answers)
    assert marketo.faults.n_calls("POST", "/leads.json") == 3
    lead = marketo.lead_by_email("p7@acme.example")
    assert (lead["firstName"], lead["lastName"], lead["closeloopKey"]) == ("Joe Miller", "7", "k-7")


def test_a_create_for_an_address_that_is_there_takes_that_lead(marketo, connector):
    there = marketo.create_lead(email="P1@acme.example")
    [answer] = connector.push([create(1)])
    assert (answer.ref, answer.created) == (Ref("Lead", str(there)), False)
    assert len(marketo.leads()) == 1


def test_a_lead_without_address_is_created_by_our_key(marketo, connector):
    command = Command("c-1", Verb.CREATE, "Lead", our_key="k-1", fields={"name": "Sato"})
    [answer] = connector.push([command])
    [again] = connector.push([command])
    assert answer.ref == again.ref
    assert (answer.created, again.created) == (True, False)
    assert marketo.leads()[0]["lastName"] == "Sato"


def test_bad_records_are_refused_with_field_and_value_and_the_rest_goes_through(marketo, connector):
    for _ in range(2):
        marketo.create_lead(email="p4@acme.example")
    answers = connector.push(
        [
            create(1),
            create(2, employees="many"),
            create(3, shoe_size=44),
            create(4),
            create(5, title="x" * 300),
            create(6, email="not an address"),
            create(7),
        ]
    )
    assert [answer.outcome for answer in answers] == [Outcome.DONE, *[Outcome.PERMANENT] * 5, Outcome.DONE]
    assert "numberOfEmployees = 'many' (valid is integer)" in answers[1].reason
    assert "Required of type 'integer' (Marketo code 1001)" in answers[1].reason
    assert "Field 'shoe_size' not found" in answers[2].reason
    assert "1007" in answers[3].reason
    assert "merge the duplicates in Marketo" in answers[3].reason
    assert "title = 'xxx" in answers[4].reason
    assert "(valid is string of at most 255 characters)" in answers[4].reason
    assert "email = 'not an address'" in answers[5].reason


@pytest.mark.parametrize("seconds", [0, 60], ids=["reads at once", "reads lag"])
def test_a_lost_answer_then_a_retry_leaves_one_lead(marketo, connector, seconds):
    marketo.faults.delay_reads(seconds)
    marketo.faults.lose_answers(1)
    [lost] = connector.push([create(1)])
    assert lost.outcome is Outcome.TRANSIENT
    [answer] = connector.push([create(1, attempt=2)])
    assert (answer.outcome, answer.created) == (Outcome.DONE, False)
    assert answer.ref == Ref("Lead", str(marketo.leads()[0]["id"]))
    assert len(marketo.leads()) == 1


def test_control_creating_without_a_look_up_makes_two(marketo, clock):
    """What a client does that neither reads back nor lets Marketo look up: `createDuplicate`."""
    granted = httpx2.get(
        marketo.url + "/identity/oauth/token",
        params={
            "grant_type": "client_credentials",
            "client_id": marketo.settings["client_id"],
            "client_secret": marketo.settings["client_secret"],
        },
    ).json()
    header = {"Authorization": f"Bearer {granted['access_token']}"}
    body = {"action": "createDuplicate", "input": [{"email": "p1@acme.example"}]}
    marketo.faults.lose_answers(1)
    with pytest.raises(httpx2.TransportError):
        httpx2.post(marketo.url + "/rest/v1/leads.json", json=body, headers=header)
    httpx2.post(marketo.url + "/rest/v1/leads.json", json=body, headers=header)
    assert len(marketo.leads()) == 2


def test_after_a_lost_answer_the_calls_that_are_left_are_not_made(marketo, connector):
    joe = marketo.create_lead(email="joe@acme.example")
    marketo.faults.lose_answers(1)
    answers = connector.push([create(1), about(Verb.UPDATE, joe, title="CTO")])
    assert [answer.outcome for answer in answers] == [Outcome.TRANSIENT] * 2
    assert marketo.faults.n_calls("POST", "/leads.json") == 1


def test_quota_and_rate_are_passed_on_with_the_time_to_wait(marketo, connector):
    connector.limits()
    marketo.faults.fail_next(606)
    assert connector.push([create(1)])[0].retry_after_seconds == 20
    marketo.faults.limit(per_second=1)
    assert [connector.push([create(n)])[0].outcome for n in (1, 2)] == [Outcome.DONE, Outcome.TRANSIENT]
    marketo.faults.limit(per_day=1)
    [answer] = connector.push([create(1)])
    assert (answer.outcome, answer.retry_after_seconds) == (Outcome.TRANSIENT, timedelta(hours=20).total_seconds())


def test_limits_tell_what_is_left_of_the_day(connector):
    connector.pull(connector.mark())
    limits = connector.limits()
    assert (limits.calls_allowed, limits.calls_left) == (50_000, 50_000 - 5)


def test_a_body_over_a_megabyte_is_sent_in_parts(marketo, connector):
    answers = connector.push([create(n, **dict.fromkeys(LONG_FIELDS, f"{n:04d}" * 60)) for n in range(300)])
    assert {answer.outcome for answer in answers} == {Outcome.DONE}
    marketo.faults.fail_next(413)
    answers = connector.push([about(Verb.UPDATE, answer.ref.id, answer.key, title="CTO") for answer in answers])
    assert {answer.outcome for answer in answers} == {Outcome.DONE}
    assert {lead["title"] for lead in marketo.leads()} == {"CTO"}
    assert marketo.faults.n_calls("POST", "/leads.json") == 4


def test_updates_and_what_is_told_go_out_in_one_call_in_order(marketo, connector):
    joe = marketo.create_lead(email="joe@acme.example")
    told = {"outcome": "qualified", "responded_at": "2026-09-01T10:00:00Z", "campaign": "spring-webinar"}
    answers = connector.push(
        [
            about(Verb.UPDATE, joe, "c-1", title="CTO"),
            about(Verb.UPDATE, joe, "c-2", title="CEO", name="Joe Miller"),
            about(Verb.TELL, joe, "c-3", **told),
        ]
    )
    assert {answer.outcome for answer in answers} == {Outcome.DONE}
    assert marketo.faults.n_calls("POST", "/leads.json") == 1
    assert marketo.lead_by_email("joe@acme.example")["title"] == "CEO"
    assert marketo.told("JOE@acme.example") == told


def test_telling_by_address_finds_the_lead_and_says_so_when_there_is_none(marketo, connector):
    marketo.create_lead(email="joe@acme.example")
    there = Command("c-1", Verb.TELL, "Lead", fields={"email": "joe@acme.example", "stage": "field"})
    nobody = Command("c-2", Verb.TELL, "Lead", fields={"email": "nobody@acme.example", "stage": "field"})
    answers = connector.push([there, nobody])
    assert [answer.outcome for answer in answers] == [Outcome.DONE, Outcome.PERMANENT]
    assert "'nobody@acme.example'" in answers[1].reason
    assert marketo.told("joe@acme.example") == {"stage": "field"}


def test_an_update_of_a_merged_lead_says_where_it_lives_on(marketo, connector):
    mark = connector.mark()
    first, second, third = (marketo.create_lead(email=f"joe{n}@acme.example") for n in range(3))
    marketo.merge_leads(second, first)
    marketo.merge_leads(third, second)
    connector.pull(mark)
    [answer] = connector.push([about(Verb.UPDATE, first, title="CTO")])
    assert (answer.outcome, answer.became) == (Outcome.CHANGED, (Ref("Lead", str(third)),))
    fetched = connector.fetch([Ref("Lead", str(first)), Ref("Lead", str(third))])
    assert fetched[Ref("Lead", str(first))].became == (Ref("Lead", str(third)),)
    assert fetched[Ref("Lead", str(third))].fields["email"] == "joe2@acme.example"


def test_an_update_of_a_deleted_lead_says_that_it_is_gone(marketo, connector):
    joe = marketo.create_lead(email="joe@acme.example")
    marketo.delete_lead(joe)
    [answer] = connector.push([about(Verb.UPDATE, joe, title="CTO")])
    assert (answer.outcome, answer.became) == (Outcome.CHANGED, ())
    assert connector.fetch([Ref("Lead", str(joe))]) == {}


def test_many_are_read_back_by_our_keys_within_the_limits_of_a_query(marketo, connector):
    keys = [f"{n:08d}-0000-7000-8000-000000000000" for n in range(400)]
    connector.push([Command(f"c-{k}", Verb.CREATE, "Lead", our_key=k, fields={"name": "Joe"}) for k in keys])
    found = connector.read_back("Lead", [*keys, "unknown"])
    assert set(found) == set(keys)
    assert {record.our_key for record in found.values()} == set(keys)


def test_commands_that_make_no_sense_here_are_refused_at_once(marketo, connector):
    answers = connector.push(
        [
            Command("c-1", Verb.MAIL, "message", fields={"to": "joe@acme.example"}),
            Command("c-2", Verb.UPDATE, "Lead", fields={"title": "CTO"}),
            Command("c-3", Verb.CREATE, "Task", our_key="k"),
            Command("c-4", Verb.JOIN, "Lead", ref=Ref("Lead", "1"), fields={}),
            Command("c-5", Verb.TELL, "Lead", fields={"stage": "field"}),
            Command("c-6", Verb.CREATE, "Lead", fields={"email": "joe@acme.example"}),
            Command("c-7", Verb.UPDATE, "Lead", ref=Ref("Contact", "003x")),
        ]
    )
    assert {answer.outcome for answer in answers} == {Outcome.PERMANENT}
    assert all(answer.reason for answer in answers)
    assert marketo.faults.n_calls() == 0
