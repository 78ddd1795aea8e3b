"""Every vendor on stage, each for the tests that apply to it: what it claims, and what the suite can do there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from closeloop.words.moment import ManualClock
from support.stages.all import STAGES
from support.vendor_line import line_to


def pytest_configure(config):
    config.addinivalue_line("markers", "needs(*abilities): what a vendor must be able to do; -ability: must not")


def pytest_generate_tests(metafunc):
    """A test that does not apply to a vendor is not collected for it."""
    if "stage" not in metafunc.fixturenames:
        return
    marks = metafunc.definition.iter_markers("needs")
    needed = {ability for mark in marks for ability in mark.args}
    without = {ability.removeprefix("-") for ability in needed if ability.startswith("-")}
    needed = {ability for ability in needed if not ability.startswith("-")}
    found = [name for name, stage in STAGES.items() if needed <= stage.can() and not without & stage.can()]
    metafunc.parametrize("stage", found, indirect=True)


@pytest.fixture(scope="session")
def tryton_line(tryton):
    with line_to(tryton.url) as line:
        yield line


@pytest.fixture(scope="session")
def tryton_token(tryton):
    application = tryton.create("res.user.application", user=tryton.hub, application="rest")
    return tryton.read("res.user.application", application, "key")["key"]


@pytest.fixture(scope="session")
def conformance_on_postgres(request):
    """One PostgreSQL database for the whole suite: making one for each test takes longer than the tests."""
    return request.getfixturevalue("quick_postgres").create_database("conformance")


@pytest.fixture
def stage(request, tmp_path):
    name, clock = request.param, ManualClock(datetime(2026, 9, 1, 9, 0, tzinfo=UTC))
    given = {
        "tryton": ("tryton", "tryton_line"),
        "rest-tryton": ("tryton", "tryton_line", "tryton_token"),
        "sql-postgresql": ("conformance_on_postgres",),
    }.get(name, ())
    more = [request.getfixturevalue(fixture) for fixture in given]
    if name == "sql-sqlite":
        more = [f"sqlite:///{tmp_path / 'erp.db'}"]
    elif name == "folder":
        more = [tmp_path / "drop"]
    if not name.endswith("tryton"):
        more = [clock, *more]
    made = STAGES[name](*more)
    yield made
    made.close()
