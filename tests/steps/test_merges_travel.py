"""A merge of the hub is carried out in the systems that the process names, comes back as nothing new, and is undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from closeloop.inbox.nouns import Click
from closeloop.outbox import store as outbox_store
from closeloop.ports import Outcome, Record, Ref
from support.ends import come_to_rest, merging, n_writes
from support.replayed import differences_of_a_replay
from support.road import Road, page_of, road_on
from support.vendor_words import JOE, answered, clicked, told

ONE, OTHER = "0035g0000000001AAA", "0035g0000000002AAA"


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    """Merges are carried out in both systems; no vendor is there to answer."""
    with road_on(database_url, merging("crm", "ma")) as found:
        yield found


def contact(road, record_id=ONE, became=(), **fields):
    """A contact of the CRM as it stands."""
    return Record("Contact", record_id, "person", road.clock.now(), fields, became=became)


def lead(road, record_id="7", **fields):
    return Record("Lead", record_id, "person", road.clock.now(), fields)


def come_together(road, **other):
    """Two contacts of the CRM, too little alike by themselves; the older turns out to have the other one's address."""
    told(road, contact(road, Name="Miller", Email=None))
    road.clock.advance(timedelta(hours=1))
    told(road, contact(road, OTHER, Name="Joe Miller", Email=JOE, **other))
    road.clock.advance(timedelta(hours=1))
    told(road, contact(road, Name="Miller", Email=JOE))
    return str(road.one("SELECT id FROM merges"))


def sent(road, verb="merge"):
    """What was planned: state and reason."""
    return road.rows("SELECT state, reason FROM commands WHERE verb = :v ORDER BY created_at, no, key", v=verb)


def n_people(road):
    return road.one("SELECT COUNT(*) FROM entities WHERE kind = 'person' AND id = root_id")


def merge_key(road):
    return str(road.one("SELECT key FROM commands WHERE verb = 'merge'"))


def test_two_contacts_whom_the_hub_takes_for_one_are_to_be_one_in_the_crm(road):
    merge = come_together(road, Phone="+49 30 1234567")
    [(key, ref, refs, fields, why)] = road.rows(
        "SELECT key, ref_id, refs, fields, why FROM commands WHERE verb = 'merge'"
    )
    assert (key, ref, refs) == (f"merge:{merge}:crm.Contact:{OTHER}", ONE, f'{{"loser": ["Contact", "{OTHER}"]}}')
    assert fields == '{"Phone": "+49 30 1234567"}'
    assert str(why).startswith("b2b@7 matching.merge_in: b2b@7: ")


def test_by_default_nothing_is_merged_outside(database_url):
    with road_on(database_url) as road:
        come_together(road)
        assert sent(road) == []


def test_a_system_that_is_not_named_is_left_alone(database_url):
    with road_on(database_url, merging("ma")) as road:
        come_together(road)
        assert sent(road) == []


def test_what_the_vendor_merged_itself_is_not_asked_for_again(road):
    told(road, contact(road, Name="Joe Miller"), contact(road, OTHER, Name="J. Brown"))
    road.clock.advance(timedelta(hours=1))
    told(road, contact(road, OTHER, became=(Ref("Contact", ONE),), Name="J. Brown"))
    assert (road.one("SELECT COUNT(*) FROM merges"), n_people(road)) == (1, 1)
    assert sent(road) == []


def test_records_that_become_known_after_their_people_were_linked_are_merged_too(road):
    """Joe of a form and Joe of another are linked by a seller's edit; marketing's system has both only later."""
    told(road, contact(road, Name="Miller", Email=None))
    road.act("form.submitted", "f", email=JOE, name="Joe Miller", country="DE")
    road.clock.advance(timedelta(hours=1))
    road.decide()
    told(road, contact(road, Name="Miller", Email=JOE))
    assert (n_people(road), sent(road)) == (1, [])
    [(create, joe)] = road.rows("SELECT key, person_id FROM commands WHERE verb = 'create' AND source = 'ma'")
    answered(road, str(create), Ref("Lead", "7"), "ma", created=True)
    assert sent(road) == []
    older = road.one("SELECT id FROM entities WHERE kind = 'person' AND id <> :joe", joe=joe)
    first = Record("Lead", "8", "person", road.clock.now(), {"name": "Joe"}, our_key=str(older))
    road.hub.take_in([page_of([first], road.clock.now(), "ma")])
    road.decide()
    assert road.rows("SELECT ref_id, refs FROM commands WHERE verb = 'merge'") == [("8", '{"loser": ["Lead", "7"]}')]


