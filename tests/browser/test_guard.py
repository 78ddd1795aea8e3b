"""The console answers this machine and its own pages only."""

from __future__ import annotations

import httpx2
import pytest
from starlette.datastructures import Headers

from closeloop.web.console.guard import refused
from support.side_window import LEAD_ANA

OURS = ("127.0.0.1", 50_000)


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_lets_in_who_asks_for_this_machine(host):
    assert refused("GET", Headers({"host": host}), OURS) is None


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "[", "192.168.1.9"],
)
def test_refuses_a_name_that_was_bound_to_this_machine(host):
    assert "localhost only" in refused("GET", Headers({"host": host}), OURS)


def test_refuses_another_machine():
    assert "this machine only" in refused("GET", Headers({"host": "localhost"}), ("192.168.1.9", 50_000))


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://localhost:8000"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:9000"},
        {"origin": "null"},
        {},
    ],
)
def test_refuses_a_click_from_any_other_page(headers):
    assert refused("POST", Headers({"host": "localhost:8000", **headers}), OURS)


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"origin": "http://localhost:8000"}])
def test_lets_a_click_of_our_own_page_through(headers):
    assert refused("POST", Headers({"host": "localhost:8000", **headers}), OURS) is None


def test_a_foreign_click_reaches_nothing_and_ours_does(address, road):
    outcome = f"{address}/leads/{LEAD_ANA}/outcome"
    with httpx2.Client() as client:
        foreign = client.post(outcome, content=b"choice=qualified", headers={"origin": "https://evil.example"})
        assert (foreign.status_code, road.clicks) == (403, [])
        ours = client.post(outcome, content=b"choice=qualified", headers={"origin": address})
        assert (ours.status_code, len(road.clicks)) == (303, 1)


def test_every_answer_forbids_what_pages_do_not_need(address):
    with httpx2.Client() as client:
        for path in ("/", "/static/console.css", "/people/nobody"):
            headers = client.get(address + path).headers
            assert headers["content-security-policy"].startswith("default-src 'self'")
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"


def test_what_came_from_outside_is_shown_as_text(address, road):
    with road.database.write() as connection:
        connection.exec_driver_sql("UPDATE winners SET given = '\"<script>alert(1)</script>\"' WHERE field = 'name'")
    with httpx2.Client() as client:
        for path in ("/", "/people", "/leads"):
            body = client.get(address + path).text
            assert "<script>alert" not in body
            assert "&lt;script&gt;alert" in body


def test_without_the_guard_the_foreign_click_goes_through(address, road, monkeypatch):
    monkeypatch.setattr("closeloop.web.console.guard.refused", lambda *_: None)
    with httpx2.Client() as client:
        client.post(
            f"{address}/leads/{LEAD_ANA}/outcome",
            content=b"choice=qualified",
            headers={"origin": "https://evil.example"},
        )
    assert len(road.clicks) == 1
