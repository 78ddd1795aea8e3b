"""F7 against a real Tryton: hubs and servers in several zones, late and equal stamps, the same ledger."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support.tryton_server import TrytonServer, serving

TESTS = Path(__file__).parents[1]
STARTS, ENDS = "2026-03-29", "2026-10-25"
"""The days on which the clocks of Berlin, where the company is, change."""
LATE, EQUAL = "late@tim.example", [f"ann{n}@equal{n}.example" for n in range(7)]


class Reader:
    """A hub in a zone, reading; see `support.sides.tryton_ledger`."""

    def __init__(self, url: str, zone: str, settings: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.sides.tryton_ledger", url, json.dumps({**settings, "page_size": "3"})],
            cwd=TESTS, env={**os.environ, "TZ": zone}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def says(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def go_on(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def ledger(self) -> dict[str, list[str]]:
        said, complaint = self._process.communicate("\n", timeout=150)
        assert self._process.returncode == 0, complaint[-2000:]
        return dict(json.loads(said.splitlines()[-1]))

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


@contextmanager
def readers(tmp_path: Path, each: Sequence[tuple[str, Mapping[str, str]]]) -> Iterator[list[Reader]]:
    """Hubs, each in a zone and with settings, that have all said that they are ready."""
    with ExitStack() as stack:
        found = []
        for n, (zone, settings) in enumerate(each):
            found.append(Reader(f"sqlite:///{tmp_path}/{n}.db", zone, settings))
            stack.callback(found[-1].end)
        assert [reader.says() for reader in found] == ["ready"] * len(found)
        yield found


def tell(server: TrytonServer, all_of_them: Sequence[Reader]) -> list[dict[str, list[str]]]:
    """Seven persons and a deal in one second, read; then one with the stamp of that second, committed late."""
    second = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    time.sleep((second - datetime.now(UTC)).total_seconds())
    [person] = server.call("model.party.category.search", [["name", "=", "Person"]], 0, None, None)
    people = enter(server, person, *EQUAL)
    deal = server.create(
        "sale.opportunity", description="Pumps over the change", party=people[0], start_date=day(STARTS),
        end_date=day(ENDS),
    )  # fmt: skip
    stamp(server, second, people, [deal])
    time.sleep(max(0.0, (second + timedelta(seconds=2) - datetime.now(UTC)).total_seconds()))
    for reader in all_of_them:
        reader.go_on()
    assert [reader.says() for reader in all_of_them] == ["read"] * len(all_of_them)
    stamp(server, second, enter(server, person, LATE), [])
    return [reader.ledger() for reader in all_of_them]


def enter(server: TrytonServer, person: int, *emails: str) -> list[int]:
    rows = [
        {
            "name": f"Ann {email.partition('@')[0].title()}",
            "categories": [["add", [person]]],
            "contact_mechanisms": [["create", [{"type": "email", "value": email}]]],
        }
        for email in emails
    ]
    return [int(one) for one in server.call("model.party.party.create", rows)]


def day(text: str) -> dict[str, object]:
    year, month, number = map(int, text.split("-"))
    return {"__class__": "date", "year": year, "month": month, "day": number}


def stamp(server: TrytonServer, at: datetime, parties: Sequence[int], deals: Sequence[int]) -> None:
    """As if it had been written at this moment and committed only now."""
    said, ids = f"{at:%Y-%m-%d %H:%M:%S}", ", ".join(map(str, parties))
    with closing(sqlite3.connect(server.folder / "crm.sqlite", timeout=20)) as database, database:
        for table, where in (
            ("party_party", f"id IN ({ids})"),
            ("party_contact_mechanism", f"party IN ({ids})"),
            ("sale_opportunity", f"id IN ({', '.join(map(str, deals)) or 'NULL'})"),
        ):
            database.execute(f"UPDATE {table} SET create_date = ?, write_date = NULL WHERE {where}", [said])


def missed(ledger: Mapping[str, Sequence[str]]) -> list[str]:
    return [email for email in (LATE, *EQUAL) if not any(email in row for row in ledger["winners"])]


@pytest.fixture(scope="module")
def ledgers(tryton: TrytonServer, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, list[str]]]:
    """Of hubs in three zones, two of them reading from a server in a fourth; and of one that never looks back."""
    with serving(tryton.folder, "America/Los_Angeles") as elsewhere:
        there = {**tryton.settings, "url": elsewhere}
        hubs = [("Pacific/Kiritimati", tryton.settings), ("America/Los_Angeles", there), ("UTC", there)]
        hasty = ("UTC", {**tryton.settings, "look_back_seconds": "0"})
        with readers(tmp_path_factory.mktemp("zones"), [*hubs, hasty]) as four:
            return tell(tryton, four)


def test_hubs_and_servers_in_several_zones_make_the_same_ledger_and_miss_nothing(ledgers):
    first, second, third, _ = ledgers
    assert first == second == third
    assert missed(first) == []
    assert not any("failed" in row for row in first["messages"])


def test_a_date_never_shifts(ledgers):
    for ledger in ledgers:
        dates = sorted(row for row in ledger["winners"] if "_date" in row)
        assert [ENDS in dates[0], STARTS in dates[1], len(dates)] == [True, True, 2]


def test_control_without_looking_back_what_is_committed_late_is_missed(ledgers):
    assert missed(ledgers[-1]) == [LATE]
