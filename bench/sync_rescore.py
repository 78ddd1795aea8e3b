"""A changed process on the base: by sets, against the road's own loop over the same people, with the same outcome.

Winners settled anew, sums of interest made anew, and the fit lines and the gate asked of everybody: each by the parts
that `closeloop rescore` takes, and in batches of 200 people as the road does when they move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench.figures import Figure
from bench.sync_people import people_process, settle_people
from bench.sync_processor import Processor
from sqlalchemy import Connection, select, text

from closeloop.db import Database, metadata
from closeloop.process.load import load
from closeloop.process.nouns import Process
from closeloop.profile import store as profile_store
from closeloop.profile.store.anew import rebuild_part
from closeloop.profile.store.asked import Asked
from closeloop.record import store
from closeloop.record.settle import settle
from closeloop.record.store.anew import Part, settle_part
from closeloop.rescoring import PART, ask, ask_one_by_one
from support.postgres import PostgresServer

PROJECT = Path(__file__).resolve().parents[1]
ROAD = 200
"""People in a batch of the road."""
NOW = datetime(2026, 2, 1, tzinfo=UTC)
TIMES = (1, 10, 100)


def measure_rescore(kind: str, folder: Path, server: PostgresServer | None, n: int) -> list[Figure]:
    """People a second by sets, against the loop, at once, ten and a hundred times the size."""
    figures = []
    for size in (n * times for times in TIMES):
        name = f"rescore_{size}"
        database = Database(server.create_database(name) if server else f"sqlite:///{folder / name}.db")
        metadata.create_all(database.engine)
        _begin(database, size)
        for what, (by_sets, by_loop) in _CONTESTS.items():
            took = _turns(database, by_sets, by_loop, 3 if size <= 10_000 else 1)
            ours, theirs = (size / median(each) for each in took)
            figures.append(Figure(f"re-score, {what}, {kind}", size, ours, "people/s", theirs, ours / theirs))
        database.close()
    return figures


Job = Callable[[Connection, Process, Sequence[str]], object]


def _settled(connection: Connection, process: Process, ids: Sequence[str]) -> None:
    for after, last in _bounds(ids):
        settle_part(connection, process, Part("person", after, last))


def _settled_by_loop(connection: Connection, process: Process, ids: Sequence[str]) -> None:
    for some in _batches(ids):
        values, old = store.load_values(connection, some), store.load_settled(connection, some)
        store.save_winners(connection, settle(dict.fromkeys(some, "person"), values, old, process))


def _summed(connection: Connection, process: Process, ids: Sequence[str]) -> None:
    for after, last in _bounds(ids):
        rebuild_part(connection, process, [line.id for line in process.interest], after, last)


def _summed_by_loop(connection: Connection, process: Process, ids: Sequence[str]) -> None:
    members = list(connection.execute(text("SELECT id FROM entities ORDER BY id")).scalars())
    for some in _batches(members if ids else ()):
        profile_store.rebuild(connection, some, process)


def _asked(connection: Connection, process: Process, ids: Sequence[str]) -> None:
    for after, last in _bounds(ids):
        if reasons := ask(connection, process, Part("person", after, last), NOW).reasons:
            raise SystemExit(f"the base is meant to be asked in SQL: {dict(reasons)}")


def _asked_by_loop(connection: Connection, process: Process, ids: Sequence[str]) -> None:
    for some in _batches(ids):
        ask_one_by_one(connection, process, some, NOW, Asked())


_CONTESTS: Mapping[str, tuple[Job, Job]] = {
    "winners": (_settled, _settled_by_loop),
    "sums": (_summed, _summed_by_loop),
    "gate and fit": (_asked, _asked_by_loop),
}
"""What is done → by sets, and by the loop."""


def _turns(database: Database, by_sets: Job, by_loop: Job, rounds: int) -> tuple[list[float], list[float]]:
    """Processor seconds of both, each from the same beginning, and the same tables afterwards."""
    took: tuple[list[float], list[float]] = ([], [])
    process = _after()
    for turn in range(rounds):
        left = []
        for at in (0, 1) if turn % 2 == 0 else (1, 0):
            with database.write() as connection:
                ids = list(connection.execute(text(_ROOTS)).scalars())
                began = connection.begin_nested()
                clock = Processor(None if database.is_sqlite else database)
                before = clock.seconds()
                (by_sets, by_loop)[at](connection, process, ids)
                took[at].append(clock.seconds() - before)
                tables = (store.winners, profile_store.sums)
                left.append([sorted(map(tuple, connection.execute(select(each)))) for each in tables])
                began.rollback()
        if left[0] != left[1]:
            raise SystemExit("sets and loop leave different tables")
    return took


def _begin(database: Database, n: int) -> None:
    settle_people(database, n)
    with database.write() as connection:
        connection.execute(text(_TOUCHES))
        rebuild_part(connection, _before(), [line.id for line in _before().interest], "", "~")
        connection.execute(text("ANALYZE"))


def _before() -> Process:
    made, own = people_process(), load(PROJECT / "processes" / "b2b.yaml")
    person = {
        name: replace(rule, form="boolean") if rule.any_true else rule for name, rule in made.fields["person"].items()
    }
    return replace(made, fields={"person": person, "account": own.fields["account"]})


def _after() -> Process:
    """Another version, in which the order of trust is the other way round and a form says more."""
    process = _before()
    person = {name: replace(rule, trust=rule.trust[::-1]) for name, rule in process.fields["person"].items()}
    interest = tuple(replace(line, points=line.points + 5) for line in process.interest)
    return replace(process, version=8, interest=interest, fields={**process.fields, "person": person})


def _bounds(ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    after = ""
    for at in range(0, len(ids), PART):
        last = ids[min(at + PART, len(ids)) - 1]
        yield after, last
        after = last


def _batches(ids: Sequence[str]) -> Iterator[list[str]]:
    for at in range(0, len(ids), ROAD):
        yield list(ids[at : at + ROAD])


_ROOTS = "SELECT id FROM entities WHERE id = root_id ORDER BY id"
_TOUCHES = """
INSERT INTO touches (id, person_id, identified, kind, at, source, product, topic, props)
SELECT e.id || each.column1, e.id, 1, each.column2, 1767225600000000 + each.column4 * 86400000000, 'form', 'robot',
  each.column3, '{}'
FROM entities AS e CROSS JOIN (VALUES
  ('a', 'form.submitted', NULL, 1), ('b', 'page.viewed', 'pricing', 2), ('c', 'page.viewed', 'news', 3),
  ('d', 'email.clicked', NULL, 4), ('e', 'webinar.attended', NULL, 5)
) AS each
"""
