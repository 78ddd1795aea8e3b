"""The review queue and the merge log in Chromium: answered by keyboard alone, over a hub that really decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page
from starlette.applications import Starlette

from closeloop.crew import Crew
from closeloop.identity import store as identity_store
from closeloop.identity.nouns import Pair
from closeloop.inbox.nouns import Click
from closeloop.matching.nouns import Evidence
from closeloop.web.console import Verdict, console
from closeloop.web.hub_window import HubWindow
from closeloop.words import ids
from closeloop.words.moment import SystemClock
from support import questions
from support.browser import serious_barriers
from support.questions import ASKED, LIGHTER, OF_COMPANIES, SKIPPED
from support.road import Road, road_on
from support.served import served
from support.side_window import JOE, at

N = 100
FIRST = ("Ada", "Bruno", "Chiara", "Dragan", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jonas")
LAST = ("Abend", "Bianchi", "Czerny", "Duarte", "Egger", "Fontaine", "Garcia", "Hakim", "Iversen", "Jansen")
OTHER = ("Kovacs", "Lindqvist", "Moreau", "Novotny", "Okafor", "Petrov", "Quist", "Rossi", "Svensson", "Tanaka")
EVIDENCE = (Evidence("first name", "equal", 6.1, "x", "x"), Evidence("e-mail", "different", -2.0, "x@a", "x@b"))


@dataclass(frozen=True)
class Asking:
    """A hub at work with a hundred open pairs, the heaviest first, and where its console is."""

    road: Road
    address: str
    pairs: tuple[Pair, ...]


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Asking]:
    with road_on(f"sqlite:///{tmp_path / 'hub.db'}", clock=SystemClock()) as road:
        pairs = hundred_pairs(road)
        crew = Crew(road.hub, {})
        crew.start()
        try:
            with served(Starlette(routes=console(HubWindow(road.hub)))) as address:
                yield Asking(road, address, pairs)
        finally:
            crew.stop()


@pytest.fixture
def asked(road, address):
    """The small business with its questions, over the road that only writes clicks down."""
    questions.ask(road.database)
    return address


def hundred_pairs(road: Road) -> tuple[Pair, ...]:
    """Two hundred people come in by the road, each with an address; the first of a hundred are asked about."""
    people = [
        (f"{first} {last}", f"{first}.{last}@{last}.example".lower())
        for of in (LAST, OTHER)
        for first in FIRST
        for last in of
    ]
    now = road.hub.now() - timedelta(hours=1)
    for no, (name, email) in enumerate(people):
        road.send(
            {
                "type": "identify", "messageId": f"p{no}", "timestamp": now.isoformat(),
                "traits": {"email": email, "name": name},
            }
        )  # fmt: skip
    road.decide()
    holders = dict(road.rows("SELECT value, entity_id FROM keys WHERE kind = 'email'"))
    found = []
    with road.database.write() as connection:
        for no in range(N):
            left, right = sorted(str(holders[people[each][1]]) for each in (no, no + N))
            found.append(
                Pair(
                    ids.derive(now, "pair", left, right), "person", left, right, 9.0 - no / N, "open",
                    "the weight stands between ask and same", EVIDENCE, "contacts@1", now, "form:p0",
                )
            )  # fmt: skip
        connection.exec_driver_sql("DELETE FROM pairs")
        identity_store.save_pairs(connection, found)
    return tuple(found)


def shown(page: Page) -> str:
    return page.locator("table.pair[data-pair]").get_attribute("data-pair") or ""


def ready(page: Page) -> None:
    """Wait until the form is htmx's: keys wait for it too."""
    page.wait_for_selector("#review form[data-htmx-powered]")


def press(page: Page, key: str) -> str:
    """Press a key and wait for what comes of it; returns what was said."""
    ready(page)
    page.evaluate("document.getElementById('review').dataset.before = ''")
    page.keyboard.press(key)
    page.wait_for_selector("#review:not([data-before]) [role=status]")
    return page.locator("#review [role=status]").inner_text()


