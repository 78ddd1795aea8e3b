"""Tracking requests become messages; what cannot be used is set aside with a reason that says what would be valid."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeloop.inbox.nouns import Key, Message, Receipt, SetAside
from closeloop.inbox.read import read
from closeloop.process.load import load

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
PROCESS = load(Path(__file__).parents[2] / "processes/b2b.yaml")
TRACK = {"type": "track", "event": "Form Submitted", "userId": "u-17", "messageId": "m-1"}


def receipt(body: bytes | dict[str, Any], path: str = "/v1/batch") -> Receipt:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Receipt("r-1", "form", "segment", "live", NOW, {"path": path}, raw)


def one(event: dict[str, Any], path: str = "/v1/batch", **around: Any) -> Message:
    read_one = read(receipt({"batch": [event], **around} if path == "/v1/batch" else event, path), PROCESS)[0]
    assert isinstance(read_one, Message), read_one
    return read_one


def reason(event: object) -> str:
    good, bad, also_good = read(receipt({"batch": [TRACK, event, {**TRACK, "messageId": "m-3"}]}), PROCESS)
    assert isinstance(good, Message)
    assert isinstance(also_good, Message)
    assert isinstance(bad, SetAside)
    return bad.reason


def said(message: Message) -> dict[str, object]:
    return {value.path: value.value for value in message.values}


def test_an_identify_states_values_under_strong_keys():
    traits = {"email": "Joe.Smith+news@ACME.example", "firstName": "Joe", "lastName": "Smith", "company": "Acme"}
    message = one({"type": "identify", "userId": 17, "anonymousId": "a-1", "traits": traits, "messageId": "m-1"})
    assert message.id == "form:m-1"
    assert message.keys == (Key("email", "joe.smith@acme.example"), Key("form.user", "17"))
    assert message.visitor == "form/a-1"
    assert said(message) == {
        "form.email": "Joe.Smith+news@ACME.example", "form.name": "Joe Smith", "form.company": "Acme",
    }  # fmt: skip
    assert [value.entity for value in message.values if value.path == "form.company"] == ["account"]
    assert message.act is None


def test_a_form_states_its_fields_and_is_an_act_with_its_campaign():
    context = {"page": {"url": "https://acme.example/robot?utm_source=news"}, "campaign": {"name": "spring"}}
    properties = {"email": "joe@acme.example", "title": "CTO", "tel": "030 123456", "rows": [1, 2]}
    message = one({**TRACK, "context": context, "properties": properties})
    assert message.act is not None
    assert message.act.kind == "form.submitted"
    assert message.act.props["campaign"] == "spring"
    assert message.act.props["source"] == "news"
    assert "rows" not in message.act.props
    assert said(message)["form.title"] == "CTO"


def test_the_title_of_a_page_is_not_the_title_of_its_reader():
    properties = {"title": "Pricing", "name": "Pricing", "path": "/robot/pricing"}
    message = one({"type": "page", "anonymousId": "a-1", "name": "Pricing", "properties": properties})
    assert message.values == ()
    assert not message.identified
    assert message.act is not None
    assert (message.act.kind, message.act.props["path"]) == ("page.viewed", "/robot/pricing")


def test_an_event_that_the_process_does_not_name_is_kept_under_its_own_name():
    message = one({**TRACK, "event": "Dancing Began"})
    assert message.act is not None
    assert message.act.kind == "track:Dancing Began"


def test_a_group_speaks_of_the_account_only():
    traits = {"name": "Acme", "email": "office@acme.example"}
    message = one({"type": "group", "userId": "u-17", "groupId": "g-1", "traits": traits})
    assert said(message) == {"form.company": "Acme"}
    assert message.keys == (Key("form.user", "u-17"),)


def test_an_alias_holds_both_ids_and_the_browser_left_behind():
    message = one({"type": "alias", "previousId": "a-1", "userId": "joe@acme.example"})
    assert message.keys == (
        Key("email", "joe@acme.example"), Key("form.user", "joe@acme.example"), Key("form.user", "a-1"),
    )  # fmt: skip
    assert message.visitor == "form/a-1"


@pytest.mark.parametrize(
    ("path", "kind"), [("/v1/t", "form.submitted"), ("/v1/track", "form.submitted"), ("/v1/p", "page.viewed")]
)
def test_the_path_names_the_kind_of_a_single_event(path: str, kind: str):
    message = one({"anonymousId": "a-1", "event": "Form Submitted", "writeKey": "demo-write-key"}, path)
    assert message.act is not None
    assert message.act.kind == kind


def test_a_sender_whose_clock_is_wrong_is_set_right():
    slow = timedelta(hours=2)
    sent_at, said_at = NOW - slow, NOW - slow - timedelta(minutes=5)
    message = one({**TRACK, "timestamp": said_at.isoformat()}, sentAt=sent_at.isoformat())
    assert (message.occurred_at, message.flags) == (NOW - timedelta(minutes=5), ())


@pytest.mark.parametrize("said_at", ["2026-09-01T10:00:00Z", "1999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_time_that_cannot_be_right_gives_way_to_the_receipt_s_and_is_flagged(said_at: str):
    message = one({**TRACK, "timestamp": said_at})
    assert (message.occurred_at, message.flags) == (NOW, ("clock_skew",))


def test_a_message_without_a_key_is_another_one_at_each_delivery():
    event = {"type": "page", "anonymousId": "a-1"}
    first = receipt({"batch": [event, event]})
    ids = {read_one.id for sent in (first, replace(first, id="r-2")) for read_one in read(sent, PROCESS)}
    assert len(ids) == 4


def test_a_long_key_is_held_as_its_digest():
    assert len(one({**TRACK, "messageId": "x" * 201}).id) < 50
    assert one({**TRACK, "messageId": "x" * 200}).id == "form:" + "x" * 200


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({**TRACK, "event": 5}, "event: expected `str | null`, got `int`"),
        ({**TRACK, "userId": {}}, "userId: expected `int | float | str | null`, got `object`"),
        ({**TRACK, "userId": True}, "userId: expected"),
        ({**TRACK, "properties": []}, "properties: expected `object | null`, got `array`"),
        ({**TRACK, "properties": {"title": ["CTO"]}}, "title: is a list; valid is text, a number, true, false or null"),
        ({**TRACK, "type": "dance"}, "type: 'dance' is not a kind of event; valid are alias, group, identify"),
        ({**TRACK, "type": None}, "type: None is not a kind of event"),
        ({**TRACK, "event": ""}, "event: is missing; a track needs its name"),
        ({**TRACK, "userId": None}, "says nobody: userId, anonymousId and e-mail are all missing"),
        ({**TRACK, "userId": "u" * 501}, "is no id; valid is text of up to 500 characters"),
        ({**TRACK, "userId": "u\x001"}, "userId: has a NUL character"),
        ({**TRACK, "properties": {"deep": [{"x": "a\x00b"}]}}, "properties.deep[0].x: has a NUL character"),
        ({**TRACK, "properties": {"n\x00": 1}}, "properties (a name in it): has a NUL character"),
        ({**TRACK, "messageId": "a\x07"}, "messageId: has a control character"),
        ({**TRACK, "properties": {"x": "\ud800"}}, "half a surrogate pair"),
        ({**TRACK, "properties": {"x": float("nan")}}, "the event is not JSON"),
        ({**TRACK, "timestamp": "2026-09-01T09:00:00"}, "timestamp: '2026-09-01T09:00:00' has no zone"),
        ({**TRACK, "timestamp": "yesterday"}, "timestamp: 'yesterday' is not a moment"),
        ({**TRACK, "timestamp": 1788253200}, "timestamp: expected `str | null`, got `int`"),
        ({**TRACK, "properties": {"x": "y" * 33_000}}, "at most 32,768 are taken"),
        ({"type": "alias", "userId": "u-1"}, "previousId: an alias needs both"),
        ("track", "the event: expected `object`, got `str`"),
        (None, "the event: expected `object`, got `null`"),
    ],
    ids=str,
)
def test_a_bad_event_inside_a_good_batch_is_set_aside_with_its_reason(event: object, expected: str):
    assert expected in reason(event)


def test_an_event_in_broken_utf8_harms_no_other():
    good = json.dumps(TRACK).encode()
    body = b'{"batch":[' + good + b',{"type":"track","event":"\xff"},' + good.replace(b"m-1", b"m-3") + b"]}"
    first, bad, last = read(receipt(body), PROCESS)
    assert isinstance(first, Message)
    assert isinstance(last, Message)
    assert isinstance(bad, SetAside)
    assert "the event is not UTF-8" in bad.reason


def test_a_receipt_of_a_source_that_left_the_process_is_set_aside_as_a_whole():
    (aside,) = read(replace(receipt({"batch": [TRACK]}), source="old"), PROCESS)
    assert isinstance(aside, SetAside)
    assert "b2b@7 has no source 'old'; valid are crm, ma, form, desk" in aside.reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("type", "messageId", "userId", "anonymousId", "event", "traits", "properties", "context", "timestamp")


@given(st.lists(st.dictionaries(st.sampled_from(NAMES), JSON | st.sampled_from(["track", "page", "identify"]))))
def test_whatever_is_sent_each_event_is_read_or_set_aside_and_can_be_kept(events: list[dict[str, Any]]):
    results = read(receipt({"batch": events}), PROCESS)
    assert [result.position for result in results] == list(range(len(events)))
    for result in results:
        assert "\x00" not in result.id
        result.id.encode()
        if isinstance(result, Message):
            assert result.occurred_at <= NOW
            assert result.identified or result.visitor


@pytest.mark.parametrize(
    ("traits", "said"),
    [
        ({"company": {}, "address": {"city": "Ulm"}}, {}),
        ({"company": {"name": None}, "address": {"country": None}}, {"form.company": None, "form.country": None}),
        ({"country": None}, {"form.country": None}),
    ],
    ids=["absent", "null inside", "null"],
)
def test_what_is_null_is_told_from_what_is_absent(traits, said):
    message = one({"type": "identify", "userId": "u-17", "messageId": "m-1", "traits": traits})
    assert {value.path: value.value for value in message.values} == said
