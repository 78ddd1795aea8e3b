"""One person's messages are taken out of a receipt; everybody else's keep their place, their name and their octets."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from closeloop.inbox.answers import encode_answers
from closeloop.inbox.clicks import encode_clicks
from closeloop.inbox.erased import Gone, texts_of, with_keys, without, without_reasons
from closeloop.inbox.nouns import Click, Receipt, SetAside
from closeloop.inbox.read import read
from closeloop.inbox.records import UNDER_WAY, encode_records
from closeloop.ports import Answer, Outcome, Record, Ref
from support.erased import with_list
from support.road import START, raw_receipt

GONE = Gone("form:erased-1", "erased on 2026-09-01")


def told(body: bytes, path: str = "/v1/batch") -> Receipt:
    return replace(raw_receipt(body, START), headers={"path": path})


def pulled(*records: Record) -> Receipt:
    return Receipt("r1", "crm", "pull", "live", START, {}, encode_records(records))


def in_file(text: str, **headers: str) -> Receipt:
    said = {"first_line": "2", "digest": "d" * 40, "columns": '["mail","name","title","opted_out"]', **headers}
    return Receipt("r1", "list", "import", "bulk", START, said, text.encode())


def contact(number: int) -> Record:
    return Record("Contact", f"003{number}", "person", START, {"Email": f"p{number}@acme.example", "Name": "Zoe"})


EVENT = b'{"type":"track","event":"page.viewed","properties":{"email":"%s"}}'
ZOES, CARLS = EVENT % b"zoe@z.example", EVENT % b"c@c.example"
BOBS = b'{ "type":"track","event":"x", "properties":{"email":"b@b.example", "n": 1.50}}'
AROUND = b'"sentAt":"2026-09-01T07:00:00Z","context":{"page":{"url":"/robot/demo"}}'
BATCH = b'{ "batch": [ %s , %s, %s ], %s }' % (ZOES, BOBS, CARLS, AROUND)
LOOSE = BATCH.replace(b"1.50", b"NaN")
ROWS = 'ann@a.example,Ann,"CTO, indeed",\nzoe@z.example,"Zoe\nQuill","She said ""no""",\r\n\nbob@b.example,Bob,,yes\n'
JSONL = '{"mail":"ann@a.example"}\n{"mail":"zoe@z.example","name":"Zoe"}\n{"mail":"bob@b.example"}'


@pytest.mark.parametrize(
    ("receipt", "position"),
    [
        (told(BATCH), 0),
        (told(LOOSE), 0),
        (told(EVENT % b"zoe@z.example", "/v1/track"), 0),
        (in_file(ROWS), 3),
        (in_file(JSONL, format="jsonl"), 3),
        (pulled(contact(1), contact(2), contact(3)), 1),
    ],
    ids=["batch", "no strict JSON", "one event", "CSV", "JSON lines", "pull"],
)
def test_a_placeholder_stands_where_it_was_and_all_others_read_as_before(receipt, position):
    process = with_list()
    source = process.sources[receipt.source]
    before = read(receipt, process)
    assert len(before) == (1 if receipt.headers.get("path") == "/v1/track" else 3)
    (hers,) = (message for message in before if message.position == position)
    after = without(receipt, {position: GONE}, source)
    stands = SetAside(GONE.id, receipt.source, receipt.id, position, receipt.received_at, GONE.reason)
    assert read(after, process) == [stands if message is hers else message for message in before]
    assert b"zoe" not in after.body.lower() or receipt.door == "pull"
    assert texts_of(receipt, source)[position] not in after.body
    again = without(after, {}, source)
    assert (again.body, read(again, process)) == (after.body, read(after, process))


def test_what_held_for_all_goes_with_the_last_of_them():
    both = without(told(BATCH), {0: GONE, 1: GONE, 2: GONE}, None)
    assert both.body == b'{"batch":[{},{},{}]}'


def test_a_body_that_nobody_can_read_is_emptied():
    broken = told(b'{"batch": [{"email": "zoe@z.example"')
    assert texts_of(broken, None) == {0: broken.body}
    after = without(broken, {0: GONE}, None)
    assert after.body == b""
    assert [message.id for message in read(after, with_list())] == [GONE.id]


def test_of_an_answer_stays_that_it_was_given():
    said = [Answer("a", Outcome.PERMANENT, Ref("Lead", "00Q1"), "zoe@z.example is taken"), Answer("b", Outcome.DONE)]
    receipt = Receipt("r1", "crm", "answer", "live", START, {}, encode_answers(said))
    kept = msgspec.json.decode(without_reasons(receipt, frozenset({"a"})).body, type=list[Answer])
    assert kept == [Answer("a", Outcome.PERMANENT), said[1]]


def test_commands_are_called_by_new_keys_in_answers_clicks_and_pages_and_nothing_else_changes():
    receipt = Receipt("r1", "crm", "answer", "live", START, {}, b"")
    answers = [Answer("a", Outcome.DONE, Ref("Lead", "00Q1")), Answer("b", Outcome.DONE)]
    clicks = [Click("retry", "a", "", "Ada"), Click("retry", "b", "", "Ada")]
    page = replace(pulled(contact(1)), headers={UNDER_WAY: '["a", "b"]', "other": "a"})
    for before, after in (
        (replace(receipt, body=encode_answers(answers)), encode_answers([replace(answers[0], key="z"), answers[1]])),
        (
            replace(receipt, door="desk", body=encode_clicks(clicks)),
            encode_clicks([replace(clicks[0], subject="z"), clicks[1]]),
        ),
    ):
        assert with_keys(before, {"a": "z"}) == replace(before, body=after)
        assert with_keys(before, {"c": "z"}) is before
    assert with_keys(page, {"a": "z"}) == replace(page, headers={UNDER_WAY: '["b", "z"]', "other": "a"})
    assert with_keys(page, {"c": "z"}) is page


def test_what_holds_for_a_whole_request_is_heard():
    messages = read(told(BATCH), with_list())
    assert {message.act.props.get("url") for message in messages} == {"/robot/demo"}
