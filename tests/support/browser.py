"""Fixtures for tests that look at pages: Debian's Chromium, confined to loopback, with a watched log."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


@dataclass(slots=True)
class BrowserLog:
    """What a page logged as warning or error, or threw; whatever a test did not expect fails it."""

    lines: list[str] = field(default_factory=list)
    _expected: list[str] = field(default_factory=list)

    def expect(self, pattern: str) -> None:
        """Allow lines in which the regular expression `pattern` is found."""
        self._expected.append(pattern)

    @property
    def unexpected(self) -> list[str]:
        """The lines that no test asked for, in order."""
        return [line for line in self.lines if not any(re.search(pattern, line) for pattern in self._expected)]


# Once a file, not once a session: while Playwright's loop runs, asyncio.run() in other tests would be refused.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless Chromium for the tests of one file."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail("Chromium is not installed: run `make test`, or install Debian's package chromium", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def browser_log() -> Iterator[BrowserLog]:
    """The log of this test's pages; empty at the end, but for what the test expected."""
    log = BrowserLog()
    yield log
    assert not log.unexpected, "the browser's log is not empty:\n" + "\n".join(log.unexpected)


@pytest.fixture
def page(chromium: Browser, browser_log: BrowserLog) -> Iterator[Page]:
    """A fresh page with no cookies, 1280 × 900, whose log is watched."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    watch(opened, browser_log)
    yield opened
    context.close()


def watch(page: Page, log: BrowserLog) -> None:
    """Write what `page` warns of, complains about or throws into `log`."""
    page.on("console", lambda message: _note(log, message))
    page.on("pageerror", lambda error: log.lines.append(f"thrown: {error}"))


def serious_barriers(page: Page) -> list[str]:
    """What axe finds on `page` that keeps people out: serious and critical violations, as `rule: element`."""
    found = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['target']}"
        for violation in found
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


def _note(log: BrowserLog, message: ConsoleMessage) -> None:
    if message.type in {"warning", "error"}:
        log.lines.append(f"{message.type}: {message.text}")
