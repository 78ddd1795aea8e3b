"""How many calls a vendor sees for a thousand records that are made or changed, against what it takes at once.

For each connector whose calls are counted the hub sends a thousand people there and then changes them all: as it does
by itself, and as `apply --bulk` asks it to. Salesforce, Marketo and Eloqua are simulated, Tryton is the real server,
SQL a real database, and a small vendor of our own takes what a declaration says. What is asked once for each connection
(descriptions of fields, what the vendor allows) is asked before. Files cost no calls.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from bench.figures import Figure
from sqlalchemy import create_engine, text

from closeloop.connectors import eloqua, marketo, rest, salesforce, sql, tryton
from closeloop.outbox import store as outbox_store
from closeloop.outbox.nouns import Planned, Way
from closeloop.ports import Clock, Command, Connector, Ref, Value, Verb
from closeloop.words.moment import SystemClock
from support import erp, small_vendor
from support.road import Road, road_on
from support.tryton_server import HOME, LACKING, running_tryton

N = 1_000
_Fields = Callable[[int], Mapping[str, Value]]
_WAYS: Mapping[str, Way] = {"": "usual", ", bulk": "bulk"}


def measure_calls() -> list[Figure]:
    """Calls made over calls needed, for each vendor: made and changed as it comes, and in bulk where it has that."""
    clock = SystemClock()
    figures = []
    for name, (simulate, connect, *said) in _VENDORS.items():
        if name == "tryton" and not (HOME / "ready").exists():
            print(f"tryton: {LACKING}", file=sys.stderr)
            continue
        for told, way in _WAYS.items():
            with (
                tempfile.TemporaryDirectory(prefix="bench-") as folder,
                simulate(clock) as simulator,
                closing(connect(simulator.settings, clock)) as connector,
                road_on(f"sqlite:///{Path(folder) / 'calls.db'}", clock=clock) as road,
            ):
                if way == "usual" or connector.bulk_size:
                    figures += _calls(name + "{}" + told, road, connector, *said, way=way)
    return figures


def _calls(
    name: str,
    road: Road,
    connector: Connector,
    object_name: str,
    fields: _Fields,
    change: _Fields,
    least: Mapping[str, int] | None,
    *,
    way: Way,
) -> list[Figure]:
    def made(number: int) -> Command:
        our_key = f"closeloop-{number}"
        return Command(f"make {number}", Verb.CREATE, object_name, our_key=our_key, fields=fields(number))

    def changed(number: int, ref: Ref) -> Command:
        return Command(f"change {number}", Verb.UPDATE, object_name, ref, fields=change(number))

    [first] = _send(road, connector, [made(N)], way)
    _send(road, connector, [changed(N, first)], way)
    before = connector.calls
    refs = _send(road, connector, [made(number) for number in range(N)], way)
    between = connector.calls
    _send(road, connector, [changed(number, ref) for number, ref in enumerate(refs)], way)
    needed = least or dict.fromkeys(("made", "changed"), ceil(N / connector.batch_size))
    return [
        Figure(f"calls, {name.format(f', {what}')}", N, calls, "calls", needed[what], calls / needed[what])
        for what, calls in (("made", between - before), ("changed", connector.calls - between))
    ]


def _send(road: Road, connector: Connector, commands: list[Command], way: Way) -> list[Ref]:
    """Send these through the hub; the records that they made or changed."""
    with road.database.write() as connection:
        planned = [Planned("crm", command, "bench", "bench") for command in commands]
        outbox_store.plan(connection, planned, road.clock.now())
    while road.hub.deliver("crm", connector, "bench", way) + road.hub.decide():
        pass
    keys = {command.key for command in commands}
    found = {
        str(key): Ref(str(name), str(id_))
        for key, name, id_, state in road.rows("SELECT key, object, answer_id, state FROM commands")
        if key in keys and state == "done"
    }
    if len(found) < len(keys):
        raise SystemExit(f"{connector.system}: {len(keys) - len(found)} of {len(keys)} were not done")
    return [found[command.key] for command in commands]


@dataclass(frozen=True)
class _There:
    """A vendor that is not one of our simulators."""

    settings: Mapping[str, str]


@contextmanager
def _real_tryton(_clock: Clock) -> Iterator[_There]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, running_tryton(Path(folder)) as server:
        yield _There(server.settings)


@contextmanager
def _database(_clock: Clock) -> Iterator[_There]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'erp.db'}"
        engine = create_engine(url)
        with engine.begin() as connection:
            for statement in erp.TABLES.format(serial="INTEGER PRIMARY KEY", true="1").split(";"):
                connection.execute(text(statement))
        engine.dispose()
        yield _There({"url": url, "declared": erp.DECLARED, "declared_file": "erp.yaml"})


@contextmanager
def _declared(clock: Clock) -> Iterator[_There]:
    with small_vendor.SmallVendor(clock).serve() as vendor:
        yield _There({"url": vendor.url, "name": "small", "declared": small_vendor.DECLARED})


_VENDORS: dict[str, tuple[Any, Any, str, _Fields, _Fields, Mapping[str, int] | None]] = {
    "salesforce": (
        lambda clock: salesforce.simulate(clock, {}), salesforce.connect, "Lead",
        lambda number: {"LastName": f"Person {number}", "Company": "Acme", "Email": f"person{number}@acme.example"},
        lambda number: {"Title": f"Buyer {number}"}, None,
    ),
    "marketo": (
        marketo.simulate, marketo.connect, "Lead",
        lambda number: {"email": f"person{number}@acme.example", "lastName": f"Person {number}"},
        lambda number: {"title": f"Buyer {number}"}, None,
    ),
    "eloqua": (
        eloqua.simulate, eloqua.connect, "Lead",
        lambda number: {"email": f"person{number}@acme.example", "last_name": f"Person {number}"},
        lambda number: {"title": f"Buyer {number}"},
        # An import is defined, filled and looked at; the ids of those that it made take an export of four calls.
        {"made": 7, "changed": 3},
    ),
    "tryton": (
        _real_tryton, tryton.connect, "Contact",
        lambda number: {"name": f"Person {number}", "email": f"person{number}@acme.example"},
        lambda number: {"name": f"Buyer {number}"},
        # A change takes two calls a batch: what is there is read first, and sent back as the lock that Tryton keeps.
        {"made": ceil(N / tryton.Tryton.batch_size), "changed": 2 * ceil(N / tryton.Tryton.batch_size)},
    ),
    "sql": (
        _database, sql.connect, "Contact",
        lambda number: {"Email": f"person{number}@acme.example", "Name": f"Person {number}"},
        lambda number: {"Name": f"Buyer {number}"}, None,
    ),
    "rest, one record a call": (
        _declared, rest.connect, "Contact",
        lambda number: {"Email": f"person{number}@acme.example", "Name": f"Person {number}"},
        lambda number: {"Name": f"Buyer {number}"},
        dict.fromkeys(("made", "changed"), N),
    ),
}  # fmt: skip
