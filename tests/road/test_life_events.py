"""What befalls a record outside reaches what waits for it before any of it is sent: it goes elsewhere, or nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from closeloop.inbox.nouns import Click
from closeloop.ports import Outcome, Record, Ref, Value
from support.road import Road, road_on
from support.vendor_words import CONTACT, JOE, LEAD, answered, clicked, commands, joe_is_a_lead, told

OTHER = "00Q5g0000000002EAA"
ACCOUNT = "0015g0000000001AAA"


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url) as found:
        yield found


def read(road: Road, record_id: str = LEAD, name: str = "Lead", **more: object) -> None:
    """The CRM tells of Joe's record as it stands, an hour later."""
    road.clock.advance(timedelta(hours=1))
    fields: dict[str, Value] = {"Email": JOE, "Name": "Joe Miller", **more.pop("fields", {})}  # type: ignore[dict-item] # as given
    told(road, Record(name, record_id, "person", road.clock.now(), fields, **more))  # type: ignore[arg-type] # by name


def owned_by(road: Road, name: str) -> dict[str, Ref]:
    member = road.hub.process.member(name)
    assert member is not None
    return {"owner": Ref("User", member.user)}


def joe_at_the_vendor(road: Road) -> str:
    """Joe's lead is a Lead in the CRM, made by us and read; returns the member who has it."""
    joe_is_a_lead(road)
    [create] = commands(road, "create", "crm")
    answered(road, str(create["key"]), Ref("Lead", LEAD), created=True)
    owner = str(road.one("SELECT owner FROM leads"))
    our_key = str(road.one("SELECT our_key FROM commands WHERE verb = 'create' AND source = 'crm'"))
    read(road, our_key=our_key, refs=owned_by(road, owner), fields={"Title": "CTO", "Phone": None})
    return owner


def something_waits(road: Road) -> None:
    """A phone number for the record, and another owner."""
    road.act("form.submitted", "phone", email=JOE, tel="+49 30 1234567", product="robot")
    road.decide()
    road.clock.advance(timedelta(hours=9))
    road.hub.tick()
    road.decide()
    assert unsent(road) == {("update", "Lead", LEAD, "fields"), ("update", "Lead", LEAD, "lead")}


def unsent(road: Road) -> set[tuple[object, ...]]:
    """What would go to the CRM: verb, record, and whether it is about fields or the lead."""
    return set(
        road.rows(
            "SELECT verb, ref_object, ref_id, CASE WHEN lead_id IS NULL THEN 'fields' ELSE 'lead' END "
            "FROM commands WHERE source = 'crm' AND state = 'waiting'"
        )
    )


def reasons(road: Road) -> set[str]:
    rows = road.rows("SELECT reason FROM commands WHERE source = 'crm' AND state = 'done' AND reason IS NOT NULL")
    return {str(reason) for (reason,) in rows}


def merged(road: Road) -> None:
    """A colleague's Lead takes Joe's in."""
    told(road, Record("Lead", OTHER, "person", road.clock.now(), {"Email": JOE, "Name": "Joe Miller"}))
    read(road, became=(Ref("Lead", OTHER),), deleted=True)


def converted(road: Road) -> None:
    became = (Ref("Contact", CONTACT), Ref("Account", ACCOUNT))
    contact = Record("Contact", CONTACT, "person", road.clock.now(), {"Email": JOE, "Name": "Joe Miller"})
    told(road, contact)
    read(road, became=became)


def deleted(road: Road) -> None:
    read(road, deleted=True)


CASES = {
    "merged": (
        merged,
        {("update", "Lead", OTHER, "fields"), ("update", "Lead", OTHER, "lead")},
        f"not sent any more: Lead {LEAD} became Lead {OTHER}; what it should hold is decided there",
    ),
    "converted": (
        converted,
        {("update", "Contact", CONTACT, "fields")},
        f"not sent any more: Lead {LEAD} became Contact {CONTACT}; what it should hold is decided there",
    ),
    "deleted": (deleted, set(), f"not sent any more: Lead {LEAD} was deleted there"),
}


@pytest.mark.parametrize("event", CASES)
def test_what_waits_for_a_record_that_is_gone_goes_to_what_it_became_or_nowhere(road, event):
    befalls, left, why = CASES[event]
    joe_at_the_vendor(road)
    something_waits(road)
    befalls(road)
    assert unsent(road) == left
    assert why in reasons(road)


@pytest.mark.parametrize("event", CASES)
def test_control_without_a_look_at_what_waits_it_is_sent_to_the_record_that_is_gone(road, event, monkeypatch):
    monkeypatch.setattr("closeloop.steps.plan.follow_records", lambda *_: None)
    joe_at_the_vendor(road)
    something_waits(road)
    CASES[event][0](road)
    assert ("update", "Lead", LEAD, "lead") in unsent(road)


@pytest.mark.parametrize("event", CASES)
def test_a_dead_id_is_the_persons_for_ever(road, event):
    joe_at_the_vendor(road)
    CASES[event][0](road)
    road.clock.advance(timedelta(hours=1))
    told(road, Record("Task", "00T1", "task", road.clock.now(), {"Status": "Open"}, {"person": Ref("Lead", LEAD)}))
    assert road.one("SELECT COUNT(*) FROM entities WHERE kind = 'person' AND id = root_id") == 1
    assert road.one("SELECT COUNT(*) FROM messages WHERE id LIKE 'crm:%' AND state = 'failed'") == 0


