"""`closeloop simulate`: a newcomer connects to a vendor that was started by hand, with what it says to paste."""

from __future__ import annotations

import importlib
import re
import shlex
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from closeloop.connectors import salesforce
from closeloop.ports import Connector
from closeloop.words.errors import BadInput, Transient
from closeloop.words.moment import SystemClock
from support.command import Running, closeloop

pytestmark = pytest.mark.without_tables

CONTACTS = """First Name,LastName,Email,Title,OwnerId,CreatedDate
Joe,Miller,joe@acme.example,CTO,0055g00000S0005AAB,2024-01-01
Ada,Byron,ada@engines.example,,,
"""


@pytest.fixture
def vendor(tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "contacts.csv").write_text(CONTACTS)
    words = ("simulate", "salesforce", "--port", "0", "--records", "Contact=contacts.csv", "--calls-a-day", "60")
    with Running(*words, cwd=tmp_path, until="Ctrl-C ends it") as running:
        yield running


def end(vendor: Running) -> Connector:
    """A connector by the variables that the vendor says to set."""
    lines = [shlex.split(line)[1].split("=", 1) for line in vendor.lines if line.startswith("export CLOSELOOP_CRM_")]
    settings = {name.removeprefix("CLOSELOOP_CRM_").lower(): value for name, value in lines}
    return salesforce.connect(settings, SystemClock())


def test_what_it_says_to_paste_connects_where_nothing_was_before(vendor: Running, tmp_path: Path):
    assert "  Contact: 2 records of contacts.csv, without CreatedDate, which salesforce says itself" in vendor.lines
    named, connect = (
        next(line for line in vendor.lines if begin in line) for begin in ("CLOSELOOP_PROCESS", " connect ")
    )
    name, _, file = shlex.split(named)[1].partition("=")
    done = closeloop(*shlex.split(connect)[1:], cwd=tmp_path, **{name: file})
    assert done.returncode == 0, done.stderr
    assert re.search(r"Contact +│ person +│ 2 ", done.stdout)
    assert "21 may own records there" in done.stdout  # 19 of the team, who brought the records in, and the hub
    crm = end(vendor)
    assert {record.fields["Email"] for record in crm.scan("Contact", None).records} == {
        "joe@acme.example", "ada@engines.example",
    }  # fmt: skip
    with pytest.raises(Transient, match="REQUEST_LIMIT_EXCEEDED"):
        read_often(crm)
    crm.close()
    assert vendor.stop(signal.SIGINT) == 0
    assert re.fullmatch(r"ended after [\d,]+ calls; what it held is gone", vendor.lines[-1])


def read_often(crm: Connector) -> None:
    for _ in range(60):
        crm.scan("Contact", None)


def refused(*words: str) -> str:
    done = CliRunner().invoke(importlib.import_module("closeloop.app").cli, ["simulate", *words])
    assert isinstance(done.exception, BadInput)
    assert done.stdout == ""
    return str(done.exception)


def test_says_that_its_port_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused("marketo", "--port", str(port))
    assert said == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use; "
        "stop what listens there, or choose another with --port"
    )


def test_names_what_can_be_simulated():
    done = CliRunner().invoke(importlib.import_module("closeloop.app").cli, ["simulate", "hubspot"])
    assert done.exit_code == 2
    assert "'hubspot' is not one of" in done.stderr


def test_does_not_start_with_records_that_do_not_fit(tmp_path: Path):
    (tmp_path / "bad.csv").write_text("email,firstName\nada,Ada\n")
    said = refused("marketo", "--port", "0", "--records", f"Lead={tmp_path / 'bad.csv'}")
    assert said == f"{tmp_path / 'bad.csv'}:2: Invalid value 'ada'. Required of type 'email'"