def test_a_hundred_pairs_are_answered_without_a_mouse(asking, page):
    page.goto(f"{asking.address}/review")
    assert page.locator("#progress").inner_text().startswith("100 of 100 open")
    for no, pair in enumerate(asking.pairs):
        assert shown(page) == pair.id
        said = press(page, "s" if no % 2 == 0 else "d")
        assert said.endswith(" are one person now." if no % 2 == 0 else " are two people, and nobody is asked again.")
    page.get_by_role("heading", name="No question is open").wait_for()
    states = dict(asking.road.rows("SELECT id, state FROM pairs"))
    assert [states[pair.id] for pair in asking.pairs] == ["same", "different"] * (N // 2)
    assert asking.road.one("SELECT COUNT(*) FROM pairs WHERE decided_by = 'console'") == N
    merged = asking.road.rows("SELECT pair_id, by FROM merges WHERE undone_at IS NULL")
    assert sorted(merged) == sorted((pair.id, "console") for pair in asking.pairs[::2])
    roots = dict(asking.road.rows("SELECT id, root_id FROM entities"))
    for no, pair in enumerate(asking.pairs):
        assert (roots[pair.right_id] == pair.left_id) == (no % 2 == 0)


def test_what_was_answered_is_taken_back_by_a_key_and_asked_again(asking, page):
    first, second, *_ = asking.pairs
    page.goto(f"{asking.address}/review")
    press(page, "s")
    press(page, "d")
    assert press(page, "u").startswith("Taken back: ")
    assert shown(page) == second.id
    assert press(page, "u").startswith("Taken back: ")
    assert shown(page) == first.id
    assert asking.road.rows("SELECT COUNT(*) FROM pairs WHERE state = 'open'") == [(N,)]
    assert asking.road.rows("SELECT undone_by FROM merges") == [("console",)]
    assert asking.road.rows("SELECT root_id FROM entities WHERE id = :id", id=first.right_id) == [(first.right_id,)]
    assert press(page, "s").endswith(" are one person now.")


def test_what_is_skipped_comes_last_and_the_skip_is_taken_back(asking, page):
    first, second, *_ = asking.pairs
    page.goto(f"{asking.address}/review")
    assert press(page, "k").startswith("Skipped: ")
    assert shown(page) == second.id
    assert press(page, "u").startswith("Taken back: ")
    assert shown(page) == first.id
    assert asking.road.one("SELECT COUNT(*) FROM pairs WHERE state = 'open'") == N
    assert asking.road.one("SELECT COUNT(*) FROM messages WHERE state <> 'decided'") == 0


def test_buttons_are_reached_by_tab_and_focus_goes_on_from_what_was_said(asking, page):
    page.goto(f"{asking.address}/review")
    ready(page)
    page.get_by_role("navigation", name="Kinds of records").get_by_role("link", name="Companies").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "same"
    page.keyboard.press("Tab")
    press(page, "Enter")
    assert asking.road.rows("SELECT id FROM pairs WHERE state = 'different'") == [(asking.pairs[0].id,)]
    assert page.evaluate("document.activeElement.getAttribute('role')") == "status"


def test_a_merge_is_undone_from_the_log_and_says_so(asking, page):
    page.goto(f"{asking.address}/review")
    press(page, "s")
    page.goto(f"{asking.address}/merges")
    entry = page.locator(".merge")
    entry.get_by_text("Both as they stood before").click()
    assert "ada.abend@abend.example" in entry.get_by_role("region", name="Both as they stood before").inner_text()
    entry.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    said = entry.get_by_role("status")
    said.wait_for()
    assert said.inner_text().startswith("Undone: Ada Kovacs is a person of its own again.")
    assert "undone by console" in entry.inner_text()
    assert asking.road.rows("SELECT undone_by FROM merges") == [("console",)]
    assert asking.road.rows("SELECT state FROM pairs WHERE id = :id", id=asking.pairs[0].id) == [("different",)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_new_pages_keep_nobody_out(asked, page, scheme, road):
    page.emulate_media(color_scheme=scheme)
    for path in ("/review", "/review?kind=account", "/review?kind=person", "/merges", f"/people/{JOE}"):
        page.goto(asked + path)
        page.wait_for_load_state("networkidle")
        page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
        assert serious_barriers(page) == [], path


def test_an_empty_queue_and_an_empty_log_say_what_to_do(bare_address, page):
    for path in ("/review", "/merges"):
        page.goto(bare_address + path)
        assert page.locator(".empty").locator("a, code").count() > 0
        assert serious_barriers(page) == []


def test_both_records_stand_side_by_side_with_what_each_field_says(asked, page):
    page.goto(f"{asked}/review")
    table = page.locator("table.pair")
    assert "About 170 to 1 that they are one person" in table.inner_text()
    row = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="first name"))
    assert row.locator(".badge").inner_text() == "close"
    assert "nickname: 60 times likelier if they are one" in row.inner_text()
    foreseen = page.get_by_role("region", name="What “same” will do").inner_text()
    assert "The left one goes on" in foreseen
    assert "joe@acme.example of the left one, not jo.miller@acme.example" in foreseen
    assert "1 + 0 = 1 lead" in foreseen
    assert "crm knows both: Lead 00Q000000000001AAA and Lead 00Q000000000009AAA" in foreseen


def test_one_kind_is_reviewed_alone_and_stays_chosen_after_an_answer(asked, page, road):
    page.goto(f"{asked}/review")
    page.get_by_role("link", name="Companies").click()
    page.wait_for_url("**kind=account")
    assert shown(page) == OF_COMPANIES
    road.refuse = "somebody was faster"
    assert press(page, "d") == "Different: not done. somebody was faster"
    assert page.locator(".kinds [aria-current]").inner_text().startswith("Companies")
    assert shown(page) == OF_COMPANIES


