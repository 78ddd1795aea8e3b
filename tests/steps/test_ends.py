"""What comes back from vendors: answers settle commands, our own echoes go no further, sellers' changes do."""

from __future__ import annotations

import json
from datetime import timedelta

from closeloop.inbox.nouns import Click
from closeloop.measure.rejects import dead_like
from closeloop.ports import Outcome, Record, Ref
from support.vendor_words import CONTACT, LEAD, answered, clicked, commands, joe_is_a_lead, lead_record, told


def shadow(road, record_id=LEAD):
    rows = road.rows("SELECT fields FROM shadows WHERE record_id = :r", r=record_id)
    return json.loads(str(rows[0][0])) if rows else None


def test_an_answer_settles_its_command_names_the_record_and_is_the_persons_key_from_then_on(road):
    lead_id = joe_is_a_lead(road)
    (create,) = commands(road, "create", "crm")
    answered(road, create["key"], Ref("Lead", LEAD), created=True)
    assert road.one("SELECT state FROM commands WHERE key = :k", k=create["key"]) == "done"
    assert road.rows("SELECT lead_id, object, record_id FROM shown") == [(lead_id, "Lead", LEAD)]
    holder = road.one("SELECT entity_id FROM keys WHERE kind = 'crm.Lead' AND value = :v", v=LEAD)
    assert holder == road.one("SELECT person_id FROM leads")
    assert shadow(road)["Email"] == "joe@acme.example"


def test_an_answer_that_says_no_names_no_record(road):
    joe_is_a_lead(road)
    (create,) = commands(road, "create", "crm")
    answered(road, create["key"], outcome=Outcome.PERMANENT, reason="Company: required")
    assert road.rows("SELECT state, reason FROM commands WHERE key = :k", k=create["key"]) == [
        ("dead", "Company: required")
    ]
    assert road.rows("SELECT record_id FROM shown") == [(None,)]
    assert shadow(road) is None


def test_a_dead_command_is_sent_again_by_a_click_and_one_that_is_not_dead_is_left_as_it_is(road):
    joe_is_a_lead(road)
    (create,) = commands(road, "create", "crm")
    answered(road, create["key"], outcome=Outcome.PERMANENT, reason="Company: required")
    with road.database.read() as connection:
        assert dead_like(connection, str(create["key"]), 100) == (create["key"],)
        assert dead_like(connection, "nobody", 100) == ()
    note = "sent again, as it is decided now"
    assert clicked(road, Click("retry", str(create["key"]), "", "console")) == ("decided", note)
    standing = road.rows("SELECT state, reason FROM commands WHERE key = :k", k=create["key"])
    assert standing == [("waiting", None)]
    with road.database.read() as connection:
        assert dead_like(connection, str(create["key"]), 100) == ()
    answered(road, create["key"], Ref("Lead", LEAD), created=True)
    clicked(road, Click("retry", str(create["key"]), "", "console"))
    assert road.rows("SELECT state FROM commands WHERE key = :k", k=create["key"]) == [("done",)]


def test_an_answer_to_a_command_that_is_not_known_changes_nothing(road):
    answered(road, "crm:create:Lead:nobody", Ref("Lead", LEAD))
    assert road.rows("SELECT state, subject_id FROM messages") == [("decided", None)]
    assert road.rows("SELECT * FROM entities") == []


def test_what_we_wrote_comes_back_as_an_echo_and_what_a_seller_changed_goes_on_alone(road):
    joe_is_a_lead(road)
    (create,) = commands(road, "create", "crm")
    answered(road, create["key"], Ref("Lead", LEAD), created=True)
    key = str(road.one("SELECT person_id FROM leads"))
    as_made = {**shadow(road), "Status": "Open", "Phone": None}
    told(road, lead_record(road, key, **as_made))
    assert road.rows("SELECT responded_at FROM leads") == [(None,)]  # what the CRM filled in itself is no response
    road.clock.advance(timedelta(minutes=5))
    told(road, lead_record(road, key, **as_made, Description=None))
    assert road.rows("SELECT state FROM messages WHERE kind = 'record' ORDER BY batch") == [("decided",), ("decided",)]
    road.clock.advance(timedelta(minutes=5))
    told(road, lead_record(road, key, **as_made, Description=""))
    last = road.rows("SELECT state, reason FROM messages WHERE kind = 'record' ORDER BY batch DESC LIMIT 1")
    assert last == [("echo", "what it says was known: our own echo, or nothing changed")]
    n_values = road.one("SELECT COUNT(*) FROM field_values WHERE message_id LIKE 'crm:%'")
    road.clock.advance(timedelta(minutes=5))
    told(road, lead_record(road, key, **{**as_made, "Title": "Plant manager"}))
    assert road.one("SELECT value FROM winners WHERE field = 'title'") == '"Plant manager"'
    assert road.one("SELECT COUNT(*) FROM field_values WHERE message_id LIKE 'crm:%'") == n_values + 1


def test_the_task_that_we_made_is_no_response_when_it_is_first_read_and_a_change_of_it_is(road):
    told(road, lead_record(road, record_id=CONTACT.replace("003", "00Q"), Email="joe@acme.example", Status="Open"))
    lead_id = joe_is_a_lead(road)
    (create,) = commands(road, "create", "crm")
    assert create["object"] == "Task"
    answered(road, create["key"], Ref("Task", "00T1"), created=True)
    refs = {"person": Ref("Lead", CONTACT.replace("003", "00Q"))}

    def task(**fields):
        return Record("Task", "00T1", "task", road.clock.now(), fields, refs, our_key=lead_id)

    told(road, task(Status="Not Started"))
    assert road.one("SELECT responded_at FROM leads") is None
    road.clock.advance(timedelta(minutes=9))
    told(road, task(Status="In Progress"))
    assert road.one("SELECT why FROM lead_events WHERE kind = 'responded'") == "Task.Status changed in the CRM"


def test_a_conversion_is_followed_and_the_person_stays_one(road):
    joe_is_a_lead(road)
    (create,) = commands(road, "create", "crm")
    answered(road, create["key"], Ref("Lead", LEAD), created=True)
    person = str(road.one("SELECT person_id FROM leads"))
    clicked(road, Click("outcome", str(road.one("SELECT id FROM leads")), "qualified", "abel"))
    road.clock.advance(timedelta(hours=1))
    became = (Ref("Contact", CONTACT), Ref("Account", "001"), Ref("Opportunity", "006"))
    converted = Record(
        "Lead", LEAD, "person", road.clock.now(), {"IsConverted": True}, our_key=person, became=became
    )  # fmt: skip
    deal = Record(
        "Opportunity", "006", "opportunity", road.clock.now(),
        {"Amount": 48000, "CurrencyIsoCode": "EUR", "StageName": "Prospecting", "IsClosed": False, "IsWon": False,
         "OwnerId": "0055g00000S0010AAB"},
        {"person": Ref("Contact", CONTACT), "owner": Ref("User", "0055g00000S0010AAB")},
    )  # fmt: skip
    told(road, converted, deal)
    assert road.rows("SELECT stage, owner, amount_minor FROM leads") == [("field", "huber", 4_800_000)]
    assert road.one("SELECT COUNT(*) FROM entities WHERE kind = 'person' AND root_id = id") == 1
    assert road.rows("SELECT object, record_id FROM shown ORDER BY object") == [("Lead", LEAD), ("Opportunity", "006")]
    assert [each["object"] for each in commands(road, "create", "crm")] == ["Lead"]
    assert road.rows("SELECT value FROM winners WHERE field = 'person'") == [(json.dumps(person),)]
