"""A real Tryton on loopback, with a copy of the prepared database: one company, two sellers, two countries."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

HOME = Path(__file__).resolve().parents[2] / ".venv" / "tryton"
LACKING = "needs a real Tryton in .venv/tryton: `make test` brings it, or `make .venv/tryton/ready` once"
_SECRET = "hub-secret-of-tests"
_PATIENCE_SECONDS = 60
_GROUPS = ("Sales", "Sale Opportunity", "Party Administration")


@dataclass(slots=True)
class TrytonServer:
    """A server that runs. `sato` and `mori` are ids of employees, `settings` are for `connect`."""

    url: str
    password: str
    http: httpx2.Client
    folder: Path
    """Where its database is: crm.sqlite."""
    user: str = "admin"
    company: int = 0
    sato: str = ""
    mori: str = ""
    hub: int = 0
    _session: str = ""

    @property
    def settings(self) -> dict[str, str]:
        return {"url": self.url, "database": "crm", "username": "hub", "password": _SECRET}

    def call(self, method: str, *params: object) -> Any:
        """A call as somebody who works in Tryton would cause it."""
        if not self._session:
            user_id, token, _ = self._post("common.db.login", [self.user, {"password": self.password}], {})
            self._session = base64.b64encode(f"{self.user}:{user_id}:{token}".encode()).decode()
        context = {"company": self.company} if self.company else {}
        return self._post(method, [*params, context], {"Authorization": f"Session {self._session}"})

    def create(self, model: str, **values: object) -> int:
        """A record made by somebody else; its id."""
        return int(self.call(f"model.{model}.create", [values])[0])

    def write(self, model: str, record: int, **values: object) -> None:
        """A record changed by somebody else."""
        self.call(f"model.{model}.write", [record], values)

    def read(self, model: str, record: int, *names: str) -> Mapping[str, Any]:
        """A record's fields as Tryton gives them."""
        row: Mapping[str, Any] = self.call(f"model.{model}.read", [record], [*names])[0]
        return row

    def _post(self, method: str, params: list[object], headers: Mapping[str, str]) -> Any:
        body = {"id": 1, "method": method, "params": params}
        said = self.http.post(f"{self.url}/crm/rpc/", json=body, headers=dict(headers)).raise_for_status().json()
        assert "result" in said, f"{method}: {said['error'][:2]}"
        return said["result"]


@pytest.fixture(scope="session")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    """One real Tryton for all tests: each knows its own records by their names or ids."""
    if not (HOME / "ready").exists():
        pytest.skip(LACKING)
    with running_tryton(tmp_path_factory.mktemp("tryton")) as server:
        yield server


@contextmanager
def running_tryton(folder: Path) -> Iterator[TrytonServer]:
    """A server with a database of its own in `folder`, far east of Greenwich, until the block ends."""
    template = HOME / "template"
    shutil.copy(template / "crm.sqlite", folder / "crm.sqlite")
    password = (template / "password").read_text(encoding="utf-8").strip()
    with serving(folder, "Asia/Tokyo") as url, httpx2.Client(timeout=60) as http:
        server = TrytonServer(url, password, http, folder)
        _furnish(server)
        yield server


@contextmanager
def serving(folder: Path, zone: str) -> Iterator[str]:
    """Tryton's own process for the database in this folder, in this time zone, perhaps beside others; its address."""
    configuration = folder / "tryton.conf"
    configuration.write_text(
        f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:0\n", encoding="utf-8"
    )
    log = folder / f"log of {zone.replace('/', ' ')}"
    command = [str(HOME / "bin" / "trytond"), "-c", str(configuration), "-d", "crm"]
    with log.open("wb") as written:
        process = subprocess.Popen(
            command, stdout=written, stderr=written, env={**os.environ, "TZ": zone, "PYTHONUNBUFFERED": "1"}
        )
    try:
        yield _address(log, process)
    finally:
        process.terminate()
        process.wait()


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    for _ in range(_PATIENCE_SECONDS * 20):
        if found := re.search(r"Running on (http://127\.0\.0\.1:\d+)", log.read_text(encoding="utf-8")):
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"Tryton did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")


def _furnish(server: TrytonServer) -> None:
    euro = server.create("currency.currency", name="Euro", code="EUR", symbol="€")
    server.create(
        "currency.currency",
        name="Yen",
        code="JPY",
        symbol="¥",
        digits=0,
        rounding={"__class__": "Decimal", "decimal": "1"},
    )
    for name, code in (("Germany", "DE"), ("Japan", "JP")):
        server.create("country.country", name=name, code=code)
    ours = server.create("party.party", name="Ours")
    company = server.create("company.company", party=ours, currency=euro, timezone="Europe/Berlin")
    server.write("res.user", 1, companies=[["add", [company]]], company=company)
    server.company = company
    server.create("party.category", name="Person")
    server.create("party.relation.type", name="Works for")
    for name in ("sato", "mori"):
        party = server.create("party.party", name=name.title())
        setattr(server, name, str(server.create("company.employee", party=party, company=company)))
    groups = server.call("model.res.group.search", [["name", "in", list(_GROUPS)]], 0, None, None)
    access: dict[str, object] = {"companies": [["add", [company]]], "company": company, "groups": [["add", groups]]}
    server.hub = server.create("res.user", name="Closeloop", login="hub", password=_SECRET, **access)