def test_a_lead_beside_a_contact_is_left_to_a_conversion_and_the_message_says_so(road):
    told(road, contact(road, Name="Miller", Email=None))
    road.clock.advance(timedelta(hours=1))
    told(road, lead(road, "00Q1", Name="Joe Miller", Email=JOE))
    road.clock.advance(timedelta(hours=1))
    told(road, contact(road, Name="Miller", Email=JOE))
    assert (n_people(road), sent(road)) == (1, [])
    [(reason,)] = road.rows("SELECT reason FROM messages WHERE reason LIKE '%convert it there%'")
    assert f"crm has Lead 00Q1 and Contact {ONE} of one person now" in str(reason)


def opted_out_after_coming_together(road):
    """The consent, which goes to every record of the person whoever has custody; the records it is written to."""
    come_together(road)
    road.clock.advance(timedelta(hours=1))
    told(road, contact(road, Name="Miller", Email=JOE, HasOptedOutOfEmail=True))
    return road.rows("SELECT ref_id FROM commands WHERE verb = 'update' AND source = 'crm'")


def test_while_a_merge_is_on_its_way_only_the_survivor_is_written_to(road):
    assert opted_out_after_coming_together(road) == []


def test_control_without_a_merge_on_its_way_both_records_are_written_to(database_url):
    with road_on(database_url) as road:
        assert opted_out_after_coming_together(road) == [(OTHER,)]


def test_once_merged_the_id_that_went_stays_the_persons_and_is_written_to_no_more(road):
    come_together(road)
    answered(road, merge_key(road), Ref("Contact", ONE), verified=True)
    assert sent(road) == [("done", None)]
    road.clock.advance(timedelta(hours=1))
    told(road, contact(road, OTHER, became=(Ref("Contact", ONE),), Name="Joe Miller", Email=JOE, IsDeleted=True))
    told(road, Record("Task", "00T1", "task", road.clock.now(), {"Status": "Open"}, {"person": Ref("Contact", OTHER)}))
    assert n_people(road) == 1
    told(road, contact(road, Name="Miller", Email=JOE, HasOptedOutOfEmail=True))
    assert road.rows("SELECT DISTINCT ref_id FROM commands WHERE verb = 'update' AND source = 'crm'") in ([], [(ONE,)])
    assert len(sent(road)) == 1


def test_what_the_loser_held_is_no_news_when_the_vendor_reads_it_out_once_more(road):
    come_together(road, Title="CTO")
    answered(road, merge_key(road), Ref("Contact", ONE), verified=True)
    before = road.one("SELECT COUNT(*) FROM field_values")
    road.clock.advance(timedelta(hours=1))
    gone = contact(road, OTHER, became=(Ref("Contact", ONE),), Name="Joe Miller", Email=JOE, Title="CTO")
    told(road, gone)
    assert road.one("SELECT COUNT(*) FROM field_values") == before


def test_a_merge_that_is_undone_before_it_was_sent_is_not_sent(road):
    merge = come_together(road)
    state, said = clicked(road, Click("unlink", merge, "", "head of sales"))
    assert state == "decided"
    assert f"the merge of Contact {OTHER} into {ONE} is not sent to crm any more" in str(said)
    assert sent(road) == [("done", "not sent any more: the hub's merge was undone")]
    with road.database.write() as connection:
        claimed = outbox_store.claim(connection, "crm", road.clock.now() + timedelta(days=1), 100, "w")
    assert "merge" not in {each.planned.command.verb for each in claimed}
    road.clock.advance(timedelta(hours=1))
    told(road, contact(road, OTHER, Name="Joe Miller", Email=JOE, Title="CEO"))
    assert (n_people(road), len(sent(road))) == (2, 1)


def test_control_without_calling_it_back_it_would_be_sent(road, monkeypatch):
    monkeypatch.setattr("closeloop.steps.merging._call_back", lambda *_: [])
    clicked(road, Click("unlink", come_together(road), "", "head of sales"))
    assert sent(road) == [("waiting", None)]


