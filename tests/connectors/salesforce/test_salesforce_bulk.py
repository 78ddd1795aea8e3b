"""More commands than a collection takes go as a bulk job, with an answer for each and nothing done twice."""

from __future__ import annotations

import pytest

from closeloop.connectors.salesforce import connect
from closeloop.connectors.salesforce.bulk import read_error
from closeloop.connectors.salesforce.csv_rows import from_csv, to_csv
from closeloop.ports import Command, Outcome, Ref, Verb

N = 230


def creates(attempt=1, **fields):
    said = {"Name": "Joe Smith", "Company": "Acme", **fields}
    return [Command(f"k{n}", Verb.CREATE, "Lead", our_key=f"k{n}", fields=said, attempt=attempt) for n in range(N)]


def outcomes(answers):
    return [answer.outcome for answer in answers]


def test_many_creates_are_one_job_and_each_has_its_answer(connector, salesforce):
    connector.discover()
    before, commands = connector.calls, creates()
    answers = connector.push(commands)
    keys = {row["Id"]: row["Closeloop_Key__c"] for row in salesforce.records("Lead")}
    assert [(a.outcome, a.created, keys[a.ref.id]) for a in answers] == [(Outcome.DONE, True, c.key) for c in commands]
    [job] = salesforce.bulk.jobs.values()
    assert (job.said["operation"], job.said["externalIdFieldName"]) == ("upsert", "Closeloop_Key__c")
    assert salesforce.faults.n_calls("PATCH", "/composite") == 0
    assert connector.calls - before == connector.cost(commands) + salesforce.bulk.polls


def test_a_row_that_is_refused_says_why_and_the_others_are_written(connector, salesforce):
    commands = creates()
    commands[3] = Command("k3", Verb.CREATE, "Lead", our_key="k3", fields={"Name": "A", "Status": "Hot"})
    commands[4] = Command("k4", Verb.CREATE, "Lead", our_key="k4", fields={"Name": "B", "Title": "x" * 200})
    commands[5] = Command("k5", Verb.CREATE, "Lead", our_key="k5", fields={"Name": "C", "Colour__c": "red"})
    answers = connector.push(commands)
    assert outcomes(answers).count(Outcome.DONE) == N - 3 == salesforce.count("Lead")
    assert "Lead.Status cannot be 'Hot': valid is Open, Working" in answers[3].reason
    assert "Lead.Title has 200 characters, at most 128" in answers[4].reason
    assert "Lead has no field Colour__c" in answers[5].reason


def test_updates_leave_what_they_do_not_say_and_blank_what_they_say_is_blank(connector, salesforce, sato):
    leads = [salesforce.create_lead(sato, LastName="S", Company="Acme", Title="CEO", Phone="1") for _ in range(N)]
    odd = 'a "quoted", text\r\nof two lines\n'
    said = [
        {"Title": None},
        {"Description": odd},
        {"NumberOfEmployees": 7, "HasOptedOutOfEmail": True},
        {"Title": "#N/A"},
    ]
    commands = [
        Command(i, Verb.UPDATE, "Lead", Ref("Lead", i), fields=said[n % 3 if n else 3]) for n, i in enumerate(leads)
    ]
    salesforce.delete(leads[5])
    answers = connector.push(commands)
    assert [(n, a.outcome) for n, a in enumerate(answers) if a.outcome is not Outcome.DONE] == [(5, Outcome.CHANGED)]
    first, blank, text, typed = (salesforce.get(leads[n]) for n in (0, 3, 1, 2))
    assert first["Title"] == "#N/A"
    assert (blank["Title"], blank["Phone"]) == (None, "1")
    assert (text["Description"], text["Title"]) == (odd, "CEO")
    assert (typed["NumberOfEmployees"], typed["HasOptedOutOfEmail"]) == (7, True)


def test_a_job_that_the_vendor_ends_early_leaves_the_rest_to_be_tried_again(connector, salesforce):
    salesforce.bulk.stops_after = 100
    answers = connector.push(creates())
    assert outcomes(answers) == [Outcome.DONE] * 100 + [Outcome.TRANSIENT] * (N - 100)
    assert "the daily limit of records is reached" in answers[-1].reason
    salesforce.bulk.stops_after = None
    again = connector.push(creates(attempt=2))
    assert set(outcomes(again)) == {Outcome.DONE}
    assert [answer.created for answer in again].count(True) == N - 100
    assert salesforce.count("Lead") == N


