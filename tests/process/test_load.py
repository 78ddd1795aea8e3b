"""The project's own process file, as the rooms are handed it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from closeloop.process.load import load, load_files
from closeloop.process.nouns import Move
from closeloop.process.nouns import Path as At
from closeloop.process.schema.fields import Form
from closeloop.process.vocabulary import FORM_KINDS
from closeloop.words.errors import ProcessError
from closeloop.words.normal import NORMAL_FORMS

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT.parent / "shared" / "design" / "process.example.yaml"


@pytest.fixture(scope="module")
def b2b():
    return load(ROOT / "processes" / "b2b.yaml")


def test_is_signed_with_name_and_version(b2b):
    assert b2b.signed == "b2b@7"
    assert b2b.agreed_on == "2026-03-01"


def test_norway_is_a_country_and_not_false(b2b):
    assert b2b.region_of("NO").name == "nordic"
    assert b2b.region_of("JP") is None


def test_trust_is_in_order_with_groups_where_the_newest_wins(b2b):
    phone = b2b.fields["person"]["phone"]
    assert [[str(path) for path in group] for group in phone.trust] == [
        ["desk.phone"], ["crm.Phone", "ma.phone"], ["form.tel"],
    ]  # fmt: skip
    assert [str(path) for path in phone.write] == ["crm.Phone", "ma.phone"]


def test_write_takes_the_path_of_the_source_in_trust_or_a_path_of_its_own(b2b):
    assert b2b.fields["account"]["company"].write == (At("ma", None, "company"),)
    assert b2b.fields["account"]["company"].trust[0] == (At("crm", "Account", "Name"),)


def test_consent_is_true_as_soon_as_one_says_so_and_is_written_whatever_custody_says(b2b):
    opted_out = b2b.fields["person"]["opted_out"]
    assert opted_out.any_true
    assert opted_out.always
    assert opted_out.form == "boolean"


def test_outcomes_say_how_they_are_heard_and_what_follows(b2b):
    voicemail = b2b.stages["telemarketing"].outcomes["voicemail"]
    assert voicemail.heard_as[0].path == At("crm", "Task", "CallDisposition")
    assert voicemail.heard_as[0].values == {"Left voicemail"}
    assert voicemail.move.nurture.wake_after == timedelta(days=10)
    assert voicemail.move.nurture.keep_owner
    assert voicemail.move.nurture.wake_when.names == {"interest"}
    assert (voicemail.at_most, voicemail.then) == (3, Move(send_back="unresponsive"))
    assert b2b.stages["customer"].final


def test_days_of_working_time_are_told_apart_from_hours(b2b):
    assert b2b.stages["field"].respond.working_days == 2
    assert b2b.stages["inside_sales"].respond.text == "8h working"
    assert b2b.stages["inside_sales"].respond.working_days is None


def test_never_returns_is_no_rule(b2b):
    assert b2b.send_back["spam"].return_when is None
    assert b2b.send_back["bad_data"].return_when.names == {"phone", "form.submitted"}


def test_pages_speak_of_products_and_topics(b2b):
    line = next(line for line in b2b.content if line.pattern.match("/robot/pricing"))
    assert (line.product, line.topic) == ("robot", "pricing")
    assert not any(line.pattern.match("/about") for line in b2b.content)


def test_robot_and_sensor_have_different_people_in_every_stage_of_dach(b2b):
    at = datetime(2026, 9, 1, tzinfo=UTC)
    for stage in ("telemarketing", "inside_sales", "field"):
        robot = {member.name for member in b2b.people if member.takes(stage, "robot", "dach", at)}
        sensor = {member.name for member in b2b.people if member.takes(stage, "sensor", "dach", at)}
        assert len(robot) > 1
        assert len(sensor) > 1
        assert not robot & sensor


def test_somebody_away_is_away_on_the_last_day_too_and_in_the_zone_of_their_region(b2b):
    dietz = b2b.member("dietz")
    assert dietz.away_from == datetime(2026, 12, 13, 23, tzinfo=UTC)
    assert dietz.away_to == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert not dietz.takes("telemarketing", "sensor", "dach", datetime(2026, 12, 31, 12, tzinfo=UTC))
    assert dietz.takes("telemarketing", "sensor", "dach", datetime(2027, 1, 1, tzinfo=UTC))


def test_web_events_have_their_usual_names_and_those_of_the_vocabulary(b2b):
    events = b2b.sources["form"].events
    assert events["Form Submitted"] == events["form.submitted"] == "form.submitted"
    assert events["page"] == "page.viewed"


def test_a_replay_loads_from_the_stored_bytes_alone(b2b):
    again = load_files(b2b.files, "b2b.yaml")
    assert again == b2b


def test_every_normal_form_can_be_named_and_has_a_kind():
    assert set(get_args(Form)) == set(NORMAL_FORMS) == set(FORM_KINDS)


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(ProcessError, match=r"none\.yaml:0: cannot be read: No such file"):
        load(tmp_path / "none.yaml")


@pytest.mark.skipif(not EXAMPLE.exists(), reason="../shared/design is not there")
def test_the_whole_example_is_refused_for_nothing_but_what_is_not_yet_possible():
    with pytest.raises(ProcessError) as caught:
        load(EXAMPLE)
    assert [str(fault) for fault in caught.value.faults if "not yet: " not in fault.what] == []
    assert len(caught.value.faults) >= 15
