"""Many at once go as files: one job, what became of each row, and nothing twice."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from closeloop.connectors.marketo import connect
from closeloop.connectors.marketo.connector import Marketo
from closeloop.connectors.marketo.imports import files
from closeloop.connectors.marketo.simulator.import_api import MOST_FILE_BYTES
from closeloop.ports import Command, Outcome, Ref, Verb


def create(n, attempt=1, **fields):
    given = {"email": f"p{n}@acme.example", **fields}
    return Command(f"c-{n}", Verb.CREATE, "Lead", our_key=f"k-{n}", fields=given, attempt=attempt)


def update(lead_id, **fields):
    return Command(f"u-{lead_id}", Verb.UPDATE, "Lead", Ref("Lead", str(lead_id)), fields=fields)


def n_files(marketo):
    return marketo.faults.n_calls("POST", "/bulk/v1/leads.json")


def test_many_new_leads_go_as_one_file_and_are_read_back(marketo, connector):
    there = marketo.create_lead(email="p7@acme.example")
    answers = connector.push([create(n, name="Joe Miller", country="DE") for n in range(400)])
    assert [answer.key for answer in answers] == [f"c-{n}" for n in range(400)]
    assert {answer.outcome for answer in answers} == {Outcome.DONE}
    assert n_files(marketo) == 1
    assert marketo.faults.n_calls("GET", "/rest/v1/leads.json") == 2, "keys are asked for 300 at a time"
    by_key = {lead["closeloopKey"]: lead for lead in marketo.leads()}
    assert [answer.ref.id for answer in answers] == [str(by_key[f"k-{n}"]["id"]) for n in range(400)]
    assert answers[7].ref == Ref("Lead", str(there))
    assert by_key["k-3"]["lastName"] == "Miller"


def test_what_a_file_refuses_is_told_of_its_row_and_the_rest_is_done(marketo, connector):
    bad = {5: "x" * 300, 9: "y" * 256}
    answers = connector.push([create(n, title=bad.get(n, 'CTO, "the\nbest"')) for n in range(400)])
    assert Counter(answer.outcome for answer in answers) == {Outcome.DONE: 398, Outcome.PERMANENT: 2}
    assert "title = 'xxx" in answers[5].reason
    assert "valid is string of at most 255 characters" in answers[5].reason
    assert marketo.lead_by_email("p6@acme.example")["title"] == 'CTO, "the\nbest"'


def test_a_row_that_was_taken_with_a_warning_says_so(marketo, connector):
    marketo.imports.warn_of = "CEO"
    answers = connector.push([create(n, title="CEO" if n == 3 else "CTO") for n in range(301)])
    assert {answer.outcome for answer in answers} == {Outcome.DONE}
    assert [(n, answer.reason) for n, answer in enumerate(answers) if answer.reason] == [(3, "Unusual value 'CEO'")]


def test_many_updates_go_as_a_file_by_id_and_one_that_is_merged_says_where_it_lives(marketo, connector, read_all):
    mark = connector.mark()
    leads = [marketo.create_lead(email=f"p{n}@acme.example") for n in range(400)]
    marketo.merge_leads(leads[1], leads[0])
    marketo.delete_lead(leads[2])
    read_all(mark)
    answers = connector.push([update(one, title="CTO", unsubscribed=True) for one in leads])
    assert Counter(answer.outcome for answer in answers) == {Outcome.DONE: 398, Outcome.CHANGED: 2}
    assert answers[0].became == (Ref("Lead", str(leads[1])),)
    assert marketo.lead_by_email("p3@acme.example")["unsubscribed"] is True
    assert len(marketo.leads()) == 398


def test_blanks_and_people_named_twice_and_those_told_by_address_go_by_ordinary_calls(marketo, connector):
    leads = [marketo.create_lead(email=f"p{n}@acme.example", title="CTO") for n in range(400)]
    answers = connector.push(
        [
            *(update(one, country="DE") for one in leads),
            Command("again", Verb.UPDATE, "Lead", Ref("Lead", str(leads[0])), fields={"country": "JP"}),
            Command("blank", Verb.UPDATE, "Lead", Ref("Lead", str(leads[1])), fields={"title": None}),
            Command("told", Verb.TELL, "Lead", fields={"email": "nobody@acme.example", "stage": "field"}),
        ]
    )
    assert Counter(answer.outcome for answer in answers) == {Outcome.DONE: 402, Outcome.PERMANENT: 1}
    assert n_files(marketo) == 1
    assert marketo.lead_by_email("p0@acme.example")["country"] == "JP", "the later of two"
    assert marketo.lead_by_email("p1@acme.example")["title"] is None
    assert marketo.lead_by_email("nobody@acme.example") is None, "a file would have made it"


def test_rows_of_several_shapes_go_as_several_files_and_few_as_none(marketo, connector):
    commands = [create(n, **({"title": "CTO"} if n % 2 else {"country": "DE"})) for n in range(700)]
    connector.push([*commands, *(create(n, phone="1") for n in range(700, 710))])
    assert n_files(marketo) == 2
    assert len(marketo.leads()) == 710


def test_a_file_never_gets_over_the_vendors_size(marketo, connector):
    many = [create(n, **dict.fromkeys(("title", "company", "phone", "country"), "x" * 250)) for n in range(10_000)]
    parts = files(many)
    assert [len(part.content) < MOST_FILE_BYTES for part in parts] == [True, True]
    assert sum(len(part.commands) for part in parts) == 10_000
    marketo.faults.fail_next(413)
    answers = connector.push([create(n) for n in range(302)])
    assert {answer.outcome for answer in answers} == {Outcome.DONE}
    assert n_files(marketo) == 3, "refused once, then in halves"


def test_a_job_is_waited_for_and_when_it_takes_too_long_found_again(marketo, clock):
    made = connect(marketo.settings, clock)
    connector = Marketo(made._rest, pause=lambda seconds: clock.advance(timedelta(seconds=seconds)))
    marketo.imports.jobs.takes = timedelta(seconds=30)
    assert {one.outcome for one in connector.push([create(n) for n in range(301)])} == {Outcome.DONE}
    marketo.imports.jobs.takes = timedelta(minutes=1)
    [answer, *_] = connector.push([create(n, title="CTO") for n in range(301)])
    assert (answer.outcome, answer.retry_after_seconds) == (Outcome.TRANSIENT, 60)
    answers = connector.push([create(n, title="CTO", attempt=2) for n in range(301)])
    assert {answer.outcome for answer in answers} == {Outcome.DONE}
    assert n_files(marketo) == 2
    connector.close()


def test_a_repeated_creation_is_looked_for_before_it_goes_into_a_file(marketo, connector):
    there = connector.push([create(n) for n in range(302)])
    marketo.update_lead(int(there[5].ref.id), email="moved@acme.example")
    commands = [create(n, attempt=2) for n in range(302)]
    foreseen, before = connector.cost(commands), connector.calls
    assert [answer.ref for answer in connector.push(commands)] == [answer.ref for answer in there]
    assert connector.calls - before <= foreseen
    assert len(marketo.leads()) == 302, "by its address alone, the one that moved would have been made twice"


@pytest.mark.parametrize("n", [301, 300], ids=["as a file", "as one call"])
def test_a_lost_answer_to_many_then_a_retry_leaves_each_once(marketo, connector, n):
    marketo.faults.lose_answers(1)
    assert {answer.outcome for answer in connector.push([create(i) for i in range(n)])} == {Outcome.TRANSIENT}
    answers = connector.push([create(i, attempt=2) for i in range(n)])
    assert {answer.outcome for answer in answers} == {Outcome.DONE}
    assert len(marketo.leads()) == n


def test_a_full_queue_of_imports_asks_for_patience(marketo, connector, clock):
    marketo.imports.jobs.takes = timedelta(hours=1)
    hasty = connect({**marketo.settings, "bulk_wait_seconds": "0"}, clock)
    for part in range(10):
        hasty.push([create(1_000 * part + n) for n in range(301)])
    [answer, *_] = hasty.push([create(100_000 + n) for n in range(301)])
    assert (answer.outcome, answer.retry_after_seconds) == (Outcome.TRANSIENT, 60)
    assert "Too many imports" in answer.reason
    hasty.close()
