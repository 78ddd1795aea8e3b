"""A process over an imported file alone: no CRM, no marketing system."""

from __future__ import annotations

import pytest

from closeloop.process.load import load_files
from closeloop.words.errors import ProcessError

CALLS = """
process: calls
version: 1
agreed: {by: [telemarketing], on: 2026-01-01}
sources:
  calls:
    kind: file
    delimiter: ";"
    values: {job: job, y: y}
    person_per_row: true
    touch: call.logged
    props: {attempt: campaign}
    columns: {pdays: number, previous: number}
    flags: {contradictory: "pdays == 999 and previous > 0"}
regions: {all: {countries: [PT], calendar: {hours: "Mon-Fri 09:00-18:00", zone: Europe/Lisbon}}}
people: team.csv
products: [deposit]
fields: {person: {job: {trust: [calls.job]}}}
gate: {when: "true"}
route: [{to: telemarketing}]
stages:
  telemarketing:
    owner: [round_robin]
    outcomes:
      yes: {heard_as: {calls.y: ["yes"]}, to: customer}
      no: {heard_as: {calls.y: ["no"]}, send_back: no_need}
  customer: {}
send_back: {no_need: {return_when: never}}
custody: {marketing: {write: [], mail: none}, sales: {write: [], mail: none}}
"""
TEAM = b"""name,user,email,team,region,product,capacity,away_from,away_to
caller,caller,caller@ours.example,telemarketing,*,*,100,,
"""


class Row:
    now = None

    def __init__(self, **cells):
        self.get = cells.get


def load(text):
    return load_files({"calls.yaml": text.encode(), "team.csv": TEAM}, "calls.yaml")


def test_says_which_column_is_what():
    mapping = load(CALLS).sources["calls"].file
    assert (mapping.delimiter, mapping.encoding, mapping.key, mapping.touch) == (";", None, (), "call.logged")
    assert mapping.values == {"job": "job", "y": "y"}
    assert mapping.person_per_row


def test_yes_and_no_are_texts_and_no_booleans():
    outcomes = load(CALLS).stages["telemarketing"].outcomes
    assert outcomes["yes"].heard_as[0].values == {"yes"}
    assert outcomes["no"].heard_as[0].values == {"no"}


def test_flags_read_columns_of_text_as_numbers():
    rule = load(CALLS).sources["calls"].file.flags["contradictory"]
    assert rule.test(Row(pdays="999", previous="2"))
    assert not rule.test(Row(pdays="999", previous="0"))
    assert not rule.test(Row(pdays="", previous="2"))


def test_leads_stay_in_the_hub_without_a_crm():
    process = load(CALLS)
    assert process.gate.to == ""
    assert process.custody["sales"].mail is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("pdays == 999", "days == 999", "sources.calls.flags.contradictory: unknown name 'days'; did you mean 'pdays'"),
        ("touch: call.logged", "touch: call.made", "sources.calls.touch: unknown touch kind 'call.made'"),
        ("[calls.job]", "[calls.jobb]", "trust[0]: unknown value of calls 'jobb'; did you mean 'job'? valid: job, y"),
        ("{calls.y: [\"no\"]}", "{calls.z: [\"no\"]}", "unknown value of calls 'z'"),
        ("delimiter: \";\"", "delimiter: ;;", "sources.calls.delimiter: ';;': string should have at most 1"),
        ("touch: call.logged", "touch_column: what", "touch_column: needs touch_names"),
        ("kind: file", "kind: fiel", "sources.calls.kind: unknown kind 'fiel'; did you mean 'file'?"),
        ("delimiter: \";\"", "encoding: utf-9", "sources.calls.encoding: unknown encoding 'utf-9'"),
        ("kind: file\n", "kind: file\n    time_order: usa\n", "sources.calls.time_order: unknown word 'usa'; valid"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_mapping_is_found(old, new, said):
    assert old in CALLS
    with pytest.raises(ProcessError) as caught:
        load(CALLS.replace(old, new, 1))
    assert said in str(caught.value)
