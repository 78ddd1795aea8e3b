"""Whatever comes in at a door, the road keeps it with a reason or takes it, and everything beside it is unharmed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from closeloop.inbox.importing import import_file
from closeloop.ports import Record, Ref
from closeloop.process.nouns import FieldRule, Process
from closeloop.process.nouns import Path as FieldPath
from closeloop.process.sources import FileMapping, SourceDecl
from support.road import START, Road, b2b, event, page_of, raw_receipt, road_on

LONG = "".join(f"{n * 2654435761 % 2**32:08x}" for n in range(600))
"""4,800 characters that do not compress: more than an index of PostgreSQL takes."""
ODD_EVENTS = (
    b'{"type":"track","event":"form.submitted","messageId":"nul\\u0000id","properties":{"email":"a@acme.example"}}',
    b'{"type":"track","event":"form.submitted","messageId":"b1","properties":{"email":"a\\u0000b@acme.example"}}',
    b'{"type":"track","event":"form.submitted","messageId":"b2","properties":{"email":"a@acme.example","company":"Ac\\u0000me"}}',
    b'{"type":"track","event":"page.viewed","messageId":"b3","anonymousId":"bro\\u0000wser"}',
    b'{"type":"track","event":"page.viewed","messageId":"b4","anonymousId":"v","properties":{"url":"/robot/\\u0000"}}',
    b'{"type":"track","event":"form.submitted","messageId":"b5","properties":{"email":"a@b.example","name":"\\ud800"}}',
    b'{"type":"track","event":"form.submitted","messageId":"b6","properties":{"email":"a@acme.example","name":"\xff\xfe"}}',
    b'{"type":"track","event":"form.submitted","messageId":"b7","properties":{"email":"a@acme.example","name":1e400}}',
    b'{"type":"track","event":"form.submitted","messageId":"b8","properties":{"email":"a@acme.example","name":%d}}'
    % 10**40,
    b'{"type":"track","event":"form.submitted","messageId":"b9","userId":%d}' % 2**80,
    b'{"type":"track","event":"form.submitted","messageId":"b10","properties":{"email":{"is":"odd"},"product":["robot"]}}',
    b'{"type":"track","event":"form.submitted","messageId":"b11","userId":"u","properties":{"email":true,"product":7}}',
    b'{"type":"track","event":12,"messageId":"b12","userId":"u"}',
    b'{"type":"track","event":"form.submitted","messageId":13,"userId":"u"}',
    b'{"type":"track","event":"form.submitted","messageId":"b14","userId":"u","timestamp":"0001-01-01T00:00:00+14:00"}',
    b'{"type":"track","event":"form.submitted","messageId":"b15","userId":"u","timestamp":"9999-12-31T23:59:59-14:00"}',
    b'{"type":"track","event":"form.submitted","messageId":"b16","userId":"u","timestamp":5}',
    b'{"type":"track","event":"page.viewed","messageId":"b17","userId":"u","properties":{"url":"/%s","campaign":"%s"}}'
    % (LONG.encode(), LONG.encode()),
    b'{"type":"track","event":"form.submitted","messageId":"b18","properties":{"email":"%s@acme.example"}}'
    % LONG.encode(),
    b'{"type":"track","event":"form.submitted","messageId":"b19","properties":{"email":"a@acme.example","company":"%s"}}'
    % LONG.encode(),
    b'{"type":"track","event":"%s","messageId":"b20","userId":"u"}' % LONG.encode(),
    b'{"type":"track","event":"form.submitted","messageId":"b21","userId":"u","properties":[1,2]}',
    b'{"type":"identify","messageId":"b22","userId":"u","traits":{"email":"a@acme.example","title":null,"country":99,"tel":-1e308}}',
    b'{"type":"nonsense","messageId":"b23","userId":"u"}',
    b'{"type":"track","event":"form.submitted","messageId":"b24"}',
    b'{"type":"track","event":"webinar.attended","messageId":"b25","userId":"u","properties":{"product":"robot","campaign":%d,"depth":1e999}}'
    % 2**70,
    b"[]",
    b'"text"',
    b"null",
    b"7",
)
ODD_FIELDS: tuple[dict[str, object], ...] = (
    {"Email": "a\x00b@acme.example"},
    {"Name": "Jo\x00e"},
    {"Name": LONG},
    {"Email": f"{LONG}@acme.example"},
    {"Title": 7},
    {"Title": True},
    {"Phone": 10**30},
    {"Country": "\u202e"},
    {"HasOptedOutOfEmail": "perhaps"},
    {"Title": ""},
    {"Email": 12.5},
    {"Status": "x" * 30_000},
)


@pytest.fixture
def road(database_url: str) -> Iterator[Road]:
    with road_on(database_url) as road:
        yield road


def settled(road: Road) -> dict[str, str]:
    """Decide; nothing may wait or fail. Message id → its state."""
    road.decide()
    assert road.one("select count(*) from waiting") == 0
    assert road.rows("select id, reason from messages where state = 'failed'") == []
    assert road.rows("select id from messages where state = 'set_aside' and coalesce(reason, '') = ''") == []
    return {str(id_): str(state) for id_, state in road.rows("select id, state from messages")}


def test_odd_events_in_a_batch_leave_the_good_ones_beside_them_alone(road: Road):
    said = []
    for n, odd in enumerate(ODD_EVENTS):
        good = event("page.viewed", f"good{n}", START, visitor="v", url="/robot")
        said += [odd, json.dumps(good).encode()]
    # Invalid UTF-8 makes its own request unreadable; all else shares one.
    apart = [each for each in said if b"\xff" in each]
    road.hub.take_in(
        [raw_receipt(b'{"batch":[' + b",".join(each for each in said if each not in apart) + b"]}", START)]
    )
    road.hub.take_in([raw_receipt(b'{"batch":[' + each + b"]}", START) for each in apart])
    states = settled(road)

    assert [states.get(f"form:good{n}") for n in range(len(ODD_EVENTS))] == ["decided"] * len(ODD_EVENTS)
    assert len(states) == 2 * len(ODD_EVENTS)
    assert "set_aside" in states.values()


@pytest.mark.parametrize(
    "body", [b"", b"\x00", b"\xff\xfe", b"[", b'{"batch":7}', b'{"batch":[{]}', b"[" * 100_000], ids=repr
)
def test_a_request_that_is_nothing_is_set_aside_whole(road: Road, body: bytes):
    road.hub.take_in([raw_receipt(body, START)])
    road.act("page.viewed", "good", visitor="v")
    states = settled(road)

    assert states.pop("form:good") == "decided"
    assert set(states.values()) <= {"set_aside"}


def test_odd_records_leave_the_good_ones_on_their_page_alone(road: Road):
    records = []
    for n, odd in enumerate(ODD_FIELDS):
        records.append(Record("Contact", f"003X{n}", "person", START, {"Email": f"x{n}@acme.example", **odd}))
        records.append(
            Record("Contact", f"003G{n}", "person", START, {"Email": f"good{n}@acme.example", "Name": "Good"})
        )
    records += [
        Record("Contact", "003\x00", "person", START, {"Email": "nul@acme.example"}),
        Record("Lead", LONG, "person", START, {"Email": "long@acme.example"}),
        Record(
            "Opportunity",
            "006X",
            "opportunity",
            START,
            {"Amount": 1e300, "CurrencyIsoCode": "EUR", "CloseDate": "someday"},
            {"person": Ref("Contact", "003G0")},
        ),
        Record(
            "Opportunity",
            "006Y",
            "opportunity",
            START,
            {"Amount": "a lot", "IsClosed": "maybe", "StageName": None},
            {"person": Ref("Contact", "\x00")},
        ),
        Record("Account", "001X", "account", START, {"Name": LONG, "NumberOfEmployees": 10**25}),
        Record(
            "Task",
            "00TX",
            "task",
            START,
            {"CallDisposition": "\x00"},
            {"person": Ref("Contact", "003G0"), "owner": Ref("User", "\x00")},
            touch="call.logged",
        ),
    ]
    road.hub.take_in([page_of(records, START)])
    states = settled(road)

    good = {state for id_, state in states.items() if ":003G" in id_}
    assert good == {"decided"}
    assert len(states) == len(records)


def test_a_vendor_s_text_that_no_encoding_can_write_is_kept_without_its_broken_half(road: Road):
    """Half a surrogate pair is legal in JSON; the page must be kept all the same, or nothing after it is ever read."""
    record = Record("Contact", "003S", "person", START, {"Email": "s@acme.example", "Name": "Jo\ud83d"})
    road.hub.take_in([page_of([record], START)])

    assert set(settled(road).values()) == {"decided"}


MAPPING = FileMapping(
    delimiter=",",
    encoding="utf-8",
    key=("id",),
    time="met",
    time_order="dmy",
    zone="Europe/Berlin",
    values={"email": "mail", "name": "name"},
    visitor=None,
    person_per_row=False,
    touch="webinar.attended",
    touch_column=None,
    touch_names={},
    props={"hall": "hall"},
    flags={},
)


def with_file() -> Process:
    """The process with a file as one more source."""
    fields = {entity: dict(rules) for entity, rules in b2b().fields.items()}
    for name in ("email", "name"):
        rule: FieldRule = fields["person"][name]
        fields["person"][name] = replace(rule, trust=(*rule.trust, (FieldPath("fair", None, name),)))
    return replace(b2b(), sources={**b2b().sources, "fair": SourceDecl("fair", "file", file=MAPPING)}, fields=fields)


def test_odd_rows_of_a_file_leave_the_good_ones_alone(database_url: str, tmp_path: Path):
    odd = (
        "x\x00y,a@acme.example,Joe,01/02/2026,1",
        "n1,a\x00b@acme.example,Joe,01/02/2026,1",
        "n2,a@acme.example,Jo\x00e,01/02/2026,1",
        "n3,a@acme.example",
        "n4,a@acme.example,Joe,01/02/2026,1,2,3",
        "n5,a@acme.example,Joe,13/13/2026,1",
        "n6,a@acme.example,Joe,2026-02-01,1",
        "n7,nobody,Joe,01/02/2026,1",
        "n8,,,01/02/2026,1",
        f"n9,{LONG}@acme.example,Joe,01/02/2026,1",
        f"{LONG},b@acme.example,{LONG},01/02/2026,{10**40}",
        ",c@acme.example,Joe,01/02/2026,1",
        "n10,d@acme.example,Joe,01/02/0001,1",
    )
    lines = ["id,mail,name,met,hall"]
    for n, row in enumerate(odd):
        lines += [row, f"good{n},good{n}@acme.example,Good,01/02/2026,{n}"]
    file = tmp_path / "fair.csv"
    file.write_text("\n".join(lines) + "\n")
    with road_on(database_url, with_file()) as road:
        imported = import_file(file, road.hub.process, "fair", road.hub.take_in, datetime(2026, 9, 1, tzinfo=UTC))
        states = settled(road)

        assert imported.n_refused >= 4
        assert [states.get(f"fair:good{n}") for n in range(len(odd))] == ["decided"] * len(odd)
