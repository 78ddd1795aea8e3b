"""A seller leaves with forty open leads: each goes to somebody by rule, with the reason, and none is dropped (F8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from closeloop.crew import pump
from closeloop.flow import Hub
from closeloop.process.load import load_files
from closeloop.process.nouns import Process
from support.ends import Ends, ends_of
from support.road import INTERESTED, Road, b2b, event, road_on

N_LEADS = 40
TEAM = """name,user,email,team,region,product,capacity,away_from,away_to
abel,0055g00000S0001AAB,abel@ours.example,telemarketing,dach,robot,100,{left},
brandt,0055g00000S0002AAB,brandt@ours.example,telemarketing,dach,robot,{others},,
caro,0055g00000S0003AAB,caro@ours.example,telemarketing,dach,robot,{others},,
"""


def team(version: int, *, left: str = "", others: int = 100) -> Process:
    """The project's process with three in telemarketing, where an account's owner comes before the least loaded."""
    rest = [
        line
        for line in b2b().files["team.csv"].decode().splitlines()[1:]
        if line.split(",")[0] not in ("abel", "brandt", "caro")
    ]
    text = b2b().files["b2b.yaml"].decode().replace("version: 7", f"version: {version}")
    text = text.replace("owner:      [least_loaded]", "owner:      [account_owner, least_loaded]")
    people = TEAM.format(left=left, others=others) + "\n".join(rest) + "\n"
    return load_files({**b2b().files, "b2b.yaml": text.encode(), "team.csv": people.encode()}, "b2b.yaml")


@dataclass
class World:
    road: Road
    ends: Ends

    def interested(self, email: str, company: str) -> None:
        at = self.road.clock.now()
        form = {**INTERESTED, "name": email.partition("@")[0].title() + " Miller", "company": company}
        self.road.send(
            event("form.submitted", f"f {email}", at, email=email, **form),
            event("webinar.attended", f"w {email}", at, email=email, product="robot"),
        )

    def rest(self) -> None:
        for _ in range(3):
            pump(self.road.hub, self.ends.connectors)
            self.road.clock.advance(timedelta(minutes=2))

    def abel_leaves(self) -> None:
        """His user is deactivated in the CRM, and the next version of the process says that he is away."""
        self.ends.crm.force(self.ends.crm.users["abel"], {"IsActive": False}, by=self.ends.crm.me)
        hub = Hub(self.road.database, team(8, left="2026-09-01"), self.road.clock)
        hub.begin()
        self.road = replace(self.road, hub=hub)

    def put_into_a_queue(self, n: int) -> None:
        """Some of his leads are given to a queue in the CRM: to nobody, that is, so they stay his at the hub."""
        queue = self.ends.crm.add_queue("Inbound")
        for lead in self.ends.crm.records("Lead")[:n]:
            self.ends.crm.change(str(lead["Id"]), {"OwnerId": queue})

    def owners(self) -> dict[str, int]:
        rows = self.road.rows("SELECT owner, COUNT(*) FROM leads WHERE status = 'open' GROUP BY owner")
        return {str(owner): int(str(n)) for owner, n in rows}

    def in_the_crm(self) -> dict[str, int]:
        found: dict[str, int] = {}
        names = {user: name for name, user in self.ends.crm.users.items()}
        for lead in self.ends.crm.records("Lead"):
            owner = str(lead["OwnerId"])
            name = names.get(owner, "a queue" if owner.startswith("00G") else "somebody else")
            found[name] = found.get(name, 0) + 1
        return found


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """Forty leads, all Abel's; his is an account, too."""
    with road_on(database_url, team(7, others=0)) as road, ends_of(road) as ends:
        world = World(road, ends)
        ends.crm.create_account(ends.crm.users["abel"], Name="Globex GmbH")
        world.rest()
        for n in range(N_LEADS):
            world.interested(f"person{n}@company{n}.example", f"Company {n}")
        world.rest()
        assert world.owners() == world.in_the_crm() == {"abel": N_LEADS}
        yield world


def test_each_of_his_leads_goes_to_somebody_by_rule_with_the_reason(world):
    world.put_into_a_queue(2)
    world.rest()
    assert (world.owners(), world.in_the_crm()) == ({"abel": N_LEADS}, {"abel": N_LEADS - 2, "a queue": 2})
    world.abel_leaves()
    world.rest()
    assert world.owners() == world.in_the_crm() == {"brandt": 20, "caro": 20}
    assert world.road.rows("SELECT verb, reason FROM commands WHERE state <> 'done'") == []
    [(why, n)] = world.road.rows(
        "SELECT why, COUNT(*) FROM lead_events WHERE kind = 'assigned' AND owner <> 'abel' GROUP BY why"
    )
    assert (n, why) == (N_LEADS, "b2b@8 stages.telemarketing.owner: least_loaded; abel has left, or is away")
    assert world.road.one("SELECT COUNT(*) FROM leads WHERE responded_at IS NULL AND respond_by IS NOT NULL") == N_LEADS


def test_a_new_lead_of_his_account_goes_to_somebody_who_is_there(world):
    world.abel_leaves()
    world.interested("ann@globex.example", "Globex GmbH")
    world.rest()
    assert sum(world.owners().values()) == N_LEADS + 1
    assert "abel" not in {*world.owners(), *world.in_the_crm()}


def test_control_when_nobody_looks_for_whom_has_left_his_leads_stay_with_him(world, monkeypatch):
    monkeypatch.setattr("closeloop.flow.free", lambda *_: 0)
    world.abel_leaves()
    world.rest()
    assert world.owners() == world.in_the_crm() == {"abel": N_LEADS}


def test_control_when_whoever_owns_the_account_gets_the_lead_the_crm_refuses_it(world, monkeypatch):
    world.abel_leaves()
    monkeypatch.setattr("closeloop.process.nouns.Member.is_away", lambda *_: False)
    world.interested("ann@globex.example", "Globex GmbH")
    world.rest()
    [(reason,)] = world.road.rows("SELECT reason FROM commands WHERE verb = 'create' AND state = 'dead'")
    assert "abel" in str(reason) or "0055g00000S0001" in str(reason) or "inactive" in str(reason).lower()