def test_a_dead_merge_that_is_retried_after_its_undoing_is_called_back(road):
    merge = come_together(road)
    answered(road, merge_key(road), outcome=Outcome.PERMANENT, reason="may not")
    clicked(road, Click("unlink", merge, "", "head of sales"))
    assert sent(road) == [("dead", "may not")]
    clicked(road, Click("retry", merge_key(road), "", "head of sales"))
    assert sent(road) == [("done", "not sent any more: the hub's merge was undone")]


def test_a_merge_that_is_undone_after_the_vendor_made_it_is_undone_there_and_the_click_says_so(road):
    merge = come_together(road)
    answered(road, merge_key(road), Ref("Contact", ONE), verified=True)
    _, said = clicked(road, Click("unlink", merge, "", "head of sales"))
    assert f"crm has merged Contact {OTHER} into {ONE}: it is asked to restore {OTHER}" in str(said)
    assert n_people(road) == 2
    road.clock.advance(timedelta(hours=1))
    told(road, contact(road, OTHER, became=(Ref("Contact", ONE),), Name="Joe Miller", Email=JOE, IsDeleted=True))
    assert (n_people(road), len(sent(road))) == (2, 1)
    assert road.one("SELECT COUNT(*) FROM commands WHERE verb = 'create' AND source = 'crm'") == 0


def test_another_merge_that_is_undone_later_says_nothing_of_the_first_one(road):
    merge = come_together(road)
    answered(road, merge_key(road), Ref("Contact", ONE), verified=True)
    clicked(road, Click("unlink", merge, "", "head of sales"))
    road.clock.advance(timedelta(hours=1))
    third = "0035g0000000003AAA"
    told(road, contact(road, third, Name="Ann Lee"))
    road.clock.advance(timedelta(hours=1))
    told(road, contact(road, third, became=(Ref("Contact", ONE),), Name="Ann Lee"))
    other = str(road.one("SELECT id FROM merges WHERE undone_at IS NULL"))
    assert clicked(road, Click("unlink", other, "", "head of sales")) == ("decided", None)


def test_an_answer_that_comes_after_the_undoing_says_what_stands(road):
    merge = come_together(road)
    clicked(road, Click("unlink", merge, "", "head of sales"))
    answered(road, merge_key(road), Ref("Contact", ONE), verified=True)
    [(said,)] = road.rows("SELECT reason FROM messages WHERE kind = 'answer' AND reason IS NOT NULL")
    assert f"it is asked to restore {OTHER}" in str(said)
    assert n_people(road) == 2


def test_the_same_receipts_decided_again_plan_the_same_merges(road, database_url, tmp_path):
    come_together(road)
    answered(road, merge_key(road), Ref("Contact", ONE), verified=True)
    clicked(road, Click("unlink", str(road.one("SELECT id FROM merges")), "", "head of sales"))
    assert differences_of_a_replay(road, tmp_path) == []


# With the vendors at both ends.


def test_an_edit_in_the_crm_makes_one_contact_of_two_and_the_road_comes_to_rest(road, ends):
    seller = ends.crm.users["abel"]
    one = ends.crm.create_contact(seller, LastName="Miller")
    come_to_rest(road, ends)
    two = ends.crm.create_contact(seller, LastName="Miller", Email=JOE, Title="CTO", Phone="+49 30 1234567")
    call = ends.crm.log_call(two, seller, "Connected")
    come_to_rest(road, ends)
    assert n_people(road) == 2
    ends.crm.change(one, {"Email": JOE})
    come_to_rest(road, ends)

    [left] = ends.crm.records("Contact")
    assert (left["Id"], left["Title"], left["Phone"]) == (one, "CTO", "+49 30 1234567")
    assert ends.crm.get(two)["MasterRecordId"] == one
    assert ends.crm.get(call)["WhoId"] == one
    assert road.rows("SELECT state, verified FROM commands WHERE verb = 'merge'") == [("done", 1)]
    assert n_people(road) == 1

    writes, commands = n_writes(ends), road.one("SELECT COUNT(*) FROM commands")
    come_to_rest(road, ends)
    assert (n_writes(ends), road.one("SELECT COUNT(*) FROM commands"), n_people(road)) == (writes, commands, 1)
    assert ends.crm.faults.n_calls("POST", "/services/Soap") == 1


