"""What vendors, clocks and people at the console say becomes messages, the same each time it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from closeloop.inbox.answers import encode_answers
from closeloop.inbox.clicks import encode_clicks
from closeloop.inbox.nouns import Click, Door, Due, Key, Message, Receipt, SetAside
from closeloop.inbox.read import read
from closeloop.inbox.records import encode_records
from closeloop.inbox.ticks import encode_due
from closeloop.ports import Answer, Outcome, Record, Ref
from closeloop.process.load import load

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
PROCESS = load(Path(__file__).parents[2] / "processes/b2b.yaml")
LEAD = Record(
    "Lead", "00Q1", "person", NOW - timedelta(hours=1),
    {"Email": "Joe@Acme.example", "Title": "CTO", "Phone": None, "OwnerId": "005S", "NumberOfEmployees": 700},
    {"owner": Ref("User", "005S")}, our_key="lead-1",
)  # fmt: skip


def receipt(body: bytes, door: Door = "pull", source: str = "crm", **headers: str) -> Receipt:
    return Receipt("r-1", source, door, "live", NOW, headers, body)


def pulled(*records: Record) -> list[Message]:
    messages = [message for message in read(receipt(encode_records(records)), PROCESS) if isinstance(message, Message)]
    assert len(messages) == len(records)
    return messages


def said(message: Message) -> dict[tuple[str, str], object]:
    return {(value.entity, value.path): value.value for value in message.values}


def test_a_lead_is_known_by_its_id_our_key_and_its_address():
    (message,) = pulled(LEAD)
    assert message.keys == (Key("crm.Lead", "00Q1"), Key("closeloop", "lead-1"), Key("email", "joe@acme.example"))
    assert message.record == LEAD
    assert message.occurred_at == LEAD.changed_at


def test_values_stand_under_the_paths_of_the_process_and_blank_is_said_as_blank():
    values = said(pulled(LEAD)[0])
    assert values["person", "crm.Title"] == "CTO"
    assert values["person", "crm.Phone"] is None
    assert values["account", "crm.NumberOfEmployees"] == 700
    assert values["person", "crm.Lead.OwnerId"] == "005S"
    assert ("account", "crm.Account.Name") not in values


def test_a_path_with_an_object_means_that_object_only():
    account = Record("Account", "001A", "account", NOW, {"Name": "Acme", "Phone": "+49 30 1"})
    values = said(pulled(account)[0])
    assert values["account", "crm.Account.Name"] == "Acme"
    assert ("person", "crm.Name") not in values
    assert ("person", "crm.Phone") not in values


def test_the_same_record_twice_is_one_message_and_a_changed_one_another():
    again = replace(LEAD, fields={**LEAD.fields, "Title": "CEO"})
    ids = [message.id for message in pulled(LEAD, LEAD, again)]
    assert ids[0] == ids[1] != ids[2]


def test_a_call_is_an_act_of_the_seller_about_the_person():
    task = Record(
        "Task", "00T1", "task", NOW, {"CallDisposition": "Left voicemail"},
        {"person": Ref("Lead", "00Q1"), "owner": Ref("User", "005S")}, touch="call.logged",
    )  # fmt: skip
    (message,) = pulled(task)
    assert message.keys == (Key("crm.Lead", "00Q1"),)
    assert message.act is not None
    assert (message.act.kind, message.act.by) == ("call.logged", "005S")
    assert message.act.props == {"CallDisposition": "Left voicemail"}
    assert message.values == ()


def test_a_deleted_record_states_nothing():
    (message,) = pulled(replace(LEAD, deleted=True))
    assert message.values == ()
    assert message.keys[0] == Key("crm.Lead", "00Q1")


def test_an_answer_is_a_message_of_its_own_for_each_attempt():
    answer = Answer("k-1", Outcome.CHANGED, Ref("Lead", "00Q1"), "converted", became=(Ref("Contact", "003C"),))
    sent = receipt(encode_answers([answer]), "answer")
    (first,), (second,) = read(sent, PROCESS), read(replace(sent, id="r-2"), PROCESS)
    assert isinstance(first, Message)
    assert first.answer == answer
    assert first.id != second.id


def test_a_clock_wound_to_a_moment_runs_out_once():
    due = Due("lead-1", "respond", NOW - timedelta(seconds=1))
    sent = receipt(encode_due([due]), "time", "clock")
    (first,), (second,) = read(sent, PROCESS), read(replace(sent, id="r-2"), PROCESS)
    assert isinstance(first, Message)
    assert first.due == due
    assert first.id == second.id == "clock:lead-1:respond:1788253199000000"


def test_a_click_sent_twice_with_its_key_is_one_click():
    click = Click("outcome", "lead-1", "voicemail", "sato")
    sent = receipt(encode_clicks([click]), "desk", "desk", key="c-1")
    (first,), (second,) = read(sent, PROCESS), read(replace(sent, id="r-2"), PROCESS)
    assert isinstance(first, Message)
    assert first.click == click
    assert first.id == second.id


def test_a_version_of_the_process_holds_no_messages():
    assert read(receipt(b"{}", "process", "process"), PROCESS) == []


def test_a_body_that_is_no_list_of_records_is_set_aside():
    (aside,) = read(receipt(b'[{"object": 5}]'), PROCESS)
    assert isinstance(aside, SetAside)
    assert "$[0].object" in aside.reason
