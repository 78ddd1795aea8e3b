"""Four systems' tables, as a loader copies them into files, through the real road: merges and deletions included."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from closeloop.connectors.folder import connect
from closeloop.outbox.nouns import STATE
from closeloop.process.load import load
from support.road import road_on

PROCESS = Path(__file__).parents[2] / "examples" / "extracts" / "process.yaml"
FOLDERS = {"crm": "salesforce", "ma": "marketo", "hubspot": "hubspot", "pardot": "pardot"}
RECORDS = {  # rows of the files, and one for each record that only a table of merges or deletions names
    "crm": {"Account": 10, "Contact": 4, "Lead": 1, "Opportunity": 10, "Order": 10, "Task": 10, "Event": 10},
    "ma": {"Lead": 100 + 99 + 31, "Campaign": 100},
    "hubspot": {
        "Contact": 22 + 4,
        "Account": 24,
        "Opportunity": 44 + 14,
        "ContactRole": 11,
        "Task": 2,
        "Campaign": 100,
    },
    "pardot": {"Lead": 100, "Opportunity": 100, "Campaign": 100},
}
ACTS = {
    "email.sent": 100, "email.delivered": 100, "email.opened": 100, "email.clicked": 100, "form.submitted": 5,
    "meeting.booked": 10,
}  # fmt: skip
DELETED = {"crm": 8 + 10, "ma": 31, "hubspot": 0, "pardot": 78 + 2}
MERGED = {  # record → the one that it lives on in
    ("hubspot.Contact", "76340251"): "78971951",  # listed on the survivor, its own row still there
    ("hubspot.Contact", "46897301"): "78971951",
    ("hubspot.Contact", "76226001"): "78971951",
    ("hubspot.Contact", "11111"): "5555",  # in the audit table alone
    ("hubspot.Opportunity", "9014070905"): "9089908390",
    ("ma.Lead", "1286861"): "1345540",
    ("crm.Account", "0015500000Ygpq1AAB"): "L4izOo4yZpLq5io5YM8pvA==",
}


@pytest.fixture
def connectors(shared):
    """Makes a connector for each source to its extract."""
    made = []

    def make(road, source):
        declared = road.hub.process.sources[source]
        settings = {"folder": str(shared / "data" / "fivetran_seeds" / FOLDERS[source]), "page_size": "60"}
        given = {"declared": str(declared.declared), "declared_file": declared.declared_in}
        made.append(connect({**settings, **given}, road.clock))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_four_extracts_load_with_their_merges_and_deletions(database_url, connectors):
    with road_on(database_url, load(PROCESS)) as road:
        for source in FOLDERS:
            road.hub.listen(source, connectors(road, source))
        road.decide()
        assert road.rows("SELECT state, reason FROM v_messages WHERE state NOT IN ('decided', 'echo')") == []

        held = [
            (str(source), str(name), json.loads(str(fields))[STATE])
            for source, name, fields in road.rows("SELECT source, object, fields FROM shadows")
        ]
        for source in FOLDERS:
            assert Counter(name for where, name, _ in held if where == source) == RECORDS[source]
            assert sum(where == source and state == "deleted" for where, _, state in held) == DELETED[source]
        assert dict(road.rows("SELECT kind, COUNT(*) FROM v_timeline GROUP BY kind")) == ACTS

        bought = road.rows("SELECT field, value FROM v_winners WHERE kind = 'purchase' AND root_id = :id", id=road.one(
            "SELECT root_id FROM v_keys WHERE kind = 'crm.Order' AND value = '8011G000000XFePQAW'"
        ))  # fmt: skip
        assert {str(field): json.loads(str(value)) for field, value in bought if field != "account"} == {
            "number": "5393", "amount": "27998.60 USD", "status": "Activated", "living": True,
            "ordered_at": "2019-11-11 17:23:34",
        }  # fmt: skip
        keys = road.rows("SELECT kind, value, root_id FROM v_keys")
        roots = {(str(kind), str(value)): root for kind, value, root in keys}
        for (kind, loser), survivor in MERGED.items():
            assert roots[kind, loser] == roots[kind, survivor]
        # The converted lead is its contact.
        assert roots["crm.Lead", "00Q1G00000nDnM5UAK"] == roots["crm.Contact", "0031G00001QtDPlQAN"]
        # Nobody else became one: 568 leads less 99 losers.
        assert len({root for (kind, _), root in roots.items() if kind == "ma.Lead"}) == 568 - 99

        for source in FOLDERS:
            assert road.hub.listen(source, connectors(road, source)) == 0
