"""The whole road with 1,000, 10,000 and 100,000 people known, against plain loops in the same database.

`python -m bench.road` from the project's folder, with --json for one object a line. SECONDS is the length of a round,
SIZES the numbers of people, and DATABASES which of sqlite and postgresql are measured.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from bench import loops
from bench.figures import Figure, fsyncs_a_second, interleaved, tell
from bench.visits import EVENTS_A_REQUEST, Site, requests

from closeloop.db import Database, metadata
from closeloop.flow import BATCH, Hub
from closeloop.process.load import load
from closeloop.words.moment import SystemClock
from support.postgres import NoPostgres, PostgresServer

PROJECT = Path(__file__).resolve().parents[1]
SIZES = tuple(int(size) for size in os.environ.get("SIZES", "1000,10000,100000").split(","))
TAKEN_AT_ONCE = 50
"""Requests that share one commit of the door: 1,000 events, as in the plain loop."""


def measure(seconds: float = 2.0) -> list[Figure]:
    """Five rounds in which the road and the loops take turns at each size.

    Args:
        seconds: how long the road runs in a turn; a loop runs for half of that, since it sees many more events.
    """
    # In the project's folder, not in /tmp, which may be memory: what is measured is the disk.
    var = PROJECT / "var"
    var.mkdir(exist_ok=True)
    figures = []
    for kind in os.environ.get("DATABASES", "sqlite,postgresql").split(","):
        with tempfile.TemporaryDirectory(prefix="bench-", dir=var) as folder:
            try:
                with _databases(kind, Path(folder)) as databases:
                    figures.append(Figure(f"fsync, {kind}", 1, fsyncs_a_second(Path(folder)), "fsyncs/s"))
                    figures += _measure(kind, databases, seconds)
            except NoPostgres as error:
                print(error, file=sys.stderr)
    return figures


@contextlib.contextmanager
def _databases(kind: str, folder: Path) -> Iterator[dict[int, Database]]:
    """An empty database for each size; all on one server."""
    with contextlib.ExitStack() as stack:
        if kind == "sqlite":
            urls = {size: f"sqlite:///{folder}/{size}.db" for size in SIZES}
        else:
            server = stack.enter_context(PostgresServer())
            urls = {size: server.create_database(f"bench_{size}") for size in SIZES}
        databases = {size: Database(url) for size, url in urls.items()}
        for database in databases.values():
            stack.callback(database.close)
        yield databases


def _measure(kind: str, databases: dict[int, Database], seconds: float) -> list[Figure]:
    gc.freeze()  # as `Crew.start` does
    smallest, largest = min(databases), max(databases)
    contestants = {"insert": partial(loops.insert_events, databases[smallest], Site(smallest, seed=1), seconds / 2)}
    for size, database in databases.items():
        site = Site(0, seed=size)
        hub = _hub(database, site, size)
        loops.begin(database, size)
        contestants[f"look-up {size}"] = partial(loops.look_up_and_upsert, database, Site(size, seed=2), seconds / 2)
        contestants[f"road {size}"] = partial(_walk, hub, site, seconds)
    rates = interleaved(contestants)
    plain = rates["insert"]
    figures = [
        Figure(f"road, {kind}", size, road, "events/s", plain, road / plain)
        for size in databases
        for road in [rates[f"road {size}"]]
    ]
    figures += [Figure(f"look-up, {kind}", size, rates[f"look-up {size}"], "events/s") for size in databases]
    road, loop = (rates[f"{name} {smallest}"] / rates[f"{name} {largest}"] for name in ("road", "look-up"))
    return [*figures, Figure(f"growth, {kind}", largest, road, f"times the cost at {smallest:,}", loop, road / loop)]


def _hub(database: Database, site: Site, n_people: int) -> Hub:
    """A hub that has got to know this many people by the road itself."""
    clock = SystemClock()
    metadata.create_all(database.engine)
    hub = Hub(database, load(PROJECT / "processes" / "b2b.yaml"), clock)
    hub.begin()
    newcomers = requests(site.newcomers(n_people, clock.now()), clock.now(), "bulk")
    while taken := list(islice(newcomers, BATCH)):
        hub.take_in(taken)
        hub.decide("bulk")
    return hub


def _walk(hub: Hub, site: Site, seconds: float) -> float:
    """Events a second from the door's commit to the commit of the outbox."""
    n, took = 0, 0.0
    incoming = requests(site.visits(hub.now()), hub.now())
    while took < seconds:
        groups = [list(islice(incoming, TAKEN_AT_ONCE)) for _ in range(BATCH // TAKEN_AT_ONCE)]
        start = time.perf_counter()
        for group in groups:
            hub.take_in(group)
        while hub.decide():
            pass
        took += time.perf_counter() - start
        n += BATCH * EVENTS_A_REQUEST
    return n / took


if __name__ == "__main__":
    tell(measure(float(os.environ.get("SECONDS", "2"))), as_json="--json" in sys.argv)