def test_a_days_quota_of_bulk_rows_is_waited_for_and_loses_no_command(connector, salesforce):
    salesforce.bulk.quota_reached = True
    answers = connector.push(creates())
    assert {(answer.outcome, answer.retry_after_seconds) for answer in answers} == {(Outcome.TRANSIENT, 300)}
    salesforce.bulk.quota_reached = False
    assert set(outcomes(connector.push(creates(attempt=2)))) == {Outcome.DONE}


@pytest.mark.parametrize("lost", ["opening", "beginning"])
def test_a_lost_answer_to_opening_or_beginning_a_job_is_looked_after_and_nothing_is_written_twice(
    connector, salesforce, monkeypatch, lost
):
    connector.discover()
    if lost == "opening":
        salesforce.faults.lose_answers(1)
    else:
        upload = connector._client.upload

        def then_lose(path, csv):
            upload(path, csv)
            salesforce.faults.lose_answers(1)

        monkeypatch.setattr(connector._client, "upload", then_lose)
    assert set(outcomes(connector.push(creates()))) == {Outcome.DONE}
    assert salesforce.count("Lead") == N
    began = [job for job in salesforce.bulk.jobs.values() if job.table]
    assert (len(began), len(salesforce.bulk.jobs)) == (1, 2 if lost == "opening" else 1)


def test_control_a_job_begun_again_after_a_lost_answer_without_a_look_is_refused(connector, salesforce):
    client = connector._client
    job = client.ask("POST", "/jobs/ingest", {"object": "Lead", "operation": "insert"})["id"]
    client.upload(f"/jobs/ingest/{job}/batches", "LastName,Company\nSmith,Acme\n")
    client.ask("PATCH", f"/jobs/ingest/{job}", {"state": "UploadComplete"})
    with pytest.raises(Exception, match="INVALIDJOBSTATE"):
        client.ask("PATCH", f"/jobs/ingest/{job}", {"state": "UploadComplete"})


def test_a_lost_upload_ends_the_job_unbegun(connector, salesforce, monkeypatch):
    connector.discover()
    opened = connector._client.ask

    def then_lose(method, path, body):
        answer = opened(method, path, body)
        if method == "POST":
            salesforce.faults.lose_answers(1)
        return answer

    monkeypatch.setattr(connector._client, "ask", then_lose)
    assert set(outcomes(connector.push(creates()))) == {Outcome.TRANSIENT}
    assert [job.state for job in salesforce.bulk.jobs.values()] == ["Aborted"]
    assert salesforce.count("Lead") == 0


def test_a_job_that_takes_too_long_is_tried_again_and_found(salesforce, clock):
    patience = {"bulk_poll_seconds": "0.001", "bulk_wait_seconds": "0.01"}
    connector = connect({**salesforce.settings, **patience}, clock)
    salesforce.bulk.polls = 1000
    answers = connector.push(creates())
    assert set(outcomes(answers)) == {Outcome.TRANSIENT}
    assert "its job goes on there" in answers[0].reason
    again = connector.push(creates(attempt=2))
    connector.close()
    assert {(answer.outcome, answer.reason) for answer in again} == {(Outcome.DONE, "made by an earlier attempt")}
    assert salesforce.count("Lead") == N


def test_a_table_reads_as_it_was_written_whatever_ends_its_lines():
    said = {"id": "1", "Title": 'x "y", z\r\nw', "Open__c": False, "Phone": None, "attributes": {}}
    text = to_csv([said, {"id": "2"}])
    rows = [{"Id": "1", "Title": 'x "y", z\r\nw', "Open__c": "false", "Phone": "#N/A"}]
    rows.append({"Id": "2", "Title": "", "Open__c": "", "Phone": ""})
    assert list(from_csv(text)) == rows
    assert list(from_csv("Id,Name\r\n1,Joe\r\n")) == [{"Id": "1", "Name": "Joe"}]
    assert list(from_csv("")) == []


@pytest.mark.parametrize(
    ("text", "code", "fields"),
    [
        ("STRING_TOO_LONG:Title: data value too large: x (max length=128):Title --", "STRING_TOO_LONG", ("Title",)),
        ("REQUIRED_FIELD_MISSING:Required fields are missing: [A, B]:A, B --", "REQUIRED_FIELD_MISSING", ("A", "B")),
        ("ENTITY_IS_DELETED:entity is deleted: --", "ENTITY_IS_DELETED", ()),
        ("odd", "UNKNOWN", ()),
    ],
)
def test_what_is_written_beside_a_refused_row_is_read(text, code, fields):
    (error,) = read_error(text)
    assert (error.code, error.fields) == (code, fields)
