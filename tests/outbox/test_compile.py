"""Each intent of the lifecycle becomes commands with keys of their own, on the records that there are."""

from __future__ import annotations

import json

import pytest

from closeloop.lifecycle.nouns import Assign, Close, Enrol, Packet, Prompt, Retire, Revive, Show, ShownAs, Tell
from closeloop.outbox.compile import compile_intents
from closeloop.ports import Ref, Verb
from closeloop.words.money import parse_money
from support.outgoing import AT, b2b, known, lead

B2B = b2b()
JOES_LEAD = lead()
ABEL, SATO = Ref("User", "0055g00000S0001AAB"), Ref("User", "0055g00000S0005AAB")
IN_MA = {("ma", "Lead", "7"): {}}
LEAD_IN_CRM, CONTACT_IN_CRM = {("crm", "Lead", "L1"): {}}, {("crm", "Contact", "C1"): {}}


def commands(*intents, now=None, shown=(), packets=None):
    return compile_intents(intents, now or known(), {"lead-1": list(shown)}, packets or {}, B2B, "m1")


def test_somebody_new_is_shown_as_a_lead_with_everything_sales_needs():
    packet = Packet("lead-1", 1, AT, {"score": {"interest": 55}})
    (create,) = commands(Show(JOES_LEAD, "Lead", "joe"), packets={"lead-1": packet})
    command = create.command
    assert (create.source, command.verb, command.object, command.our_key) == ("crm", Verb.CREATE, "Lead", "joe")
    assert command.key == "crm:create:Lead:joe"
    assert command.refs == {"owner": ABEL}
    fields = dict(command.fields)
    assert json.loads(str(fields.pop("packet"))) == {"score": {"interest": 55}}
    assert fields == {
        "Email": "Joe@ACME.example", "Name": "Joe Miller", "Phone": "+49301234567", "company": "Acme Corp",
        "product": "robot", "region": "dach", "campaign": "spring-webinar",
    }  # fmt: skip
    assert (create.message_id, create.person_id, create.lead_id) == ("m1", "joe", "lead-1")
    assert create.why == "b2b@7 stages.telemarketing"


def test_a_known_contact_gets_a_task_and_never_a_second_record():
    (task,) = commands(Show(JOES_LEAD, "Task", "lead-1"), now=known(LEAD_IN_CRM | CONTACT_IN_CRM))
    assert (task.command.object, task.after) == ("Task", None)
    assert task.command.refs == {"owner": ABEL, "person": Ref("Contact", "C1")}
    assert task.command.fields["subject"] == "Joe Miller – Acme Corp – robot"
    assert not {"Email", "Name", "Phone"} & set(task.command.fields)


def test_a_task_for_somebody_whose_record_is_on_its_way_waits_for_it():
    (task,) = commands(Show(JOES_LEAD, "Task", "lead-1"), now=known(pending={("crm", "Lead"): "crm:create:Lead:joe"}))
    assert task.after == "crm:create:Lead:joe"
    assert "person" not in task.command.refs


def test_a_task_beside_a_lead_of_the_same_moment_waits_for_it():
    lead_first = commands(Show(JOES_LEAD, "Lead", "joe"), Show(lead(id="lead-2", product="sensor"), "Task", "lead-2"))
    assert [each.after for each in lead_first] == [None, "crm:create:Lead:joe"]


def test_a_deal_is_shown_at_its_account():
    now = known(CONTACT_IN_CRM | {("crm", "Account", "A1"): {}})
    (deal,) = commands(Show(lead(stage="field"), "Opportunity", "lead-1"), now=now)
    assert deal.command.refs == {"owner": ABEL, "person": Ref("Contact", "C1"), "account": Ref("Account", "A1")}


def test_another_owner_is_told_to_what_the_lead_is_shown_as():
    shown = [ShownAs("lead-1", "Lead", "joe", "L1")]
    (update,) = commands(Assign(lead(owner="sato", n_events=5)), now=known(LEAD_IN_CRM), shown=shown)
    assert (update.command.verb, update.command.ref, update.command.refs) == (
        Verb.UPDATE, Ref("Lead", "L1"), {"owner": SATO},
    )  # fmt: skip
    assert update.command.key == "lead-1:5:update:Lead:joe"


def test_an_update_of_a_record_without_an_answer_waits_for_its_create():
    (update,) = commands(Assign(JOES_LEAD), shown=[ShownAs("lead-1", "Lead", "joe")])
    assert (update.command.ref, update.after) == (None, "crm:create:Lead:joe")


def test_a_lead_that_became_a_contact_is_not_written_any_more():
    shown = [ShownAs("lead-1", "Lead", "joe", "L1"), ShownAs("lead-1", "Opportunity", "lead-1", "O1")]
    updates = commands(Assign(JOES_LEAD), now=known(LEAD_IN_CRM | CONTACT_IN_CRM), shown=shown)
    assert [each.command.ref for each in updates] == [Ref("Opportunity", "O1")]


def test_a_lead_that_is_over_closes_its_task_and_nothing_else():
    shown = [ShownAs("lead-1", "Task", "lead-1", "T1"), ShownAs("lead-1", "Opportunity", "lead-1", "O1")]
    (close,) = commands(Close(JOES_LEAD), now=known(CONTACT_IN_CRM), shown=shown)
    assert (close.command.ref, close.command.fields) == (Ref("Task", "T1"), {"done": True})


