"""The four pages and what is behind them, driven in Chromium: nothing in the log, nobody kept out."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from closeloop.inbox.nouns import Click
from support.browser import serious_barriers
from support.side_window import ACME, ANA, JOE, LEAD_ANA, LEAD_JOE, LINK

PATHS = ("/", "/leads", "/people", f"/people/{JOE}", f"/leads/{LEAD_JOE}", "/health")


@pytest.mark.parametrize("path", PATHS)
def test_every_page_keeps_nobody_out(address, page, path):
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    assert serious_barriers(page) == []


@pytest.mark.parametrize("path", PATHS)
def test_every_page_keeps_nobody_out_in_the_dark(address, page, path):
    page.emulate_media(color_scheme="dark")
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    assert serious_barriers(page) == []


@pytest.mark.parametrize("path", ["/", "/leads", "/people", "/health"])
def test_an_empty_hub_says_what_to_do(bare_address, page, path):
    page.goto(bare_address + path)
    assert page.locator("main a, main code").count() > 0
    assert serious_barriers(page) == []


def test_a_page_loads_nothing_from_elsewhere(address, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/people/{JOE}")
    page.wait_for_load_state("networkidle")
    assert asked
    assert [url for url in asked if not url.startswith(address)] == []


def test_today_names_what_is_late_and_leads_to_it(address, page):
    page.goto(address)
    page.get_by_role("link", name="1 late", exact=True).click()
    page.get_by_role("link", name="Ana Silva").click()
    page.wait_for_url(f"**/leads/{LEAD_ANA}")
    assert "Ana Silva" in page.get_by_role("heading", level=1).inner_text()


def test_today_gives_each_trouble_a_remedy(address, page):
    page.goto(address)
    troubles = page.locator(".trouble")
    assert troubles.count() == 4
    assert all(troubles.nth(number).locator(".remedy").inner_text() for number in range(4))


def test_one_click_records_the_outcome_and_the_row_says_what_came_of_it(address, page, road):
    page.goto(f"{address}/leads")
    row = page.locator(f"#lead-{LEAD_ANA}")
    row.get_by_role("button", name="qualified").click()
    said = row.get_by_role("status")
    said.wait_for()
    assert said.inner_text() == "Qualified: now in inside sales with mori."
    assert road.clicks == [Click("outcome", LEAD_ANA, "qualified", "console")]
    assert row.get_by_role("button", name="converted").is_visible()
    assert page.url == f"{address}/leads"
    assert said.evaluate("said => said === document.activeElement")


def test_a_refused_outcome_says_why_and_changes_nothing(address, page, road):
    road.refuse = "the lead was sent back a moment ago; valid is nothing more"
    page.goto(f"{address}/leads")
    row = page.locator(f"#lead-{LEAD_ANA}")
    row.get_by_role("button", name="qualified").click()
    assert row.get_by_role("status").inner_text() == f"Qualified: not done. {road.refuse}"
    assert row.get_by_role("button", name="qualified").is_visible()


def test_the_outcome_can_be_given_by_keyboard_alone(address, page, road):
    page.goto(f"{address}/leads")
    page.locator(f"#lead-{LEAD_ANA}").get_by_role("link").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(f"#lead-{LEAD_ANA}").get_by_role("status").wait_for()
    assert [click.choice for click in road.clicks] == ["qualified"]


def test_the_queue_shows_only_what_is_asked_for(address, page):
    page.goto(f"{address}/leads")
    page.get_by_label("Stage").select_option("inside_sales")
    page.get_by_text("1 lead;").wait_for()
    assert page.locator("tbody tr").count() == 1
    page.get_by_label("Status").select_option("won")
    page.get_by_role("heading", name="No lead here").wait_for()


def test_a_person_is_found_by_a_part_of_the_company(address, page):
    page.goto(f"{address}/people")
    page.get_by_label("Name, address or company").press_sequentially("acme co")
    page.get_by_text("1 found.").wait_for()
    page.get_by_role("link", name="Joe Miller").click()
    page.get_by_role("heading", name="Joe Miller", level=1).wait_for()


def test_the_timeline_is_drawn_and_says_the_same_as_the_list(address, page):
    page.goto(f"{address}/people/{JOE}")
    page.locator("#chart canvas").first.wait_for()
    drawn = page.evaluate(
        "() => echarts.getInstanceByDom(document.getElementById('chart'))"
        ".getOption().series.flatMap(one => one.data.map(act => act.id))"
    )
    listed = page.eval_on_selector_all("#acts > li", "acts => acts.map(act => act.id)")
    assert sorted(drawn) == sorted(listed)
    assert len(listed) == 26


def test_zooming_the_timeline_shows_less_of_it(address, page):
    page.goto(f"{address}/people/{JOE}")
    chart = page.locator("#chart canvas").first
    chart.wait_for()
    span = """() => {
      const [zoom] = echarts.getInstanceByDom(document.getElementById("chart")).getOption().dataZoom;
      return zoom.end - zoom.start;
    }"""
    before = page.evaluate(span)
    chart.hover(position={"x": 300, "y": 90})
    page.keyboard.down("Control")
    page.mouse.wheel(0, -400)
    page.keyboard.up("Control")
    page.wait_for_function(f"before => ({span})() < before", arg=before)


def test_a_person_shows_every_value_with_its_rule_and_candidates(address, page):
    page.goto(f"{address}/people/{JOE}")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="email"))
    assert "b2b@7 fields.person.email: crm.Email before form.email" in row.inner_text()
    row.get_by_text("3 values").click()
    assert row.locator(".wins").inner_text().startswith("crm.Email joe@acme.example")


def test_a_person_shows_relations_by_name_with_the_id_at_hand(address, page):
    page.goto(f"{address}/people/{JOE}")
    for field, name, behind in (("account", "Acme Corp", ACME), ("owner", "sato", "005-sato")):
        row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=field, exact=True))
        believed = row.locator("td").first.locator("span")
        assert (believed.inner_text(), believed.get_attribute("title")) == (name, behind)
        row.get_by_text("1 value").click()
        assert name in row.locator(".wins").inner_text()
        assert behind not in row.locator(".wins").inner_text()


def test_a_person_shows_why_the_score_and_why_the_gate(address, page):
    page.goto(f"{address}/people/{ANA}")
    assert page.get_by_text("robot: passed").is_visible()
    assert "interest >= 40" in page.locator(".parts").inner_text()


def test_a_link_is_undone_from_the_page_and_says_so(address, page, road):
    page.goto(f"{address}/people/{JOE}")
    page.get_by_role("button", name="Undo the link").click()
    said = page.locator("#links").get_by_role("status")
    said.wait_for()
    assert said.inner_text().startswith("Undone:")
    assert road.clicks == [Click("unlink", LINK, "", "console")]
    assert page.get_by_role("button", name="Undo the link").count() == 0


def test_a_lead_shows_the_packet_as_sent_and_the_commands(address, page):
    page.goto(f"{address}/leads/{LEAD_JOE}")
    assert "asked for robot through spring-webinar" in page.locator(".packet").inner_text()
    assert "00Q000000000001AAA" in page.get_by_role("region", name="Commands to the outside").inner_text()


def test_health_tells_a_failed_end_from_one_that_answers(address, page):
    page.goto(f"{address}/health")
    ends = page.get_by_role("region", name="Ends")
    assert "up" in ends.get_by_role("row").filter(has_text="crm").inner_text()
    assert "606" in ends.get_by_role("row").filter(has_text="down").inner_text()


@pytest.mark.parametrize("path", ["/", "/health"])
def test_what_was_refused_can_be_tried_again_and_says_in_place_what_came_of_it(address, page, road, path):
    page.goto(address + path)
    page.get_by_role("button", name="Try again for crm create: Company: required field is missing").click()
    said = page.get_by_role("status")
    said.wait_for()
    assert said.inner_text() == "1 command is sent again."
    assert said.evaluate("said => said === document.activeElement")
    assert road.clicks == [Click("retry", "create lead Ana", "", "console")]
    assert page.get_by_role("button", name="Try again").count() == 0
    assert page.url == address + path.rstrip("/") + "/" * (path == "/")
    assert serious_barriers(page) == []


def test_many_of_one_cause_are_tried_again_a_hundred_at_a_time(address, page, road):
    with road.database.write() as connection:
        (row,) = connection.execute(text("SELECT * FROM commands WHERE state = 'dead'")).mappings()
        places = ", ".join(f":{name}" for name in row)
        more = [{**row, "key": f"create lead {n:03}"} for n in range(100)]
        connection.execute(text(f"INSERT INTO commands ({', '.join(row)}) VALUES ({places})"), more)
    page.goto(address)
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("100 commands are sent again. More of the same cause are left.").wait_for()
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("1 command is sent again.").wait_for()
    assert len({click.subject for click in road.clicks}) == len(road.clicks) == 101


def test_what_cannot_be_tried_again_says_why_and_keeps_the_button(address, page, road):
    road.refuse = "the hub is stopping"
    page.goto(address)
    page.get_by_role("button", name="Try again").click()
    said = page.get_by_role("status")
    assert said.inner_text() == "0 commands are sent again; 1 not. Try again: not done. the hub is stopping"
    assert page.get_by_role("button", name="Try again").is_visible()


def test_a_page_that_is_not_there_says_so(address, page, browser_log):
    browser_log.expect("404")
    answer = page.goto(f"{address}/people/nobody")
    assert answer.status == 404
    assert "No such person" in page.get_by_role("heading", level=1).inner_text()


def test_the_queue_works_without_scripts(chromium, address, road):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/leads")
    page.locator(f"#lead-{LEAD_ANA}").get_by_role("button", name="qualified").click()
    page.wait_for_url(f"**/leads/{LEAD_ANA}")
    assert [click.choice for click in road.clicks] == ["qualified"]
    context.close()
