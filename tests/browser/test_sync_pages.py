"""The pages of the data layer in Chromium, over a hub at work between both vendors' simulators."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy import text
from starlette.applications import Starlette

from closeloop.comparing import compare
from closeloop.connectors import marketo, salesforce
from closeloop.connectors.marketo.simulator import MarketoSimulator
from closeloop.connectors.salesforce.simulator import Simulator
from closeloop.crew import Crew
from closeloop.outbox.store.shapes import save_shapes
from closeloop.planning import hold_new
from closeloop.ports import Answer, Connector, Outcome
from closeloop.web.console import console
from closeloop.web.hub_window import HubWindow
from closeloop.words.moment import SystemClock
from support.browser import serious_barriers
from support.road import Road, b2b, road_on
from support.served import served

PAGES = ("/connections", "/plans", "/conflicts", "/rejects")


@dataclass(frozen=True)
class Syncing:
    """A hub at work whose systems were never written to; Ann's title is longer than one of them says it takes."""

    road: Road
    ends: Mapping[str, Connector]
    crm: Simulator
    ma: MarketoSimulator
    ids: Mapping[str, str]
    address: str

    def n_sent(self) -> int:
        """Requests that may have written something."""
        crm = sum(self.crm.faults.n_calls(method, "composite") for method in ("POST", "PATCH"))
        return crm + self.ma.faults.n_calls("POST", "leads.json")


class Short:
    """A system like another, that says its titles are short as long as `most` says so."""

    most: int | None = 50

    def __init__(self, end: Connector) -> None:
        self._end = end

    def __getattr__(self, name: str):
        return getattr(self._end, name)

    def discover(self):
        shapes = self._end.discover()
        if self.most is None:
            return shapes
        return [
            replace(shape, fields=tuple(replace(each, max_length=self.most) if each.name == "title" else each
                                        for each in shape.fields))
            for shape in shapes
        ]  # fmt: skip


@pytest.fixture
def syncing(tmp_path: Path) -> Iterator[Syncing]:
    with at_work(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Syncing]:
    """One that is only looked at."""
    with at_work(tmp_path_factory.mktemp("standing")) as found:
        yield found


@contextmanager
def at_work(folder: Path) -> Iterator[Syncing]:
    with ExitStack() as stack:
        road = stack.enter_context(road_on(f"sqlite:///{folder / 'hub.db'}", clock=SystemClock()))
        crm = stack.enter_context(salesforce.simulate(road.hub.clock, {each.user: each.name for each in b2b().people}))
        ma = stack.enter_context(marketo.simulate(road.hub.clock))
        ends = {
            "crm": salesforce.connect(crm.settings, road.hub.clock),
            "ma": Short(marketo.connect(ma.settings, road.hub.clock)),
        }
        for end in ends.values():
            stack.callback(end.close)
        seller = next(iter(crm.users.values()))
        acme = crm.create_account(seller, Name="Acme Corp")
        ids = {
            name: crm.create_contact(
                seller, FirstName=name.title(), LastName="Miller", Email=f"{name}@acme.example", AccountId=acme,
                Title=title,
            )
            for name, title in (("joe", "Engineer"), ("ann", "Head of " * 15), ("eve", "CTO"))
        }  # fmt: skip
        ma.create_lead(email="joe@acme.example", firstName="Joseph", lastName="Miller", title="Engineer")
        hold_new(road.hub, ["crm", "ma"])
        for source, end in ends.items():
            road.hub.listen(source, end)
        road.decide()
        crew = Crew(road.hub, ends)
        crew.start()
        stack.callback(crew.stop)
        address = stack.enter_context(served(Starlette(routes=console(HubWindow(road.hub, ends)))))
        yield Syncing(road, ends, crm, ma, ids, address)


def click_until(page: Page, button: str, said: str) -> None:
    page.get_by_role("button", name=button).first.click()
    page.get_by_text(said).first.wait_for()


