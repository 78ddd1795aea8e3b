"""The ground the tests stand on holds: sockets end at loopback, databases are fresh, the browser's log is watched."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys

import psycopg
import pytest
from playwright.sync_api import Page
from sqlalchemy import create_engine, text

from support.browser import BrowserLog, serious_barriers
from support.loopback import Blocked
from support.postgres import PostgresServer

pytestmark = pytest.mark.without_tables

BIND_BEYOND = "import socket; socket.socket().bind(('0.0.0.0', 0)); print('bound')"


def test_connecting_beyond_loopback_is_refused():
    with socket.socket() as opened, pytest.raises(Blocked, match=r"192\.0\.2\.1"):
        opened.connect(("192.0.2.1", 443))


def test_sending_a_datagram_beyond_loopback_is_refused():
    with socket.socket(type=socket.SOCK_DGRAM) as opened, pytest.raises(Blocked):
        opened.sendto(b"hello", ("192.0.2.1", 53))


def test_resolving_a_name_beyond_loopback_is_refused():
    with pytest.raises(Blocked, match=r"example\.org"):
        socket.getaddrinfo("example.org", 443)


def test_an_asynchronous_connection_beyond_loopback_is_refused():
    async def connect() -> None:
        await asyncio.open_connection("2001:db8::1", 443)

    with pytest.raises(Blocked):
        asyncio.run(connect())


def test_loopback_is_open():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_a_process_that_a_test_starts_is_confined_too():
    assert "Blocked" in _python(BIND_BEYOND, os.environ).stderr


def test_control_without_the_guard_the_same_process_is_not_refused():
    free = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    assert _python(BIND_BEYOND, free).stdout == "bound\n"


@pytest.mark.parametrize("run", [1, 2])
def test_every_test_has_an_empty_database(database_url: str, run: int):
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE seen (run INTEGER)"))
    engine.dispose()


def test_postgres_keeps_what_was_committed_when_it_is_cut_off(postgres_server: PostgresServer, postgres_url: str):
    plain = postgres_url.replace("+psycopg", "")
    with psycopg.connect(plain) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    postgres_server.restart("immediate")
    with psycopg.connect(plain) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchall() == [(42,)]
    assert "not properly shut down" in postgres_server.log


def test_postgres_does_not_sort_by_code_point_unless_asked(postgres_url: str):
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        assert connection.execute("""SELECT 'a' < 'B', 'a' COLLATE "C" < 'B'""").fetchall() == [(True, False)]


def test_a_quiet_page_leaves_the_log_empty(page: Page, browser_log: BrowserLog):
    page.set_content("<html lang='en'><title>Quiet</title><main><h1>Quiet</h1></main></html>")
    assert browser_log.lines == []
    assert serious_barriers(page) == []


def test_control_a_noisy_page_is_noticed(page: Page, browser_log: BrowserLog):
    page.set_content("<script>console.warn('look out'); setTimeout(() => { throw new Error('broken') })</script>")
    page.wait_for_function("true")
    page.evaluate("fetch('http://example.org').catch(() => {})")
    seen = "\n".join(browser_log.unexpected)
    assert "warning: look out" in seen
    assert "thrown: broken" in seen
    assert "ERR_NAME_NOT_RESOLVED" in seen
    browser_log.expect("look out|broken|ERR_NAME_NOT_RESOLVED")


def test_control_axe_notices_a_picture_without_words(page: Page):
    page.set_content("<html lang='en'><title>Barrier</title><main><h1>Barrier</h1><img src='data:,'></main></html>")
    assert serious_barriers(page) == ["image-alt: ['img']"]


def _python(program: str, environment: os._Environ[str] | dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], env=dict(environment), capture_output=True, text=True, check=False
    )