def test_an_answer_that_is_on_its_way_is_not_asked_for_again(asked, page, road, monkeypatch):
    monkeypatch.setattr(type(road), "send", lambda self, click: self.clicks.append(click) or Verdict("waiting"))
    page.goto(f"{asked}/review")
    assert press(page, "s") == "Same: taken, and not decided yet. Reload in a moment."
    assert shown(page) == LIGHTER


def test_keys_do_nothing_while_somebody_types_with_a_modifier_or_when_they_are_off(asked, page, road):
    page.goto(f"{asked}/review")
    ready(page)
    for keys in ("Control+d", "Alt+s", "Meta+s", "Shift+s", "x", "Enter"):
        page.keyboard.press(keys)
    page.evaluate("document.querySelector('#review').insertAdjacentHTML('beforeend', '<textarea id=note></textarea>')")
    page.locator("#note").press_sequentially("sdk")
    page.get_by_label("Answer by keys").focus()
    page.keyboard.press("Space")
    page.keyboard.press("s")
    page.reload()
    ready(page)
    assert not page.get_by_label("Answer by keys").is_checked()
    page.keyboard.press("s")
    page.wait_for_load_state("networkidle")
    assert road.clicks == []
    page.get_by_label("Answer by keys").check()
    road.refuse = "no"
    press(page, "s")
    assert road.clicks == [Click("same", ASKED, "", "console")]


def test_an_answer_twice_at_once_is_one_answer(asked, page, road):
    road.refuse = "no"
    page.goto(f"{asked}/review")
    ready(page)
    twice = "new KeyboardEvent('keydown', {key: 's', bubbles: true, cancelable: true})"
    page.evaluate(f"() => {{ document.body.dispatchEvent({twice}); document.body.dispatchEvent({twice}); }}")
    page.locator("#review [role=status]").wait_for()
    page.wait_for_load_state("networkidle")
    assert [click.subject for click in road.clicks] == [ASKED]


def test_a_hub_that_does_not_answer_is_said_and_the_pair_stays(asked, page, browser_log):
    browser_log.expect("Failed to load resource|Failed to fetch|htmx")
    page.goto(f"{asked}/review")
    page.route("**/answer", lambda route: route.abort())
    ready(page)
    page.keyboard.press("s")
    page.get_by_role("alert").wait_for()
    assert shown(page) == ASKED
    page.unroute("**/answer")
    page.route("**/answer", lambda route: route.fulfill(status=503, body="the database is away"))
    page.reload()
    ready(page)
    page.keyboard.press("s")
    page.get_by_role("alert").wait_for()
    assert shown(page) == ASKED


def test_a_person_shows_who_they_may_be_and_leads_to_the_question(asked, page):
    page.goto(f"{asked}/people/{JOE}")
    page.get_by_role("region", name="May be the same as").get_by_role("link", name="Jo Miller").click()
    page.wait_for_url(f"**/review?pair={ASKED}")
    assert shown(page) == ASKED


def test_a_pair_that_is_named_is_shown_out_of_turn_while_it_is_open(asked, page, road):
    page.goto(f"{asked}/review?pair={SKIPPED}")
    assert shown(page) == SKIPPED
    with road.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE pairs SET state = 'moot', decided_at = {at(2, 10)} WHERE id = '{SKIPPED}'")
    page.reload()
    assert shown(page) == ASKED


def test_the_log_is_searched_and_a_search_that_finds_nothing_says_so(asked, page):
    page.goto(f"{asked}/merges")
    box = page.get_by_label("Name, address, company or id")
    box.press_sequentially("joe mil")
    page.get_by_text("1 merge found").wait_for()
    box.fill("nobody")
    page.get_by_role("heading", name="Nothing found").wait_for()
    page.goto(f"{asked}/merges?page=9")
    page.get_by_role("heading", name="Past the end").wait_for()


def test_the_queue_works_without_scripts(chromium, asked, road):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    road.refuse = "no"
    page.goto(f"{asked}/review")
    page.get_by_role("button", name="Same person").click()
    page.wait_for_url("**/review?kind=")
    assert [(click.verb, click.subject) for click in road.clicks] == [("same", ASKED)]
    context.close()


def test_without_the_mark_of_an_answer_on_its_way_one_key_pressed_twice_answers_twice(asked, page, road):
    road.refuse = "no"
    page.goto(f"{asked}/review")
    page.evaluate(
        "document.addEventListener('submit', () => { delete document.getElementById('review').dataset.busy })"
    )
    ready(page)
    twice = "new KeyboardEvent('keydown', {key: 's', bubbles: true, cancelable: true})"
    page.evaluate(f"() => {{ document.body.dispatchEvent({twice}); document.body.dispatchEvent({twice}); }}")
    page.wait_for_load_state("networkidle")
    assert len(road.clicks) == 2
