"""The page of audit reports in Chromium: the newest is shown, in a frame that may do nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from closeloop.web.console import console
from closeloop.web.console.audits import NOTHING
from support.browser import serious_barriers
from support.served import served

REPORT = """<!doctype html><html lang="en"><head><title>Audit</title><style>h1 { color: rgb(1, 2, 3); }</style></head>
<body><main class="audit"><h1>{}</h1><img src="/static/icon.svg" alt="" onerror="document.title = 'failed'">
<script>document.body.innerHTML = "scripted";</script></main></body></html>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "audit"


@pytest.fixture
def audits(road, folder) -> Iterator[str]:
    with served(Starlette(routes=console(road, folder))) as found:
        yield found


def write(place: Path, title: str, made_at: str | None) -> None:
    """A report as `closeloop audit --out` leaves it; without a moment, its JSON is broken."""
    place.mkdir(parents=True)
    (place / "report.html").write_text(REPORT.replace("{}", title))
    files = [{"name": "crm.csv", "n_rows": 3}]
    (place / "report.json").write_text(json.dumps({"made_at": made_at, "files": files}) if made_at else "{")
    (place / "groups.csv").write_text("group,record\n1,crm.csv:2\n")


def test_without_a_report_the_page_names_the_command(audits, page):
    page.goto(f"{audits}/audit")
    assert "closeloop audit crm.csv marketing.xlsx" in page.locator(".empty").inner_text()
    assert serious_barriers(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_newest_report_is_shown_and_the_others_are_listed(audits, folder, page, browser_log, scheme):
    browser_log.expect("sandboxed|violates the following Content Security Policy")
    page.emulate_media(color_scheme=scheme)
    write(folder, "In August", "2026-08-01T08:00:00Z")
    write(folder / "september & more", "In September", "2026-09-01T08:00:00Z")
    write(folder / "broken", "Broken", None)
    os.utime(folder / "broken" / "report.html", (0, 0))
    page.goto(f"{audits}/audit")
    page.frame_locator("iframe").get_by_role("heading", name="In September").wait_for()
    assert page.locator(".cards .main").all_inner_texts() == [
        "1 Sep 2026, 08:00",
        "1 Aug 2026, 08:00",
        "1 Jan 1970, 00:00",
    ]
    assert serious_barriers(page) == []
    page.get_by_role("link", name="1 Aug 2026").click()
    page.frame_locator("iframe").get_by_role("heading", name="In August").wait_for()


def test_a_report_has_its_style_and_may_do_nothing_else(audits, folder, page, browser_log):
    browser_log.expect("sandboxed|violates the following Content Security Policy")
    write(folder, "In August", "2026-08-01T08:00:00Z")
    for path in ("/audit", "/audit/reports/-"):
        page.goto(audits + path)
        place = page.frame_locator("iframe") if path == "/audit" else page
        heading = place.get_by_role("heading", name="In August")
        heading.wait_for()
        assert heading.evaluate("one => getComputedStyle(one).color") == "rgb(1, 2, 3)"
        assert place.get_by_text("scripted").count() == 0
        assert place.locator("img").evaluate("one => one.naturalWidth") == 0


def test_only_a_report_is_let_off_the_rule_of_pages_and_no_name_leads_elsewhere(audits, folder, tmp_path):
    write(folder, "In August", "2026-08-01T08:00:00Z")
    write(tmp_path / "secret", "Secret", "2026-08-01T08:00:00Z")
    with httpx2.Client() as client:
        assert client.get(f"{audits}/audit/reports/-").headers["content-security-policy"] == NOTHING
        assert "unsafe" not in client.get(f"{audits}/audit").headers["content-security-policy"]
        for name in ("..%2Fsecret", "%2E%2E", ".", "..%2F..%2Fsecret", "nothing"):
            answer = client.get(f"{audits}/audit/reports/{name}")
            assert answer.status_code == 404
            assert "Secret" not in answer.text
        groups = client.get(f"{audits}/audit/groups/-")
        assert groups.headers["content-disposition"].startswith("attachment")
        assert client.get(f"{audits}/audit?report=nothing").status_code == 404


def test_without_its_own_policy_a_report_could_not_be_framed_or_styled(audits, folder, page, browser_log, monkeypatch):
    browser_log.expect("refused|violates|Refused|frame")
    monkeypatch.setattr("closeloop.web.console.guard._ITS_OWN", ())
    write(folder, "In August", "2026-08-01T08:00:00Z")
    page.goto(f"{audits}/audit")
    page.wait_for_load_state("networkidle")
    assert page.frame_locator("iframe").get_by_role("heading", name="In August").count() == 0
