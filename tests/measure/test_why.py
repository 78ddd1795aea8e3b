"""People, leads, fields and messages are found, and answer "why?"."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from closeloop.measure.find import find_lead, find_message, find_person
from closeloop.measure.stored import as_plain
from closeloop.measure.timeline import timeline
from closeloop.measure.why_lead import lead_story
from closeloop.measure.why_message import message_story
from closeloop.measure.why_person import field_stories, person_story
from closeloop.words.errors import BadInput
from support.side_window import ANA, JOE, JOSEPH, KIM, LEAD_BEN, LEAD_JOE, NOW, Seed, at


@pytest.fixture
def connection(window):
    with window.database.read() as found:
        yield found


@pytest.mark.parametrize("given", ["joe@acme.example", "JOE@acme.example", "joseph@acme.example", JOE, JOSEPH])
def test_any_address_and_any_id_of_a_person_finds_the_one_person(connection, given):
    assert find_person(connection, given) == JOE


def test_the_beginning_of_an_id_that_several_share_names_them(connection):
    with pytest.raises(BadInput, match=rf"may mean several: .*{ANA}"):
        find_person(connection, JOE[:12])


def test_an_unknown_address_says_what_would_be_valid(connection):
    with pytest.raises(BadInput, match=r"no person is known as 'jo@acme\.example'; valid is an e-mail address"):
        find_person(connection, "jo@acme.example")


def test_a_percent_sign_is_no_wildcard(connection):
    with pytest.raises(BadInput, match="no message is known as '%'"):
        find_message(connection, "%")


def test_a_message_is_found_by_the_key_that_its_sender_gave_it(connection):
    assert find_message(connection, "2") == "calls:2"
    with pytest.raises(BadInput, match="'1' may mean several: calls:1, form:1"):
        find_message(connection, "1")


def test_the_address_of_a_person_with_one_lead_finds_the_lead(connection):
    assert find_lead(connection, "ben@cord.example") == LEAD_BEN


def test_a_field_names_the_winner_the_rule_and_every_candidate_over_all_records_of_the_person(connection):
    email = next(story for story in field_stories(connection, JOE) if story.field == "email")
    assert (email.value, email.why) == ("joe@acme.example", "b2b@7 fields.person.email: crm.Email before form.email")
    assert [(one.path, one.value, one.wins) for one in email.candidates] == [
        ("crm.Email", "joe@acme.example", True),
        ("form.email", "joseph@acme.example", False),
        ("form.email", "joe@acme.example", False),
    ]


def test_a_person_shows_the_values_of_the_account_too(connection):
    company = next(story for story in field_stories(connection, JOE) if story.of == "account")
    assert (company.field, company.value, company.candidates[0].given) == ("company", "acme", "Acme Corp")


def test_a_person_names_keys_links_gate_parts_and_score_lines(connection, window):
    joe = person_story(connection, window.process, JOE, NOW)
    assert {key.own_id for key in joe.keys} == {JOE, JOSEPH}
    assert joe.links[0].reason == "both are contact 003000000000001AAA in crm"
    assert [(part.text, part.holds) for part in joe.gate[0].parts] == [
        ("valid(email)", True), ("fit >= 20", True), ("interest >= 40", True),
    ]  # fmt: skip
    assert {(story.kind, story.product): len(story.score.reasons) for story in joe.scores} == {
        ("fit", ""): 1,
        ("interest", "robot"): 2,
    }


def test_the_sums_of_linked_records_add_up_and_fade(connection, window):
    interest = person_story(connection, window.process, JOE, NOW).scores[1].score
    faded = [30 * 2 ** -(30.0833333 / 30), 30 * 2 ** -(16.0833333 / 30), 10 * 2 ** -(16.125 / 14)]
    assert interest.total == pytest.approx(sum(faded), abs=0.01)


def test_a_condition_that_did_not_hold_says_so_with_its_values(connection, window):
    kim = person_story(connection, window.process, KIM, NOW)
    assert [(part.text, part.values) for part in kim.gate[0].parts if not part.holds] == [
        ("interest >= 40", {"interest": 30.0})
    ]


def test_a_lead_tells_each_event_with_who_and_why_the_packet_and_the_commands(connection):
    lead = lead_story(connection, LEAD_JOE)
    assert [event.no for event in lead.events] == list(range(1, 16))
    assert {event.who for event in lead.events} == {"b2b@7"}
    assert lead.packets[0].content["score"] == {
        "fit": 20,
        "interest": 55,
        "reasons": ["form.submitted ×1: 30", "webinar.attended ×1: 25"],
    }
    assert [(command.source, command.verb, command.state, command.verified) for command in lead.commands] == [
        ("crm", "create", "done", False), ("ma", "tell", "done", True),
    ]  # fmt: skip


def test_a_message_tells_what_it_caused(connection):
    message = message_story(connection, "form:1")
    assert (message.state, message.process, message.subject_id) == ("decided", "b2b@7", JOE)
    assert "form.submitted spring-webinar" in [one.what for one in message.caused if one.kind == "touch"]


def test_a_message_that_was_set_aside_tells_why(connection):
    assert message_story(connection, "form:x1").reason == "'traits' is a list; valid is an object"


def test_every_story_can_be_written_as_json(connection, window):
    stories = [
        person_story(connection, window.process, JOE, NOW),
        lead_story(connection, LEAD_JOE),
        message_story(connection, "form:1"),
    ]
    assert json.loads(json.dumps(as_plain(stories)))[0]["since"] == "2026-08-03T09:00:00Z"


def test_the_timeline_joins_marketing_sales_and_decisions_in_order(connection):
    happened = timeline(connection, JOE)
    assert [one.at for one in happened] == sorted((one.at for one in happened), reverse=True)
    assert {(one.lane, one.kind) for one in happened} >= {
        ("Marketing", "webinar.attended"), ("Sales", "call.logged"), ("Decisions", "lead won"), ("Decisions", "alert"),
    }  # fmt: skip


def test_the_timeline_tells_what_was_written_where_what_was_refused_and_what_still_waits(connection):
    of_joe = [(one.kind, one.detail) for one in timeline(connection, JOE) if one.lane == "Sync"]
    assert [kind for kind, _ in of_joe] == ["ma told", "crm made"], "and no mail to a seller"
    assert of_joe[1][1].startswith("Lead 00Q000000000001AAA")
    refused, waits = sorted((one for one in timeline(connection, ANA) if one.lane == "Sync"), key=lambda one: one.kind)
    assert (refused.kind, waits.kind) == ("crm refused: create", "ma waits: tell")
    assert "Company: required field is missing" in refused.detail


def test_the_timeline_names_the_fields_and_the_records_that_were_merged(window):
    moved = {"created_at": at(3), "answered_at": at(3, 10), "person_id": JOE, "verified": 1}
    seed = Seed()
    seed.command(
        "merge",
        "crm",
        "merge",
        at(3),
        ref_object="Contact",
        ref_id="003A",
        refs='{"loser": ["Contact", "003B"]}',
        **moved,
    )
    fields = json.dumps({"title": "CTO", "phone": None, "note": "x" * 100})
    seed.command("update", "ma", "update", at(3), ref_object="Lead", ref_id="7", fields=fields, **moved)
    seed.command("let be", "ma", "update", at(3), ref_object="Lead", ref_id="7", reason="no longer needed", **moved)
    with window.database.write() as connection:
        seed.write(connection)
    with window.database.read() as connection:
        found = {
            one.kind: one for one in timeline(connection, JOE) if one.message_id == "form:1" and one.lane == "Sync"
        }
    why = "b2b@7 stages.telemarketing.show_as"
    assert found["crm merged"].detail == f"Contact 003A, with Contact 003B in it, read back, {why}"
    assert found["ma written"].detail == f"Lead 7, title CTO, phone (empty), note {'x' * 80}…, read back, {why}"
    assert found["ma dropped: update"].detail == f"Lead 7, no longer needed, {why}"
    assert found["crm merged"].at == datetime(2026, 9, 3, 10, tzinfo=UTC)


def test_after_an_undo_each_person_has_their_own_values_again(window):
    with window.database.write() as connection:
        connection.execute(text("UPDATE entities SET root_id = id WHERE id = :id"), {"id": JOSEPH})
    with window.database.read() as connection:
        assert find_person(connection, "joseph@acme.example") == JOSEPH
        joe = next(story for story in field_stories(connection, JOE) if story.field == "email")
        assert [one.value for one in joe.candidates] == ["joe@acme.example", "joe@acme.example"]