@pytest.mark.parametrize(
    ("records", "reached"),
    [
        (LEAD_IN_CRM, [Ref("Lead", "L1")]),
        (LEAD_IN_CRM | CONTACT_IN_CRM, [Ref("Contact", "C1")]),
        ({}, []),
    ],
    ids=["a_lead", "a_lead_that_became_a_contact", "nobody_in_the_crm"],
)
def test_whoever_goes_back_to_marketing_is_deactivated_and_comes_back_active(records, reached):
    gone = lead(status="sent_back", reason="bad_timing", n_events=7)
    retired = commands(Retire("joe", gone), now=known(records))
    assert [(each.command.verb, each.command.ref) for each in retired] == [(Verb.DEACTIVATE, ref) for ref in reached]
    assert all(each.command.fields == {"reason": "bad_timing"} for each in retired)
    assert all(each.why == "b2b@7 stages.telemarketing, bad_timing" for each in retired)
    revived = commands(Revive("joe", lead(n_events=8)), now=known(records))
    assert [(each.command.verb, each.command.ref) for each in revived] == [(Verb.REACTIVATE, ref) for ref in reached]
    assert all(each.command.fields == {"owner": ABEL.id} for each in revived)


def test_nurture_is_a_list_of_the_marketing_system_to_join_and_to_leave():
    join, leave = commands(
        Enrol(JOES_LEAD, "reheat"), Enrol(lead(n_events=3), "reheat", leave=True), now=known(IN_MA)
    )  # fmt: skip
    assert [each.command.verb for each in (join, leave)] == [Verb.JOIN, Verb.LEAVE]
    assert {each.source for each in (join, leave)} == {"ma"}
    assert join.command.ref == Ref("Lead", "7")
    assert join.command.fields == leave.command.fields == {"list": "reheat_b2b"}


def test_marketing_is_told_what_became_of_its_lead_and_which_campaign_began_it():
    told = lead(stage="field", amount=parse_money("48000 EUR"), responded_at=AT, status="sent_back", reason="lost_deal")
    (tell,) = commands(Tell(told, "lost"), now=known(IN_MA))
    assert (tell.source, tell.command.verb, tell.command.ref) == ("ma", Verb.TELL, Ref("Lead", "7"))
    assert tell.command.fields == {
        "outcome": "lost", "stage": "field", "owner": "abel", "reason": "lost_deal", "amount": "48000.00 EUR",
        "responded_at": "2026-09-01T09:00:00+00:00", "campaign": "spring-webinar", "product": "robot", "region": "dach",
    }  # fmt: skip


def test_the_reason_of_the_last_cycle_is_taken_back_when_a_lead_returns():
    (first,), (second,) = commands(Tell(JOES_LEAD, None)), commands(Tell(lead(cycle=2), None))
    assert "reason" not in first.command.fields
    assert second.command.fields["reason"] is None


def test_what_marketing_was_told_of_an_earlier_cycle_is_taken_back():
    (first,), (second,) = commands(Tell(JOES_LEAD, None)), commands(Tell(lead(cycle=2), None))
    stale = {"amount", "responded_at", "outcome"}
    assert stale & set(first.command.fields) == set()
    assert {name: second.command.fields[name] for name in stale} == dict.fromkeys(stale)


def test_the_outcome_of_this_cycle_stays_once_its_owner_has_answered():
    (tell,) = commands(Tell(lead(cycle=2, responded_at=AT), None))
    assert "outcome" not in tell.command.fields
    assert tell.command.fields["responded_at"] == AT.isoformat()


def test_marketing_finds_somebody_without_a_known_record_by_address():
    (tell,) = commands(Tell(JOES_LEAD, None), now=known(pending={("ma", "Lead"): "ma:create:Lead:joe"}))
    assert tell.command.ref is None
    assert tell.command.fields["email"] == "joe@acme.example"
    assert tell.after == "ma:create:Lead:joe"


def test_an_owner_is_prompted_by_mail_with_the_reason():
    (mail,) = commands(Prompt(JOES_LEAD, "interest >= 60"))
    assert (mail.source, mail.command.verb, mail.command.fields["to"]) == ("mail", Verb.MAIL, "abel@ours.example")
    assert mail.command.fields["subject"] == "Joe Miller (robot) waits for you"
    assert "Why now: interest >= 60" in str(mail.command.fields["text"])


def test_a_lead_without_an_owner_prompts_nobody():
    assert commands(Prompt(lead(owner=None), "interest >= 60")) == []


EVERY = (
    Show(JOES_LEAD, "Lead", "joe"), Show(JOES_LEAD, "Task", "lead-1"), Assign(JOES_LEAD), Close(JOES_LEAD),
    Retire("joe", JOES_LEAD), Revive("joe", JOES_LEAD), Enrol(JOES_LEAD, "reheat"),
    Enrol(JOES_LEAD, "reheat", leave=True), Tell(JOES_LEAD, "qualified"), Prompt(JOES_LEAD, "late"),
)  # fmt: skip


def test_every_command_has_a_key_of_its_own_and_the_same_one_again():
    shown = [ShownAs("lead-1", "Opportunity", "lead-1/2", "O1"), ShownAs("lead-1", "Task", "lead-1", "T1")]
    now = known(LEAD_IN_CRM | IN_MA)
    made = commands(*EVERY, now=now, shown=shown)
    keys = [each.command.key for each in made]
    assert len(keys) == len(set(keys)) == 11
    assert made == commands(*EVERY, now=now, shown=shown)


def test_the_same_intent_after_another_event_has_another_key():
    once, twice = (
        {each.command.key for each in commands(Enrol(lead(n_events=n), "reheat"), Tell(lead(n_events=n), None))}
        for n in (2, 3)
    )
    assert not once & twice
