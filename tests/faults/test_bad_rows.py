"""A bad row holds up nobody: it waits with its reason, and goes when the cause is mended (F6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from closeloop.connectors import salesforce
from closeloop.connectors.salesforce.simulator import Simulator
from closeloop.connectors.salesforce.simulator.fields import Field
from closeloop.connectors.salesforce.simulator.objects import OBJECTS
from closeloop.inbox.nouns import Click
from closeloop.measure.rejects import dead_like, rejected, rejects
from closeloop.outbox import store as outbox_store
from closeloop.outbox.nouns import Planned
from closeloop.ports import Command, Connector, Ref, Value, Verb
from support.road import Road, road_on

ROWS = 500
ABEL, GONE = "0055g00000AAAAAAA1", "0055g00000AAAAAAA2"
LEAD = OBJECTS["Lead"].fields
BAD: dict[str, tuple[dict[str, Value], str, str]] = {
    "not on the list": ({"Status": "Lukewarm"}, "not_on_list:lead.status", "'Lukewarm': valid is"),
    "too long": ({"Title": "x" * 200}, "too_long:lead.title", "200 characters, at most 128"),
    "empty": ({"LastName": None}, "required:lead.lastname", "LastName"),
    "inactive owner": ({}, "inactive_owner:lead.ownerid", GONE),
    "no such field": ({"Colour__c": "red"}, "no_field:lead.colour__c", "Colour__c"),
    "read only": ({"IsConverted": True}, "no_field:lead.isconverted", "IsConverted"),
    "another type": ({"NumberOfEmployees": "many"}, "wrong_type:lead.numberofemployees", "'many'"),
}
"""What is wrong → the fields that say it, the cause it is grouped by, and what its reason names."""


@dataclass(frozen=True)
class Office:
    road: Road
    crm: Simulator
    end: Connector

    def send(self) -> None:
        while self.road.hub.deliver("crm", self.end, "w") + self.road.hub.decide("live"):
            pass

    def states(self) -> dict[object, object]:
        return dict(self.road.rows("SELECT state, COUNT(*) FROM commands GROUP BY state"))  # type: ignore[arg-type] # rows of two columns

    def retry(self, *keys: str) -> None:
        for key in keys:
            self.road.hub.click(Click("retry", key, "", "Ada"))
        self.road.decide()


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with road_on(database_url) as road, salesforce.simulate(road.clock, {ABEL: "Abel", GONE: "Gone"}) as crm:
        crm.force(crm.users["Gone"], {"IsActive": False}, by=crm.me)
        end = salesforce.connect(crm.settings, road.clock)
        yield Office(road, crm, end)
        end.close()


def plan(office: Office, bad: dict[int, str]) -> None:
    planned = []
    for n in range(ROWS):
        lead_id = office.crm.create_lead(office.crm.users["Abel"], LastName=f"Miller {n}", Company="Acme")
        fields = {"Phone": f"+49 30 {n}", **(BAD[bad[n]][0] if n in bad else {})}
        refs = {"owner": Ref("User", GONE)} if bad.get(n) == "inactive owner" else {}
        command = Command(f"change {n:03}", Verb.UPDATE, "Lead", Ref("Lead", lead_id), fields=fields, refs=refs)
        planned.append(Planned("crm", command, "b2b@7 write", "m"))
    with office.road.database.write() as connection:
        outbox_store.plan(connection, planned, office.road.clock.now())


def mend(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an administrator does at the vendor."""
    for name, changed in {
        "Status": {"allowed": (*LEAD["Status"].allowed, "Lukewarm")},
        "Title": {"length": 255},
        "LastName": {"required": False},
        "NumberOfEmployees": {"type": "string"},
        "IsConverted": {"writable": "both"},
    }.items():
        monkeypatch.setitem(LEAD, name, replace(LEAD[name], **changed))  # type: ignore[arg-type] # a dict behind it
    monkeypatch.setitem(LEAD, "Colour__c", Field("Colour__c", "string", 80))  # type: ignore[arg-type] # a dict behind it
    office.crm.force(office.crm.users["Gone"], {"IsActive": True}, by=office.crm.me)


def test_seven_bad_rows_of_five_hundred_wait_with_their_reasons_and_go_when_mended(office: Office, monkeypatch):
    bad = dict(zip(range(37, ROWS, 70), BAD, strict=True))
    plan(office, bad)
    office.send()
    assert office.states() == {"done": ROWS - len(BAD), "dead": len(BAD)}
    assert office.road.one("SELECT MAX(attempts) FROM commands") == 1, "in one pass"
    assert sum(row["Phone"] is not None for row in office.crm.rows("Lead")) == ROWS - len(BAD)

    with office.road.database.read() as connection:
        found = {each.key: each for each in rejects(connection)}
        listed = {each.key: rejected(connection, "crm", [each.key]) for each in found.values()}
    assert set(found) == {key for _, key, _ in BAD.values()}
    for n, what in bad.items():
        _, cause, said = BAD[what]
        group = found[cause]
        assert (group.n, group.example, group.verbs) == (1, f"change {n:03}", ("update",))
        assert said in group.reason
        assert group.remedy
        assert listed[cause] == (group.example,)

    mend(office, monkeypatch)
    office.retry(*(each.example for each in found.values()))
    before = {row["Id"]: row["SystemModstamp"] for row in office.crm.rows("Lead")}
    fresh = Office(office.road, office.crm, salesforce.connect(office.crm.settings, office.road.clock))
    fresh.send()
    fresh.end.close()
    assert office.states() == {"done": ROWS}
    assert office.road.rows("SELECT attempts, COUNT(*) FROM commands GROUP BY attempts ORDER BY attempts") == [
        (1, ROWS - len(BAD)),
        (2, len(BAD)),
    ], "none of the others was sent again"
    assert all(row["Phone"] is not None for row in office.crm.rows("Lead"))
    assert len(before) == office.crm.count("Lead") == ROWS


def test_control_without_mending_they_come_back(office: Office):
    plan(office, {3: "too long", 4: "too long", 5: "empty"})
    office.send()
    with office.road.database.read() as connection:
        alike = dead_like(connection, "change 004", 100)
    assert alike == ("change 004", "change 003"), "one cause, whatever the values"
    office.retry(*alike)
    assert office.states() == {"done": ROWS - 3, "dead": 1, "waiting": 2}
    office.send()
    assert office.states() == {"done": ROWS - 3, "dead": 3}