def test_an_edit_in_marketing_makes_one_lead_of_two_and_its_log_brings_nobody_new(road, ends):
    one = ends.ma.create_lead(lastName="Miller")
    come_to_rest(road, ends)
    two = ends.ma.create_lead(email=JOE, title="CTO")
    come_to_rest(road, ends)
    ends.ma.update_lead(one, email=JOE)
    come_to_rest(road, ends)

    [left] = ends.ma.leads()
    assert (left["id"], left["title"]) == (one, "CTO")
    assert road.rows("SELECT state, verified FROM commands WHERE verb = 'merge'") == [("done", 1)]
    assert road.one("SELECT COUNT(*) FROM keys WHERE kind = 'ma.Lead'") == 2
    assert n_people(road) == 1
    ends.ma.visit_page(one, "https://acme.example/robot/pricing")
    writes = n_writes(ends)
    come_to_rest(road, ends)
    assert (n_writes(ends), n_people(road)) == (writes, 1)
    assert ends.ma.faults.n_calls("POST", "merge.json") == 1
    assert two != one


@pytest.mark.parametrize("system", ["crm", "ma"])
def test_an_answer_that_is_lost_on_the_road_merges_nothing_twice(road, ends, system):
    seller = ends.crm.users["abel"]
    if system == "crm":
        one = ends.crm.create_contact(seller, LastName="Miller")
        come_to_rest(road, ends)
        ends.crm.create_contact(seller, LastName="Miller", Email=JOE)
        come_to_rest(road, ends)
        ends.crm.change(one, {"Email": JOE})
    else:
        one = ends.ma.create_lead(lastName="Miller")
        come_to_rest(road, ends)
        ends.ma.create_lead(email=JOE)
        come_to_rest(road, ends)
        ends.ma.update_lead(one, email=JOE)
    vendor = ends.crm if system == "crm" else ends.ma
    vendor.faults.lose_answers(1)
    come_to_rest(road, ends)
    merges = vendor.faults.n_calls("POST", "/services/Soap") + vendor.faults.n_calls("POST", "merge.json")
    assert merges == 1
    assert road.rows("SELECT state, verified, attempts FROM commands WHERE verb = 'merge'") == [("done", 1, 2)]
    assert (n_people(road), ends.crm.count("Contact") if system == "crm" else len(ends.ma.leads())) == (1, 1)


def test_a_merge_made_in_the_crm_arrives_as_one_person_and_goes_on_to_marketing(road, ends):
    seller = ends.crm.users["abel"]
    one = ends.crm.create_contact(seller, LastName="Miller", Email=JOE)
    two = ends.crm.create_contact(seller, LastName="Brown", Email="brown@globex.example")
    come_to_rest(road, ends)
    assert len(ends.ma.leads()) == 2
    ends.crm.merge(one, two)
    come_to_rest(road, ends)
    assert n_people(road) == 1
    assert ends.crm.faults.n_calls("POST", "/services/Soap") == 0, "what the CRM did itself is not asked of it"
    assert len(ends.ma.leads()) == 1
    assert road.rows("SELECT source, state, verified FROM commands WHERE verb = 'merge'") == [("ma", "done", 1)]


def test_a_merge_made_in_marketing_arrives_as_one_person_and_goes_on_to_the_crm(road, ends):
    seller = ends.crm.users["abel"]
    kept = ends.crm.create_contact(seller, LastName="Miller", Email=JOE)
    gone = ends.crm.create_contact(seller, LastName="Brown", Email="brown@globex.example")
    come_to_rest(road, ends)
    one, two = (int(str(ends.ma.lead_by_email(each)["id"])) for each in (JOE, "brown@globex.example"))
    ends.ma.merge_leads(one, two)
    come_to_rest(road, ends)
    assert n_people(road) == 1
    assert ends.ma.faults.n_calls("POST", "merge.json") == 0, "what marketing did itself is not asked of it"
    assert [each["Id"] for each in ends.crm.records("Contact")] == [kept]
    assert ends.crm.get(gone)["MasterRecordId"] == kept
    assert road.rows("SELECT source, state, verified FROM commands WHERE verb = 'merge'") == [("crm", "done", 1)]
    writes = n_writes(ends)
    come_to_rest(road, ends)
    assert (n_writes(ends), n_people(road)) == (writes, 1)