def both_schemes(page: Page, address: str) -> list[str]:
    """What keeps people out of a page, in the light, in the dark and on a narrow screen."""
    found = []
    for scheme, width in (("light", 1280), ("dark", 390)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        page.wait_for_load_state("networkidle")
        found += serious_barriers(page)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"{address} is wider than a screen of {width}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
    return found


def test_a_plan_is_made_read_approved_and_followed_until_it_is_sent(syncing, page):
    page.goto(f"{syncing.address}/plans")
    click_until(page, "Make a new plan", "to be approved")
    assert syncing.n_sent() == 0
    assert syncing.road.rows("SELECT DISTINCT source FROM shapes ORDER BY source") == [("crm",), ("ma",)]
    lines = page.get_by_role("region", name="Lines")
    first = lines.locator("tbody tr").first
    assert "Would be refused" in first.inner_text()
    assert "Ann Miller" in first.inner_text()
    assert page.locator("#lines .note").inner_text() == "3 lines, those that would be refused first."
    page.locator("select[name=kind]").select_option("update")
    page.get_by_text("1 line, those").wait_for()
    assert "Joseph Miller" in lines.inner_text()
    assert "Joe Miller" in lines.inner_text()
    page.get_by_label("Name, value or reason").fill("nobody")
    page.get_by_text("0 lines.").wait_for()
    assert both_schemes(page, f"{syncing.address}/plans") == []

    syncing.ends["ma"].most = None
    click_until(page, "Make a new plan", "All plans")
    page.get_by_role("button", name="Approve").click()
    said = page.get_by_role("status")
    said.wait_for()
    assert said.inner_text() == "Approved: it is being sent."
    assert said.evaluate("said => said === document.activeElement")
    page.get_by_text("all sent").wait_for(timeout=20_000)
    done = page.get_by_role("region", name="What is planned").locator("tbody tr")
    cells = [done.nth(no).locator("th, td").all_inner_texts() for no in range(done.count())]
    assert cells[:2] == [["ma", "create", "2", "2", "0"], ["ma", "update", "1", "1", "0"]]
    assert page.get_by_role("button", name="Approve").count() == 0
    plans = syncing.road.rows("SELECT state, approved_by FROM plans ORDER BY made_at")
    assert plans == [("void", None), ("applied", "console")]
    assert {str(row["firstName"]) for row in syncing.ma.leads()} == {"Joe", "Eve", "Ann"}


def test_a_plan_is_not_sent_when_the_world_has_moved_since(syncing, page):
    page.goto(f"{syncing.address}/plans")
    click_until(page, "Make a new plan", "to be approved")
    syncing.ma.update_lead(1_000_001, company="Umbrella")
    page.get_by_role("button", name="Approve").click()
    said = page.get_by_role("status")
    said.wait_for()
    assert "Not approved: the world has moved" in said.inner_text()
    assert "'Umbrella' now" in said.inner_text()
    assert (syncing.n_sent(), syncing.road.one("SELECT state FROM plans")) == (0, "open")


def test_an_outdated_plan_and_one_beyond_a_ceiling_cannot_be_approved(syncing, page):
    page.goto(f"{syncing.address}/plans")
    click_until(page, "Make a new plan", "to be approved")
    older = page.locator("form[action$=approve]").get_attribute("action")
    syncing.road.hub.process = replace(syncing.road.hub.process, ceilings={"ma": {"create": 0}})
    click_until(page, "Make a new plan", "All plans")
    page.get_by_text("Beyond a ceiling").wait_for()
    page.get_by_role("button", name="Approve").click()
    said = page.locator("[role=status]")
    said.wait_for()
    assert "Not approved: the plan passes a ceiling" in said.inner_text()
    page.goto(syncing.address + str(older).removesuffix("/approve"))
    assert page.get_by_role("button", name="Approve").count() == 0
    answer = page.request.post(syncing.address + str(older), headers={"HX-Request": "true", "Origin": syncing.address})
    assert "another plan was made after" in answer.text()
    assert syncing.n_sent() == 0


def test_connections_tell_how_each_system_stands(standing, page):
    compare(standing.road.hub, "ma", standing.ends["ma"], "Lead", "on demand", lambda _: None)
    page.goto(f"{standing.address}/connections")
    ma = page.locator("section.system").filter(has=page.get_by_role("heading", name="ma", exact=True))
    told = ma.inner_text()
    for part in ("only by plan", "0.00 %", "duplicates made by the hub", "All of it waits for a plan", "used"):
        assert part in told
    assert standing.road.one("SELECT COUNT(*) FROM commands WHERE state = 'waiting' AND source = 'ma'") == 3
    assert ma.get_by_role("row", name="ordinary").locator("td").first.inner_text() == "3"
    assert both_schemes(page, f"{standing.address}/connections") == []


def test_a_conflict_names_both_sources_the_winner_and_who_holds_the_other_value(standing, page):
    page.goto(f"{standing.address}/conflicts")
    row = page.get_by_role("region", name="Conflicts").locator("tbody tr").filter(has_text="name").first
    told = row.inner_text()
    for part in ("crm.Name", "Joe Miller", "ma.name", "Joseph Miller", "b2b@7 fields.person.name", "is to be written"):
        assert part in told
    assert row.locator(".wins code").inner_text() == "crm.Name"
    page.locator("select[name=field]").select_option("employees")
    page.get_by_text("All sources agree on employees.").wait_for()
    assert both_schemes(page, f"{standing.address}/conflicts") == []


def test_a_record_tells_whose_it_is_where_else_they_are_and_what_was_ever_said(standing, page):
    page.goto(f"{standing.address}/people")
    page.get_by_role("link", name="Joe Miller").click()
    page.locator(".crosswalk").get_by_role("link", name=standing.ids["joe"]).click()
    page.wait_for_url(f"**/records/crm/Contact/{standing.ids['joe']}")
    assert page.get_by_role("region", name="Crosswalk").locator("tbody tr").count() == 2
    history = page.get_by_role("region", name="Field history").get_by_role("row").filter(has_text="name").first
    assert "crm.Name Joe Miller" in history.locator(".wins").inner_text()
    assert "Joseph Miller" in history.inner_text()
    assert both_schemes(page, page.url) == []
    page.get_by_role("region", name="Crosswalk").get_by_role("link").click()
    page.wait_for_url("**/records/ma/Lead/1000001")
    assert "update" in page.get_by_role("region", name="Commands to the outside").inner_text()


def test_rejects_are_tried_again_one_or_all_of_a_cause_and_the_page_tells_what_came_of_it(syncing, page):
    keys = [str(key) for (key,) in syncing.road.rows("SELECT key FROM commands WHERE verb = 'create' ORDER BY key")]
    reason = "title: 119 characters; valid are at most 50"
    with syncing.road.database.write() as connection:
        save_shapes(connection, "ma", syncing.ends["ma"].discover(), syncing.road.hub.now())
    syncing.road.hub.answered("ma", [Answer(key, Outcome.PERMANENT, reason=reason) for key in keys])
    states = "SELECT state, COUNT(*) FROM commands WHERE verb = 'create' GROUP BY state ORDER BY state"
    wait_for(lambda: syncing.road.rows(states) == [("dead", 2)])
    page.goto(f"{syncing.address}/rejects")
    assert "What to do: make the field longer" in page.locator(".trouble").inner_text()
    page.get_by_role("link", name="Show all 2").click()
    one_by_one, row = page.url, page.locator(".reject .named").first
    told = [" ".join(cell.split()) for cell in row.locator("th, td").all_inner_texts()]
    assert (told[0], told[2:]) == ("at fault: title", ["–", "string, at most 50 characters", "fields.person.title"])
    assert both_schemes(page, page.url) == []
    with page.expect_download() as saved:
        page.get_by_role("link", name="as CSV").click()
    lines = list(csv.DictReader(saved.value.path().read_text().splitlines()))
    assert {(line["field"], line["rule"]) for line in lines} == {("title", "fields.person.title")}
    row.get_by_role("link", name="fields.person.title").click()
    assert page.locator(".source li:target").inner_text().strip().startswith("title:")
    assert both_schemes(page, page.url) == []
    page.goto(one_by_one)
    page.get_by_role("button", name="Try this one again").first.click()
    said = page.get_by_role("status")
    said.wait_for()
    assert said.inner_text() == "1 command is sent again."
    assert said.evaluate("said => said === document.activeElement")
    assert page.locator(".reject .badge").inner_text() == "waits to be sent"
    assert syncing.road.rows(states) == [("dead", 1), ("waiting", 1)]
    with syncing.road.database.write() as connection:
        connection.execute(text("UPDATE sending SET mode = 'live'"))
    page.locator(".reject .badge.done").wait_for()
    assert syncing.road.rows(states) == [("dead", 1), ("done", 1)]
    page.get_by_role("button", name="Try all again").click()
    page.locator(".trouble").get_by_role("status").wait_for()
    wait_for(lambda: syncing.road.rows(states) == [("done", 2)])
    assert len(syncing.ma.leads()) == 3
    page.goto(f"{syncing.address}/rejects")
    page.get_by_role("heading", name="Nothing was refused").wait_for()


def test_without_connectors_the_page_names_the_command(bare, page):
    with served(Starlette(routes=console(HubWindow(_Idle(bare))))) as address:  # type: ignore[arg-type] # looks only
        for path in PAGES:
            page.goto(address + path)
            assert serious_barriers(page) == []
            assert page.locator(".empty").count() == 1
        page.goto(f"{address}/plans")
        assert "closeloop plan" in page.locator("main").inner_text()
        assert page.get_by_role("navigation", name="Sync").get_by_role("link").count() == len(PAGES)


class _Idle:
    """A hub that is only looked into."""

    def __init__(self, road) -> None:
        self.database, self.process, self.now = road.database, road.process, road.now


def wait_for(holds: Callable[[], bool]) -> None:
    """Wait until something holds, for at most 15 seconds."""
    rest = threading.Event()
    assert any(holds() or rest.wait(0.05) for _ in range(300)), "it did not come"
