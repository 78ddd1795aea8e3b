"""Merging an export into what is known: by sets in the database, against loops that leave the identical database."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import zip_longest
from pathlib import Path
from statistics import median
from typing import Any

from bench.figures import Figure
from bench.sync_loop import merge_by_loop
from bench.sync_people import STAGED, people_process, settle_people, stage_export
from bench.sync_processor import Processor
from sqlalchemy import Connection, Table, event, select

from closeloop.db import Database
from closeloop.record import store
from support.postgres import PostgresServer

_PHASES = {
    "INSERT INTO settling_news": "finding what is news", "INSERT INTO field_values": "values",
    "INSERT INTO settling_roots": "whom it concerns", "INSERT INTO settling_best": "resolving",
    "INSERT INTO settled": "explaining",
    "INSERT INTO winners": "winners", "COMMIT": "commit",
}  # fmt: skip


LOOPS = os.environ.get("LOOPS", "plain,careful").split(",")


def measure_survivorship(kind: str, folder: Path, server: PostgresServer | None, n: int) -> list[Figure]:
    """Rows of ten fields a second, by the clock and by the processor, against the plain and the careful loop."""
    first = folder / f"people-{n}.db"
    url = server.create_database(f"people_{n}") if server else f"sqlite:///{first}"
    began = Database(url)
    settle_people(began, n)
    stage_export(began, n)
    began.close()
    process = people_process()
    runs: dict[str, Callable[[Database], object]] = {
        "sets": lambda database: _by_sets(database, f"survivorship, {kind}, {n:,}"),
        **{name: partial(merge_by_loop, process=process, careful=name == "careful") for name in LOOPS},
    }
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    rounds = 3 if n <= 10_000 else 1
    for turn in range(rounds):
        left: dict[str, Database] = {}
        for name in list(runs)[turn:] + list(runs)[:turn]:
            left[name] = _copy(folder, server, n, name)
            took[name].append(_timed(runs[name], left[name], server))
        if turn == rounds - 1:
            _same(left)
        for name, database in left.items():
            database.close()
            _remove(folder, server, n, name)
    _remove(folder, server, n, "")
    figures = []
    for at, unit in enumerate(("rows/s", "rows/processor s")):
        ours, *loops = (n / median(each[at] for each in took[name]) for name in runs)
        figures += [
            Figure(f"survivorship, {kind}, {name} loop", n, ours, unit, loop, ours / loop)
            for name, loop in zip(LOOPS, loops, strict=True)
        ]
    return figures


def _by_sets(database: Database, title: str) -> None:
    spent: Counter[str] = Counter()
    with _phases(database, spent), database.write() as connection:
        store.apply_set(connection, STAGED, people_process())
        committing = time.perf_counter()
    spent["commit"] += time.perf_counter() - committing
    whole = sum(spent.values())
    said = ", ".join(f"{name} {took / whole:.0%}" for name, took in spent.most_common())
    print(f"{title}: {said}", file=sys.stderr)


class _phases:  # noqa: N801 - a context manager, read as a word
    """Seconds that each kind of statement took."""

    def __init__(self, database: Database, spent: Counter[str]) -> None:
        self._engine, self._spent, self._began = database.engine, spent, 0.0

    def __enter__(self) -> None:
        event.listen(self._engine, "before_cursor_execute", self._before)
        event.listen(self._engine, "after_cursor_execute", self._after)

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._before)
        event.remove(self._engine, "after_cursor_execute", self._after)

    def _before(self, *_: object) -> None:
        self._began = time.perf_counter()

    def _after(self, _connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        said = statement.strip()
        name = next((name for start, name in _PHASES.items() if said.startswith(start)), "the rest")
        self._spent[name] += time.perf_counter() - self._began


def _timed(run: Callable[[Database], object], database: Database, server: PostgresServer | None) -> tuple[float, float]:
    processor = Processor(database if server else None)
    before, began = processor.seconds(), time.perf_counter()
    run(database)
    return time.perf_counter() - began, processor.seconds() - before


def _copy(folder: Path, server: PostgresServer | None, n: int, name: str) -> Database:
    if server:
        database = Database(server.create_database(f"people_{n}_{name}", template=f"people_{n}"))
    else:
        shutil.copyfile(folder / f"people-{n}.db", folder / f"people-{n}{name}.db")
        database = Database(f"sqlite:///{folder}/people-{n}{name}.db")
    database.ping()
    return database


def _remove(folder: Path, server: PostgresServer | None, n: int, name: str) -> None:
    if server:
        server.drop_database(f"people_{n}" + (f"_{name}" if name else ""))
        return
    for path in folder.glob(f"people-{n}{name}.db*"):
        path.unlink()


def _same(left: dict[str, Database]) -> None:
    """Compare both tables of all databases row for row."""
    for table in (store.field_values, store.winners):
        readers = [_rows(database, table) for database in left.values()]
        for rows in zip_longest(*readers):
            if len(set(rows)) != 1:
                raise SystemExit(f"{table.name} differs among {', '.join(left)}: {rows}")


def _rows(database: Database, table: Table) -> Iterator[tuple[Any, ...]]:
    with database.read() as connection:
        found = connection.execution_options(yield_per=10_000).execute(select(table).order_by(*table.primary_key))
        yield from (tuple(row) for row in found)
