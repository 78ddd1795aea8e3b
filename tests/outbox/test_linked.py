"""A link is told with both records and why, from what identity keeps of it."""

from __future__ import annotations

import json

from closeloop.outbox.linked import by_key, by_link, is_record

STOOD = {
    "survivor": {
        "keys": [["crm.Contact", "003A"], ["email", "joe@a.example"]],
        "winners": {"name": {"value": "Joe M"}},
    },
    "loser": {"keys": [["ma.Lead", "17"]], "winners": {"name": {"value": "Joseph M"}, "company": {"value": "Acme"}}},
}
WEIGHED = [{"comparison": "phone", "level": "equal", "weight": 16.2, "left": "1", "right": "1"}]


def link(why: str, evidence: str | None, snapshot: str | None, kind: str = "person"):
    return by_link("link-1", kind, ("a", "b", "a"), why, evidence, snapshot)


def test_a_link_tells_both_as_they_stood_and_what_it_was_weighed_by():
    told = link("judged the same", json.dumps(WEIGHED), json.dumps(STOOD))
    assert told.one == "Joe M: crm Contact 003A, email joe@a.example"
    assert told.other == "Joseph M: ma Lead 17"
    assert (told.why, told.evidence) == ("judged the same", "phone equal +16.2")


def test_what_the_reason_says_already_is_not_said_twice():
    assert link("16.0 bits: phone equal +16.2", json.dumps(WEIGHED), json.dumps(STOOD)).evidence == ""


def test_a_link_of_which_nothing_was_kept_is_told_by_its_ids():
    told = link("one message carries keys of both", None, None)
    assert (told.one, told.other, told.evidence) == ("a", "b", "")


def test_accounts_are_called_by_their_company():
    assert link("alike", None, json.dumps(STOOD), "account").other == "Acme: ma Lead 17"


def test_records_with_a_key_in_common_are_told_with_the_key_and_have_no_link_to_undo():
    keys = [("crm.Contact", "003A"), ("email", "joe@a.example"), ("form.user", "u1"), ("ma.Lead", "17")]
    told = by_key(("a",), keys, "Joe")
    assert (told.one, told.other) == ("Joe: crm Contact 003A", "ma Lead 17")
    assert (told.id, told.why) == ("", "both have email joe@a.example or form user u1")
    assert by_key(("a",), [keys[0], keys[3]], "").why == "one of the records names the other"


def test_a_user_of_a_site_is_no_record():
    assert [is_record(each) for each in ("crm.Contact", "form.user", "email")] == [True, False, False]
