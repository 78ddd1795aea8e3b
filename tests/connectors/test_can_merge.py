"""Each connector says of which objects two records can be made one, and the process knows the kinds that can."""

from __future__ import annotations

from datetime import UTC, datetime

from closeloop.connectors import marketo, salesforce, smtp, tryton
from closeloop.ports import Command, Outcome, Ref, Verb
from closeloop.process.resolve.matching import CAN_MERGE
from closeloop.process.vocabulary import PERSON_OBJECTS
from closeloop.words.moment import ManualClock

CLOCK = ManualClock(datetime(2026, 9, 1, 9, 0, tzinfo=UTC))
VENDOR = {"url": "http://127.0.0.1:9", "client_id": "x", "client_secret": "y"}
ENDS = {
    "salesforce": salesforce.connect(VENDOR, CLOCK),
    "tryton": tryton.connect({"url": "http://127.0.0.1:9", "database": "crm", "username": "u", "password": "p"}, CLOCK),
    "marketo": marketo.connect(VENDOR, CLOCK),
    "smtp": smtp.connect({"host": "127.0.0.1", "port": "9", "sender": "hub@ours.example", "tls": "none"}, CLOCK),
}


def test_the_kinds_that_a_process_may_name_are_those_whose_connectors_merge_people():
    able = {name for name, end in ENDS.items() if end.can_merge & PERSON_OBJECTS}
    assert able == set(CAN_MERGE)
    assert ENDS["smtp"].can_merge == frozenset()
    for end in ENDS.values():
        assert set(end.person_objects) <= end.can_merge


def test_an_end_that_cannot_merge_says_so():
    command = Command("m", Verb.MERGE, "Lead", Ref("Lead", "1"), refs={"loser": Ref("Lead", "2")})
    [answer] = ENDS["smtp"].push([command])
    assert answer.outcome is Outcome.PERMANENT
