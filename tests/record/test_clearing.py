"""F4: absent never writes, blank only where a source that may clear means it, and every refusal is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeloop.inbox.fields import fields_of
from closeloop.inbox.nouns import Message, Receipt
from closeloop.inbox.read import read
from closeloop.inbox.records import encode_records
from closeloop.outbox import echo
from closeloop.ports import Command, Record, Ref, Value, Verb
from closeloop.process.nouns import FieldRule, Path, Process
from closeloop.record import clearing
from closeloop.record.nouns import FieldValue
from closeloop.record.report import report
from closeloop.record.resolve import resolve
from support.small_process import field, small_process

AT = datetime(2026, 9, 1, 9, tzinfo=UTC)
ABSENT = "(absent)"
SAID = ("one", "two", None, "", "   ", ABSENT)
PATHS = {"crm": "crm.X", "ma": "ma.x", "form": "form.x", "site": "form.x"}
"""Who speaks → where the value is kept. The web site speaks by a form, or as one that knows the person."""
SYSTEMS = {"crm": ("Contact", "X"), "ma": ("Lead", "x")}

Step = tuple[str, str | None]
Emptied = Callable[[Record, Mapping[str, Value] | None], Mapping[str, bool]]
steps = st.lists(st.tuples(st.sampled_from(sorted(PATHS)), st.sampled_from(SAID)), max_size=8)


@st.composite
def rules(draw: st.DrawFn) -> FieldRule:
    """The field with the three paths in any order of trust, in any groups, and any of them allowed to clear."""
    order = draw(st.permutations(["crm.X", "ma.x", "form.x"]))
    cuts = draw(st.sets(st.integers(1, 2)))
    groups = [tuple(order[start:end]) for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), 3], strict=True)]
    may = draw(st.sets(st.sampled_from(order)))
    rule = field("person", "x", "text", *groups)
    return replace(rule, cleared_by=tuple(path for path in rule.paths if str(path) in may))


def process_of(rule: FieldRule) -> Process:
    return replace(small_process(), fields={"person": {"x": rule}, "account": {}})


def read_of(who: str, said: str | None, n: int, process: Process) -> Message:
    """What somebody says of the field, as the inbox hands it on."""
    at = AT + timedelta(minutes=n)
    stated = {} if said == ABSENT else {SYSTEMS.get(who, ("", "x"))[1]: said}
    if who in SYSTEMS:
        record = Record(SYSTEMS[who][0], f"{who}-joe", "person", at, stated)
        receipt = Receipt(f"r{n}", who, "pull", "live", at, {}, encode_records([record]))
    else:
        kind = {"type": "identify", "traits": stated} if who == "site" else {"type": "track", "properties": stated}
        event = {"event": "form.submitted", "userId": "joe", "messageId": f"m{n}", "timestamp": at.isoformat(), **kind}
        body = json.dumps({"batch": [event]}).encode()
        receipt = Receipt(f"r{n}", "form", "segment", "live", at, {"path": "/v1/batch"}, body)
    (message,) = read(receipt, process)
    assert isinstance(message, Message)
    return message


def told(said: Sequence[Step], rule: FieldRule, emptied: Emptied = echo.emptied) -> tuple[list[FieldValue], list[str]]:
    """The values that the hub keeps, and what it refused."""
    process = process_of(rule)
    shadows: dict[str, Mapping[str, Value]] = {}
    values, refusals = list[FieldValue](), list[str]()
    for n, (who, what) in enumerate(said):
        message, names = read_of(who, what, n, process), {}
        if message.record is not None:
            shadow = shadows.get(who)
            news = echo.news_of(message.record, shadow, fields_of(process).of(who))
            names = {name: was_read for name, was_read in emptied(message.record, shadow).items() if name in news}
            message = echo.only_news(message, news, shadow)
            shadows[who] = {**(shadow or {}), **echo.shadow_of(message.record)}
        found = clearing.emptied(message, names)
        values += report(message, {"person": "joe"}, process, [path for path, was_read in found.items() if was_read])
        refusals += clearing.refused(message, found, process)
    return values, refusals


def believed(said: Sequence[Step], rule: FieldRule, emptied: Emptied = echo.emptied) -> str | None:
    winner = resolve(told(said, rule, emptied)[0], rule, "b2b@7")
    return None if winner is None or winner.is_cleared else str(winner.value)


def foreseen(said: Sequence[Step], rule: FieldRule) -> tuple[str | None, int]:
    """The same by hand: what is to be believed, and how many refusals are to be kept."""
    holds: dict[str, str | None] = {}
    stated: dict[str, str | None] = {}
    last: dict[str, int] = {}
    n_refused = 0
    for n, (who, what) in enumerate(said):
        path = PATHS[who]
        is_value = what is not None and what != ABSENT and what.strip() != ""
        speaks = is_value
        if who in SYSTEMS and what != ABSENT:
            before, holds[who] = holds.get(who), what if is_value else None
            speaks = holds[who] != before
        elif who == "site":
            speaks = is_value or what is None
        if speaks and not is_value and path not in map(str, rule.cleared_by):
            n_refused += 1
        elif speaks:
            stated[path], last[path] = what if is_value else None, n
    for group in rule.trust:
        known = [str(path) for path in group if str(path) in last]
        if known:
            return stated[max(known, key=lambda path: last[path])], n_refused
    return None, n_refused


@settings(max_examples=150)
@given(steps, rules())
def test_blank_writes_only_what_a_source_that_may_clear_means(said, rule):
    values, refusals = told(said, rule)
    winner = resolve(values, rule, "b2b@7")
    held = None if winner is None or winner.is_cleared else winner.value
    assert (held, len(refusals)) == foreseen(said, rule)
    assert resolve(values[::-1], rule, "b2b@7") == winner, "no order of arrival matters"
    if winner is not None and winner.is_cleared:
        assert f"{winner.path} cleared it on 2026-09-01" in winner.why


@settings(max_examples=40)
@given(steps, rules())
def test_what_is_absent_never_writes(said, rule):
    values, refusals = told(said, rule)
    without = told([step for step in said if step[1] != ABSENT], rule)
    assert ([each.value for each in values], len(refusals)) == ([each.value for each in without[0]], len(without[1]))


@settings(max_examples=40)
@given(steps, rules())
def test_without_anybody_who_may_clear_a_value_is_never_lost(said, rule):
    rule = replace(rule, cleared_by=())
    has_spoken = any(what is not None and what.strip() and what != ABSENT for _, what in said)
    assert (believed(said, rule) is not None) == has_spoken


NEWEST = field("person", "x", "text", ("crm.X", "ma.x", "form.x"))
EACH_MAY = replace(NEWEST, cleared_by=NEWEST.paths)


def any_blank(record: Record, _: Mapping[str, Value] | None) -> Mapping[str, bool]:
    return {name: True for name in record.fields if clearing.is_blank(record.fields[name])}


def differ(emptied: Emptied, rule: FieldRule) -> list[Sequence[Step]]:
    cases = product(product(["crm", "ma"], ["one", "", ABSENT]), repeat=3)
    return [said for said in cases if believed(said, rule, emptied) != foreseen(said, rule)[0]]


def test_control_a_hub_that_takes_the_blanks_of_a_first_reading_for_meant_loses_what_others_said():
    assert differ(echo.emptied, EACH_MAY) == []
    lost = differ(any_blank, EACH_MAY)
    assert (("crm", "one"), ("ma", ""), ("ma", ABSENT)) in lost


def test_control_a_hub_that_never_takes_a_blank_for_meant_keeps_what_was_taken_out():
    assert (("crm", "one"), ("crm", ""), ("ma", ABSENT)) in differ(lambda *_: {}, EACH_MAY)


def test_a_later_value_of_a_source_that_is_trusted_as_much_fills_the_field_again():
    cleared = [("crm", "one"), ("crm", "")]
    assert believed(cleared, EACH_MAY) is None
    assert believed([*cleared, ("ma", "two")], EACH_MAY) == "two"
    first = replace(field("person", "x", "text", "crm.X", "ma.x", "form.x"), cleared_by=(Path("crm", None, "X"),))
    assert believed([*cleared, ("ma", "two")], first) is None, "the CRM goes first, and says that there is none"


def test_a_refusal_names_the_path_the_day_and_who_may():
    crm_may = replace(NEWEST, cleared_by=(Path("crm", None, "X"),))
    assert told([("ma", "one"), ("ma", "")], crm_may)[1] == [
        "ma.x was blanked on 2026-09-01; only crm.X may clear it (fields.person.x: cleared_by), so it stays as believed"
    ]
    assert told([("site", "one"), ("site", None)], NEWEST)[1] == [
        "form.x was blanked on 2026-09-01; nobody may clear it (fields.person.x: cleared_by), so it stays as believed"
    ]


def test_a_blank_in_place_of_what_the_hub_wrote_counts_once_that_was_read_there():
    process = process_of(EACH_MAY)
    message = read_of("crm", "one", 0, process)
    assert message.record is not None
    wrote = Command("k", Verb.UPDATE, "Contact", Ref("Contact", "crm-joe"), fields={"X": "two"})
    unread = echo.written(echo.shadow_of(message.record), wrote)
    blank = read_of("crm", "", 1, process)
    assert blank.record is not None
    found = clearing.emptied(blank, echo.emptied(blank.record, unread))
    assert found["crm.X"] is False
    (said,) = clearing.refused(blank, found, process)
    assert said.startswith("crm.X was blanked on 2026-09-01 before the hub had read there what it wrote itself")
    read_back = read_of("crm", "two", 1, process)
    assert read_back.record is not None
    assert echo.emptied(blank.record, {**unread, **echo.shadow_of(read_back.record)}) == {"X": True}


@pytest.mark.parametrize("shadow", [None, {"X": "two", "_ours": "X"}], ids=["unknown", "made by the hub, never read"])
def test_a_first_reading_empties_nothing(shadow):
    assert echo.emptied(Record("Contact", "1", "person", AT, {"X": None}), shadow) == {}


def test_a_deleted_record_empties_nothing():
    held = echo.shadow_of(Record("Contact", "1", "person", AT, {"X": "one"}))
    assert echo.emptied(Record("Contact", "1", "person", AT, {"X": None}, deleted=True), held) == {}
