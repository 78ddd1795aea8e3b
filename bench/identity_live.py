"""Does a form fill find the person who is there already: look-ups beside four writers, cold and warm, both databases.

A look-up prepares what was said, reads candidates by their block keys, reads their traits and decides on each. Each
writer is a process that commits one new person after another, with a pause between. DATABASES chooses which databases.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from multiprocessing.synchronize import Event
from pathlib import Path

import msgspec
from bench.figures import Figure
from bench.identity_sets import CONTACT_FIELDS, Known
from sqlalchemy import Connection

from closeloop.db import Database, metadata, put
from closeloop.dedupe.prepared import prepare_table
from closeloop.identity.store.likeness import candidates, load_traits
from closeloop.identity.store.tables import block_keys, entities, traits
from closeloop.matching.bundle import Bundle, default_bundle
from support.postgres import NoPostgres, PostgresServer

PROJECT = Path(__file__).resolve().parents[1]
WRITERS = 4
PAUSE = 0.01
"""Seconds between two commits of a writer: some 300 new people a second in all."""
COLD, WARM = 200, 3_000
_AT_ONCE = 5_000

_Row = tuple[str, Mapping[str, str], Sequence[str]]


def measure_live(known: Known) -> list[Figure]:
    """p50 and p99 of a look-up."""
    n = len(known.table)
    var = PROJECT / "var"
    var.mkdir(exist_ok=True)
    figures = []
    for kind in os.environ.get("DATABASES", "sqlite,postgresql").split(","):
        # In the project's folder, not in /tmp, which may be memory: what is measured is the disk.
        with tempfile.TemporaryDirectory(prefix="bench-", dir=var) as folder:
            try:
                with _database(kind, Path(folder)) as (url, forget):
                    _fill(url, known)
                    forget()
                    for name, took in _look_ups(url, known).items():
                        for share in (50, 99):
                            value = 1000 * sorted(took)[len(took) * share // 100]
                            figures.append(Figure(f"look-up, {kind}, {name}, p{share}", n, value, "ms"))
            except NoPostgres as error:
                print(error, file=sys.stderr)
    return figures


@contextlib.contextmanager
def _database(kind: str, folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """The URL of an empty database, and what makes the machine forget the pages of its files."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/people.db", partial(_forget, folder)
        return
    with PostgresServer() as server:
        url = server.create_database("people")
        database = Database(url)
        with database.read() as connection:
            data = Path(connection.exec_driver_sql("SHOW data_directory").scalar_one())
        database.close()

        def forget() -> None:
            server.stop()
            _forget(data)
            server.start()

        yield url, forget


def _forget(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _fill(url: str, known: Known) -> None:
    bundle = default_bundle()
    prepared = prepare_table(known.table, bundle.spec)
    columns = {
        name: (column.indices.to_pylist(), column.dictionary.to_pylist()) for name, column in prepared.columns.items()
    }
    database = Database(url)
    try:
        metadata.create_all(database.engine)
        rows: list[_Row] = []
        for row in range(prepared.n):
            said = {name: values[code] for name, (codes, values) in columns.items() if (code := codes[row]) is not None}
            rows.append((f"{row:036x}", said, bundle.keys(said)))
            if len(rows) == _AT_ONCE or row == prepared.n - 1:
                with database.write() as connection:
                    _put(connection, rows, bundle)
                rows = []
        with database.write() as connection:
            connection.exec_driver_sql("ANALYZE")
    finally:
        database.close()


def _put(connection: Connection, rows: Sequence[_Row], bundle: Bundle) -> None:
    people = [(entity, "person", entity, 0, "m") for entity, _, _ in rows]
    put(connection, entities, ("id", "kind", "root_id", "created_at", "message_id"), people)
    compared = [(entity, "{}", msgspec.json.encode(said).decode(), bundle.signed, "m") for entity, said, _ in rows]
    put(connection, traits, ("entity_id", "given", "traits", "bundle", "message_id"), compared)
    put(connection, block_keys, ("key", "entity_id"), sorted({(key, each[0]) for each in rows for key in each[2]}))


def _look_ups(url: str, known: Known) -> dict[str, list[float]]:
    """Seconds of each look-up: the first ones after the files were forgotten, and those when it has warmed up."""
    n = len(known.table)
    # The generator shuffled its rows.
    chosen = list(range(0, n, max(1, n // (COLD + 2 * WARM))))[: COLD + 2 * WARM]
    rows = known.table.select(CONTACT_FIELDS).take(chosen).to_pylist()
    asked = [{field: value or "" for field, value in row.items()} for row in rows]
    bundle = default_bundle()
    processes = multiprocessing.get_context("spawn")
    stop = processes.Event()
    writers = [processes.Process(target=_write, args=(url, asked[:500], at, stop)) for at in range(WRITERS)]
    database = Database(url)
    try:
        for writer in writers:
            writer.start()
        time.sleep(3)
        took = []
        for said in asked:
            start = time.perf_counter()
            with database.read() as connection:
                _find(connection, said, bundle, n)
            took.append(time.perf_counter() - start)
        return {"cold": took[:COLD], "warm": took[-WARM:]}
    finally:
        stop.set()
        for writer in writers:
            writer.join()
        database.close()


def _find(connection: Connection, said: Mapping[str, str], bundle: Bundle, n_people: int) -> list[str]:
    stated = bundle.prepare(said)
    found = candidates(connection, bundle.keys(stated), bundle.spec.most_per_key)
    roots = {root for holders in found.values() for root in holders.values()}
    same = []
    for root, members in load_traits(connection, roots, bundle).items():
        if any(bundle.decide(stated, each, n_people)[0].band == "same" for each in members.values()):
            same.append(root)
    return same


def _write(url: str, said: Sequence[Mapping[str, str]], writer: int, stop: Event) -> None:
    bundle, database = default_bundle(), Database(url)
    number = 0
    while not stop.is_set():
        # Another last name, so that no block key grows beyond what it was.
        given = {**said[number % len(said)], "last_name": f"newcomer {writer} {number}", "email": "", "phone": ""}
        stated = bundle.prepare(given)
        with database.write() as connection:
            _put(connection, [(f"w{writer}-{number:033x}", stated, bundle.keys(stated))], bundle)
        number += 1
        time.sleep(PAUSE)
    database.close()
