"""Before the first write a plan says what is to be put in order at each system, and writes nothing to find it (D11)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec
import pytest

from closeloop.cli.plan_page import page_of
from closeloop.cli.readiness import lines_of_readiness
from closeloop.connectors.salesforce.simulator.fields import Field
from closeloop.flow import Hub
from closeloop.inbox.nouns import Click
from closeloop.outbox.nouns import STATE
from closeloop.outbox.plans import Plan
from closeloop.outbox.readiness import Holder, Readiness, Unmapped, Unmatched
from closeloop.outbox.store.last_known import save_shadows
from closeloop.outbox.store.readiness import load_owned
from closeloop.planning import apply_plan, check_plan, make_plan
from closeloop.words.errors import BadInput, Permanent
from support.ends import Ends, ends_of
from support.road import INTERESTED, Road, b2b, event, road_on
from support.vendor_words import clicked


@dataclass(frozen=True)
class World:
    """Both simulated vendors: in the CRM one seller has left, and somebody of no team owns records."""

    road: Road
    ends: Ends
    stranger: str

    def plan(self) -> Plan:
        return make_plan(self.road.hub, self.ends.connectors, ("crm", "ma"), lambda *_: None)

    def crm(self, plan: Plan | None = None) -> Readiness:
        return (plan or self.plan()).readiness[0]

    def apply(self, plan: Plan) -> dict[str, int]:
        began = self.road.clock.now()

        def rest(span: timedelta) -> bool:
            self.road.clock.advance(span)
            return self.road.clock.now() < began + timedelta(minutes=5)

        applied = apply_plan(self.road.hub, self.ends.connectors, plan, "Ada", lambda *_: None, rest)
        assert applied.left == 0
        return {f"{source} {kind}": n for source, counts in applied.done.items() for kind, n in counts.items()}

    def interested(self, name: str = "joe") -> None:
        """Somebody who becomes a lead."""
        at, email = self.road.clock.now(), f"{name}@globex.example"
        form = {**INTERESTED, "name": f"{name.title()} Miller", "company": "Globex"}
        self.road.send(
            event("form.submitted", f"f {name}", at, email=email, **form),
            event("webinar.attended", f"w {name}", at, email=email, product="robot"),
        )

    def n_writes(self) -> int:
        """Requests that may have changed something; exports and queries change nothing."""
        calls = [*self.ends.crm.faults.calls.items(), *self.ends.ma.faults.calls.items()]
        reads = ("oauth", "export", "jobs/query", "identity")
        return sum(n for call, n in calls if not call.startswith("GET ") and not any(each in call for each in reads))


@contextmanager
def world_on(url: str) -> Iterator[World]:
    with road_on(url) as road, ends_of(road) as ends:
        crm, abel = ends.crm, ends.crm.users["abel"]
        stranger = crm.add_user("zoe@elsewhere.example", "Zoe")
        acme = crm.create_account(stranger, Name="Acme Corp")
        for n in range(3):
            crm.create_contact(stranger, LastName=f"Miller {n}", Email=f"m{n}@acme.example", AccountId=acme)
        crm.create_opportunity(stranger, Name="Robots", AccountId=acme)
        crm.close(crm.create_opportunity(stranger, Name="Sensors", AccountId=acme), won=True)
        crm.create_contact(abel, LastName="Weber", Email="weber@acme.example", AccountId=acme, LeadSource="Web")
        crm.create_lead(ends.crm.users["brandt"], LastName="Weber", Company="Acme", Email="weber@acme.example")
        crm.force(abel, {"IsActive": False}, by=crm.me)
        road.clock.advance(timedelta(hours=1))
        yield World(road, ends, stranger)


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with world_on(database_url) as made:
        yield made


@pytest.fixture
def small(tmp_path) -> Iterator[World]:
    """On SQLite alone: for what no query decides."""
    with world_on(f"sqlite:///{tmp_path / 'hub.db'}") as made:
        yield made


def test_owners_duplicates_and_the_team_are_told_without_one_write(world):
    plan = world.plan()
    crm, ma = plan.readiness
    abel = world.ends.crm.users["abel"]
    assert crm.team == (Unmatched("abel", abel, "is not active there"),)
    assert crm.holders == (
        Holder(world.stranger, "Zoe", "is in no team of the process", 3, 1, 1),
        Holder(abel, "abel", "is not active there", 1, 0, 0),
    )
    assert (crm.n_twice, crm.n_records) == (1, 2)
    assert (ma.source, ma.team, ma.holders, ma.n_twice) == ("ma", (), (), 0)
    assert world.n_writes() == 0
    world.apply(plan)
    assert world.n_writes() > 0, "control: what is sent is counted"


def test_where_all_is_in_order_nothing_is_said(small):
    crm = small.ends.crm
    for user in (crm.users["abel"], small.stranger):
        crm.force(user, {"IsActive": True}, by=crm.me)
    for row in crm.records("Lead"):
        crm.delete(str(row["Id"]))
    zoe = replace(b2b().people[0], name="zoe", user=small.stranger)
    small.road.hub.process = replace(b2b(), people=(*b2b().people, zoe))
    found = small.crm()
    assert (found.team, found.holders, found.n_twice, found.troubles, found.unfilled) == ((), (), 0, (), ())
    assert found.is_ready


def test_what_would_be_refused_is_grouped_with_an_example_and_the_remedy(small):
    crm = small.ends.crm
    crm.force(crm.users["abel"], {"IsActive": True}, by=crm.me)
    crm.schema.add_field("Lead", Field("Segment__c", "string", 40, required=True))
    small.interested("joe")
    small.interested("ann")
    plan = small.plan()
    found = small.crm(plan)
    assert found.unfilled == ("Lead.Segment__c",)
    [trouble] = found.troubles
    assert (trouble.what, trouble.n) == ("a field that the system demands is empty: Lead.Segment__c", 2)
    assert trouble.example == "Joe Miller: Lead needs Segment__c"
    assert "write" in trouble.remedy
    assert small.apply(plan)["crm refused"] == 2
    assert crm.count("Lead") == 1


def test_control_a_field_that_has_a_default_is_not_asked_for(small):
    crm = small.ends.crm
    crm.force(crm.users["abel"], {"IsActive": True}, by=crm.me)
    crm.schema.add_field("Lead", Field("Segment__c", "string", 40, required=True, default="none"))
    small.interested()
    plan = small.plan()
    assert (small.crm(plan).unfilled, small.crm(plan).troubles) == ((), ())
    assert "crm refused" not in small.apply(plan)
    assert small.ends.crm.count("Lead") == 2


def test_a_plan_with_owners_who_left_can_be_applied(world):
    abel = world.ends.crm.users["abel"]
    world.interested()
    world.interested("ann")
    plan = world.plan()
    assert plan.counts["crm"] == {"create": 1, "refused": 1}
    [trouble] = world.crm(plan).troubles
    assert trouble.what == "the owner is no active user of the system any more"
    assert trouble.example == f"Joe Miller: abel ({abel}) is not active there and may no longer own records"
    done = world.apply(plan)
    assert {kind: n for kind, n in done.items() if kind.startswith("crm")} == {"crm create": 1, "crm refused": 1}
    world.road.clock.advance(timedelta(minutes=1))
    away = [replace(each, away_from=world.road.clock.now()) for each in b2b().people if each.name == "abel"]
    process = replace(b2b(), version=8, people=(*away, *(each for each in b2b().people if each.name != "abel")))
    hub = Hub(world.road.database, process, world.road.clock)
    hub.begin()
    moved = replace(world, road=replace(world.road, hub=hub))
    hub.tick()
    moved.road.decide()
    again = moved.plan()
    assert again.counts["crm"] == {"create": 1, "update": 1}
    moved.apply(again)
    users = {user: name for name, user in moved.ends.crm.users.items()}
    made = moved.ends.crm.records("Lead", Email="joe@globex.example")
    assert [users[str(row["OwnerId"])] for row in made] == ["brandt"]


def test_the_examples_of_a_plan_do_not_name_who_was_erased(world):
    world.interested("quillington")
    [trouble] = world.crm().troubles
    assert "Quillington Miller" in trouble.example
    person = world.road.one("SELECT root_id FROM v_keys WHERE value = 'quillington@globex.example'")
    clicked(world.road, Click("erase", str(person), "", "Ada"))
    ((kept,),) = world.road.rows("SELECT content FROM plans")
    assert "quillington" not in str(kept).lower()
    assert msgspec.json.decode(str(kept), type=Plan).readiness[0].troubles == (replace(trouble, example="erased"),)


@pytest.mark.parametrize(
    ("said", "n"), [("false", 1), ("0", 1), ("no", 1), (False, 1), (None, 1), ("true", 0), ("1", 0), (1, 0), (True, 0)]
)
def test_a_deal_is_closed_where_its_flag_says_so_in_whatever_form(sqlite_url, said, n):
    with road_on(sqlite_url) as road, road.database.write() as connection:
        deal = {"IsClosed": said, "_owner": "u", STATE: "active"}
        save_shadows(connection, {("crm", "Opportunity", "1"): deal})
        owned = load_owned(connection, "crm", {"Opportunity": "opportunity"}, frozenset({"IsClosed"}))
        assert owned.get("u", {}).get("opportunity", 0) == n


def test_a_plan_of_another_database_says_so_and_what_to_do(small, tmp_path):
    plan = small.plan()
    check_plan(small.road.hub, plan)
    said = r"was made for another database.*name that one with --database"
    with road_on(f"sqlite:///{tmp_path / 'other.db'}") as other, pytest.raises(BadInput, match=said):
        check_plan(other.hub, plan)
    with pytest.raises(BadInput, match="was changed after it was made"):
        check_plan(small.road.hub, replace(plan, lines=()))


def test_a_field_that_is_filled_and_mapped_nowhere_is_named(small):
    for row in small.ends.crm.records("Contact"):
        small.ends.crm.change(str(row["Id"]), {"LeadSource": "Fair"}, by=small.ends.crm.me)
    assert Unmapped("Contact", "LeadSource", 1.0) in small.crm().unmapped
    assert {each.field for each in small.crm().unmapped}.isdisjoint({"Email", "OwnerId", "Id"})


def test_a_plan_is_made_where_nobody_may_read_the_users(small, monkeypatch):
    def refused():
        raise Permanent("crm forbids reading User; give the integration user the right")

    monkeypatch.setattr(small.ends.connectors["crm"], "owners", refused)
    found = small.crm()
    assert (found.team, found.unread) == ((), "crm forbids reading User; give the integration user the right")


def test_the_short_form_of_an_id_is_named(small):
    short = replace(b2b().people[1], user=b2b().people[1].user[:15])
    small.road.hub.process = replace(b2b(), people=(*b2b().people[2:], short))
    [unmatched] = small.crm().team
    assert unmatched.why == f"has the short form of an id; valid is {b2b().people[1].user}"


def test_it_is_said_at_the_terminal_and_on_the_page_that_is_kept(small):
    plan = small.plan()
    said = lines_of_readiness(plan.readiness)
    assert (
        f"crm: abel of the team is not active there ({small.ends.crm.users['abel']}); mend the team's file" in said[0]
    )
    assert any("Zoe is in no team of the process and owns 3 people, 1 account, 1 open deal;" in line for line in said)
    assert any("1 person has several records there (2 in all)" in line for line in said)
    page = page_of(plan)
    assert "crm: to be put in order first" in page
    assert "is in no team of the process" in page
    assert "ma: to be put in order first" not in page
