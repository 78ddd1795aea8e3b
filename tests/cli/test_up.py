"""`closeloop up`: takes events in over HTTP, decides them, and stops without losing what it took."""

from __future__ import annotations

import base64
import json
import socket
import time
import urllib.request
from pathlib import Path

import pytest
from sqlalchemy import text

from closeloop.db import Database
from support.command import B2B, Running, closeloop

pytestmark = pytest.mark.without_tables

LAST = "          mail (mail) is not connected"
EVENT = {
    "type": "track", "event": "form.submitted", "messageId": "one", "anonymousId": "joes-desk",
    "properties": {"email": "joe@acme.example", "name": "Joe Miller", "product": "robot"},
}  # fmt: skip


def send(address: str, write_key: str) -> int:
    authorization = f"Basic {base64.b64encode(f'{write_key}:'.encode()).decode()}"
    headers = {"Content-Type": "application/json", "Authorization": authorization}
    request = urllib.request.Request(f"{address}v1/track", json.dumps(EVENT).encode(), headers)  # noqa: S310 - ours
    with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310 - ours
        return response.status


def decided(url: str) -> list[str]:
    database = Database(url)
    try:
        with database.read() as connection:
            return list(connection.execute(text("SELECT id FROM v_messages WHERE state = 'decided'")).scalars())
    finally:
        database.close()


def test_decides_what_it_takes_in_and_stops_when_it_is_told_to(database_url: str, tmp_path: Path):
    environment = {"CLOSELOOP_DATABASE": database_url, "CLOSELOOP_FORM_WRITE_KEY": "key"}
    with Running("--process", B2B, "up", "--port", "0", cwd=tmp_path, until=LAST, **environment) as hub:
        address = next(line.split()[1] for line in hub.lines if line.startswith("console"))
        assert send(address, "key") == 200
        deadline = time.monotonic() + 30
        while not decided(database_url) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert hub.stop() == 0
    assert decided(database_url) == ["form:one"]
    assert "          crm (salesforce) is not connected: set CLOSELOOP_CRM_URL and what belongs to it" in hub.lines
    # The version of the process is in the database, so later commands need not name its file.
    asked = closeloop("why", "person", "joe@acme.example", cwd=tmp_path, CLOSELOOP_DATABASE=database_url)
    assert "Joe Miller" in asked.stdout, asked.stderr


def test_says_that_its_port_is_taken(sqlite_url: str, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = closeloop("--process", B2B, "up", "--port", str(port), cwd=tmp_path, CLOSELOOP_DATABASE=sqlite_url)
    assert done.returncode == 1
    assert done.stderr == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use; "
        "stop what listens there, or choose another with --port\n"
    )


def test_a_second_hub_on_the_same_sqlite_file_is_refused_until_the_first_has_ended(sqlite_url: str, tmp_path: Path):
    up = ("--process", B2B, "up", "--port", "0")
    with Running(*up, cwd=tmp_path, until=LAST, CLOSELOOP_DATABASE=sqlite_url) as first:
        second = closeloop(*up, cwd=tmp_path, CLOSELOOP_DATABASE=sqlite_url)
        assert second.returncode == 1
        assert "another hub is at work on" in second.stderr
        assert first.stop() == 0
    with Running(*up, cwd=tmp_path, until=LAST, CLOSELOOP_DATABASE=sqlite_url) as third:
        assert third.stop() == 0


def test_two_hubs_share_postgresql(postgres_url: str, tmp_path: Path):
    up = ("--process", B2B, "up", "--port", "0")
    with (
        Running(*up, cwd=tmp_path, until=LAST, CLOSELOOP_DATABASE=postgres_url) as one,
        Running(*up, cwd=tmp_path, until=LAST, CLOSELOOP_DATABASE=postgres_url) as other,
    ):
        assert (one.stop(), other.stop()) == (0, 0)


def test_says_that_the_most_that_may_wait_is_no_number(sqlite_url: str, tmp_path: Path):
    environment = {"CLOSELOOP_DATABASE": sqlite_url, "CLOSELOOP_MOST_WAITING": "0"}
    done = closeloop("--process", B2B, "up", "--port", "0", cwd=tmp_path, **environment)
    assert done.returncode == 2
    assert "CLOSELOOP_MOST_WAITING" in done.stderr


def test_says_which_setting_of_a_connection_is_not_in_its_form(sqlite_url: str, tmp_path: Path):
    environment = {
        "CLOSELOOP_DATABASE": sqlite_url, "CLOSELOOP_CRM_URL": "ftp://crm.example",
        "CLOSELOOP_CRM_CLIENT_ID": "id", "CLOSELOOP_CRM_CLIENT_SECRET": "secret",
    }  # fmt: skip
    done = closeloop("--process", B2B, "up", "--port", "0", cwd=tmp_path, **environment)
    assert done.returncode == 1
    assert "salesforce: url = 'ftp://crm.example'; valid is an address such as https://" in done.stderr
    assert "or set CLOSELOOP_CRM_…" in done.stderr


def test_says_which_setting_of_a_connection_is_missing(sqlite_url: str, tmp_path: Path):
    environment = {"CLOSELOOP_DATABASE": sqlite_url, "CLOSELOOP_MA_URL": "http://127.0.0.1:1"}
    done = closeloop("--process", B2B, "up", "--port", "0", cwd=tmp_path, **environment)
    assert done.returncode == 1
    assert "client_id, client_secret missing" in done.stderr
    assert "or set CLOSELOOP_MA_…" in done.stderr
