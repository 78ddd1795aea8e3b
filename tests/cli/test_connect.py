"""`closeloop connect`, `plan`, `apply` and `compare` by hand: set up, look, send exactly that, find what was missed."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from closeloop.connectors import marketo, salesforce
from closeloop.connectors.marketo.simulator import MarketoSimulator
from closeloop.connectors.salesforce.simulator import Simulator
from closeloop.words.moment import SystemClock
from support.command import B2B, closeloop
from support.road import b2b

pytestmark = pytest.mark.without_tables


@pytest.fixture
def crm() -> Iterator[Simulator]:
    with salesforce.simulate(SystemClock(), {each.user: each.name for each in b2b().people}) as simulator:
        seller = next(iter(simulator.users.values()))
        simulator.create_contact(seller, FirstName="Joe", LastName="Miller", Email="joe@acme.example", Title="CTO")
        yield simulator


@pytest.fixture
def ma() -> Iterator[MarketoSimulator]:
    with marketo.simulate(SystemClock()) as simulator:
        yield simulator


def sets(settings) -> list[str]:
    return [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]


def test_sets_a_system_up_and_everything_after_it_needs_no_environment(crm, ma, sqlite_url: str, tmp_path: Path):
    def run(*words: str):
        return closeloop("--database", sqlite_url, *words, cwd=tmp_path)

    first = run("--process", str(B2B), "connect", "crm", *sets(crm.settings))
    assert first.returncode == 0, first.stderr
    assert "Contact" in first.stdout
    assert run("--process", str(B2B), "connect", "ma", *sets(ma.settings)).returncode == 0
    place = Path(sqlite_url.removeprefix("sqlite:///"))
    key = Path(f"{place}.key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    held = sqlite3.connect(place).execute("SELECT source, sealed FROM connections").fetchall()
    assert {source for source, _ in held} == {"crm", "ma"}
    assert not any(crm.settings["client_secret"].encode() in sealed for _, sealed in held)

    planned = run("--process", str(B2B), "plan")
    assert planned.returncode == 0, planned.stderr
    assert "name (empty) → 'Joe Miller'" in planned.stdout
    assert ma.leads() == []
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert "Joe Miller" in page
    assert "<script" not in page
    refused = run("apply", "plan.json", "--yes", "--at-most", "ma.create=0")
    assert refused.returncode == 1
    assert "ma: 1 create, and at most 0 are allowed" in refused.stderr
    unasked = run("apply", "plan.json")
    assert unasked.returncode == 1
    assert "no terminal to ask on" in unasked.stderr
    assert ma.leads() == []
    applied = run("apply", "plan.json", "--yes", "--by", "Ada")
    assert applied.returncode == 0, applied.stderr
    assert "exactly as planned" in applied.stdout
    assert [row["email"] for row in ma.leads()] == ["joe@acme.example"]
    assert "nothing is to be sent" in run("plan").stdout
    compared = run("compare", "crm")
    assert "nothing was missed" in compared.stdout, compared.stderr

    key.unlink()
    without = run("plan")
    assert without.returncode == 1
    assert f"{key} cannot be read" in without.stderr
    assert "settings are forgotten" in run("connect", "crm", "--forget").stdout


def test_what_cannot_be_reached_is_not_kept(crm, sqlite_url: str, tmp_path: Path):
    wrong = {**crm.settings, "client_secret": "wrong"}
    done = closeloop("--database", sqlite_url, "--process", str(B2B), "connect", "crm", *sets(wrong), cwd=tmp_path)
    assert done.returncode == 1
    assert "nothing was kept" in done.stderr
    assert "wrong" not in done.stdout
    listed = closeloop("--database", sqlite_url, "--process", str(B2B), "connect", cwd=tmp_path)
    assert "nothing yet: closeloop connect crm" in " ".join(listed.stdout.split())
    kept = closeloop(
        "--database", sqlite_url, "--process", str(B2B), "connect", "crm", *sets(wrong), "--untried", cwd=tmp_path
    )
    assert kept.returncode == 0
    assert "not tried" in kept.stdout


def test_on_postgresql_a_key_must_be_said(crm, postgres_url: str, tmp_path: Path):
    words = ("--database", postgres_url, "--process", str(B2B), "connect", "crm", *sets(crm.settings))
    without = closeloop(*words, cwd=tmp_path)
    assert without.returncode == 1
    assert "set CLOSELOOP_KEY" in without.stderr
    new = without.stderr.rsplit(maxsplit=1)[-1]
    assert closeloop(*words, cwd=tmp_path, CLOSELOOP_KEY=new).returncode == 0


def test_a_setting_that_there_is_not_is_named_with_the_near_match(sqlite_url: str, tmp_path: Path):
    words = ("--database", sqlite_url, "--process", str(B2B), "connect", "crm", "--set", "clientid=x")
    done = closeloop(*words, cwd=tmp_path)
    assert done.returncode == 1
    assert "crm: it has no setting 'clientid'; did you mean 'client_id'? valid are url, client_id," in done.stderr
    assert "page_size" in done.stderr


def test_asks_for_nothing_where_there_is_no_terminal(sqlite_url: str, tmp_path: Path):
    words = ("--database", sqlite_url, "--process", str(B2B), "connect")
    done = closeloop(*words, "crm", "--set", "url=https://x.example", cwd=tmp_path)
    assert "crm: client_id is not said" in done.stderr
    strange = closeloop(*words, "form", cwd=tmp_path)
    assert "'form' is no system that can be connected; b2b@7 has crm, ma, mail" in strange.stderr