def test_a_deleted_record_is_not_made_anew_and_one_that_comes_back_is_written_again(road):
    joe_at_the_vendor(road)
    deleted(road)
    road.act("form.submitted", "phone", email=JOE, tel="+49 30 1234567", product="robot")
    road.decide()
    assert unsent(road) == set()
    assert len(commands(road, "create", "crm")) == 1
    read(road, fields={"Title": "CTO", "Phone": None})
    assert unsent(road) == {("update", "Lead", LEAD, "fields")}


def test_a_task_for_somebody_whose_lead_was_converted_before_it_was_sent_points_to_the_contact(road):
    told(road, Record("Lead", LEAD, "person", road.clock.now(), {"Email": JOE, "Name": "Joe Miller"}))
    told(road, Record("Contact", "0035g0000000009AAA", "person", road.clock.now(), {"Email": "x@acme.example"}))
    joe_is_a_lead(road)
    [(name, refs)] = road.rows("SELECT object, refs FROM commands WHERE verb = 'create' AND source = 'crm'")
    assert (name, f'["Lead", "{LEAD}"]' in str(refs)) == ("Task", True)
    converted(road)
    [refs] = road.rows("SELECT refs FROM commands WHERE verb = 'create' AND source = 'crm'")
    assert f'["Contact", "{CONTACT}"]' in str(refs)
    assert LEAD not in str(refs)


def test_an_owner_chosen_in_the_crm_is_kept_and_the_lead_follows(road):
    first = joe_at_the_vendor(road)
    something_waits(road)
    second = str(road.one("SELECT owner FROM leads"))
    third = next(each.name for each in road.hub.process.people if each.name not in (first, second))
    due = road.one("SELECT respond_by FROM leads")
    read(road, refs=owned_by(road, third), fields={"Title": "CTO", "Phone": None})
    assert road.one("SELECT owner FROM leads") == third
    assert road.one("SELECT respond_by FROM leads") == due
    assert unsent(road) == {("update", "Lead", LEAD, "fields")}
    assert f"not sent any more: Lead {LEAD} was given to another owner there" in reasons(road)
    events = road.rows("SELECT owner, why FROM lead_events WHERE kind = 'assigned' ORDER BY no")
    assert events[-1] == (third, f"Lead was given to {third} in the CRM")


def test_an_owner_of_no_team_changes_nothing(road):
    joe_at_the_vendor(road)
    something_waits(road)
    owner, waiting = road.one("SELECT owner FROM leads"), unsent(road)
    queue = {"owner": Ref("Group", "00G5g0000000001EAA")}
    read(road, refs=queue, fields={"Title": "CTO", "Phone": None})
    assert (road.one("SELECT owner FROM leads"), unsent(road)) == (owner, waiting)


def back_to_marketing(road: Road) -> None:
    clicked(road, Click("outcome", str(road.one("SELECT id FROM leads")), "wrong_number", "abel"))
    assert road.rows("SELECT custody FROM tiers") == [("marketing",)]


def test_what_custody_holds_back_goes_out_when_the_record_is_sales_again(road):
    joe_at_the_vendor(road)
    back_to_marketing(road)
    road.act("page.viewed", "p", email=JOE, tel="+49 30 1234567")
    road.decide()
    assert {each for each in unsent(road) if each[3] == "fields"} == set(), "held back"
    road.clock.advance(timedelta(hours=1))
    road.act("form.submitted", "again", email=JOE, product="robot")
    road.decide()
    assert road.rows("SELECT custody FROM tiers") == [("sales",)]
    assert ("update", "Lead", LEAD, "fields") in unsent(road)


def test_what_waits_when_the_record_goes_back_to_marketing_is_not_sent_but_consent_is(road):
    joe_at_the_vendor(road)
    road.act("form.submitted", "phone", email=JOE, tel="+49 30 1234567", product="robot")
    road.decide()
    assert ("update", "Lead", LEAD, "fields") in unsent(road)
    back_to_marketing(road)
    assert {each for each in unsent(road) if each[3] == "fields"} == set()
    assert "not sent any more: what the record is to hold was decided anew" in reasons(road)


def test_a_command_that_was_dropped_and_that_the_vendor_carried_out_all_the_same_is_believed(road):
    joe_at_the_vendor(road)
    something_waits(road)
    key = str(road.one("SELECT key FROM commands WHERE source = 'crm' AND verb = 'update' AND lead_id IS NULL"))
    deleted(road)
    answered(road, key, Ref("Lead", LEAD))
    assert road.rows("SELECT state, reason FROM commands WHERE key = :k", k=key) == [("done", None)]


def test_a_vendor_that_says_that_a_record_moved_sends_the_rest_there(road):
    joe_at_the_vendor(road)
    something_waits(road)
    told(road, Record("Contact", CONTACT, "person", road.clock.now(), {"Email": JOE, "Name": "Joe Miller"}))
    key = str(road.one("SELECT key FROM commands WHERE source = 'crm' AND state = 'waiting' AND ref_object = 'Lead'"))
    answered(road, key, Ref("Lead", LEAD), outcome=Outcome.CHANGED, became=(Ref("Contact", CONTACT),))
    assert {each[1] for each in unsent(road)} <= {"Contact"}
