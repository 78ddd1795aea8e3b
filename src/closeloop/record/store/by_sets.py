"""Any number of values at once: merged into what was reported, winners settled anew, by sets inside the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Column, Connection, MetaData, Table, func, select, text
from sqlalchemy.schema import CreateTable, DropTable

from closeloop.db import INT, TEXT, put
from closeloop.process.nouns import Process
from closeloop.record.by_sets import best_query, lines, winners_query
from closeloop.record.nouns import FieldValue
from closeloop.record.store.values import VALUE_COLUMNS, greatest

SLICE = 200_000
"""Staged values that are merged together: sorts stay in memory, and temporary tables small."""


class Applied(NamedTuple):
    """How many rows were written: nothing is written where nothing changed."""

    n_values: int
    n_winners: int
    n_vanished: int


def staged_table(name: str = "staged_values", *, temporary: bool = True) -> Table:
    """The shape of values that wait to be merged: the columns of `field_values`, and one row for each of its keys.

    Args:
        name: of the table, which the caller makes and fills.
        temporary: it goes with the connection; on SQLite it is kept in memory.
    """
    # fmt: off
    return Table(
        name, MetaData(),
        Column("entity_id", TEXT, primary_key=True),
        Column("field", TEXT, primary_key=True),
        Column("path", TEXT, primary_key=True),
        Column("at", INT, primary_key=True),
        Column("valid", INT, nullable=False),
        Column("value", TEXT, nullable=False),          # JSON as msgspec writes it
        Column("given", TEXT, nullable=False),
        Column("message_id", TEXT, nullable=False),
        prefixes=["TEMPORARY"] if temporary else [],
        sqlite_strict=True, sqlite_with_rowid=False,
    )
    # fmt: on


def stage(connection: Connection, rows: Iterable[FieldValue]) -> Table:
    """Put values into a temporary table, made anew, for `apply_set`."""
    staged = staged_table()
    connection.execute(DropTable(staged, if_exists=True))
    connection.execute(CreateTable(staged))
    put(connection, staged, VALUE_COLUMNS, greatest(rows))
    return staged


def apply_set(connection: Connection, staged: Table, process: Process) -> Applied:
    """What `save_values`, `record.settle` and `save_winners` do, in a few statements however many values there are.

    Winners are settled for the roots of which a value was news, and for those of staged values whose winners another
    process, or another version of it, had settled. Whoever links or parts entities settles both himself, as ever.

    Args:
        staged: as `staged_table` has it, on this connection's database. Its entities are locked by the caller where
            others may write them meanwhile.
        process: the process in force.
    """
    applied = Applied(0, 0, 0)
    with settling(connection, process):
        _analyze(connection, staged.name)
        known, written = _n_analyzed(connection), 0
        for bounds in _slices(connection, staged):
            for each in (_news, _roots, _best, _settled):
                connection.execute(text(_EMPTY[connection.dialect.name].format(each.name)))
            connection.execute(text(_FIND_NEWS.format(staged=staged.name)), bounds)
            _analyze(connection, _news.name)
            n_values = connection.execute(text(_PUT_VALUES)).rowcount
            written += n_values
            if written > known:  # else it would begin each slice of a first load with a walk through all values
                for name in ("entities", "field_values", "winners"):
                    _analyze(connection, name)
                known, written = known + written, 0
            connection.execute(
                text(_FIND_ROOTS.format(staged=staged.name)), {**bounds, "signed": f"{process.signed} fields."}
            )
            settle_roots(connection)
            n_winners, n_vanished = write_settled(connection)
            applied = Applied(*map(sum, zip(applied, (n_values, n_winners, n_vanished), strict=True)))
    return applied


def settle_roots(connection: Connection) -> None:
    """Put the winners of all that is in `settling_roots` into `settled`, inside `settling`."""
    dialect = connection.dialect.name
    _analyze(connection, _roots.name)
    with _by_index(connection):
        connection.execute(text(_PUT_BEST.format(best_query(dialect))))
        connection.execute(text(_PUT_SETTLED + winners_query(dialect)))


def write_settled(connection: Connection) -> tuple[int, int]:
    """Make `settled` the winners of what is in `settling_roots`; returns how many were written and how many went."""
    with _by_index(connection):
        written = connection.execute(text(_PUT_WINNERS)).rowcount
        return written, connection.execute(text(_FORGET_VANISHED)).rowcount


# fmt: off
_work = MetaData()
_news = staged_table("settling_news").to_metadata(_work)
_roots = Table(
    "settling_roots", _work,
    Column("root_id", TEXT, primary_key=True),
    Column("kind", TEXT, nullable=False),
    prefixes=["TEMPORARY"], sqlite_strict=True, sqlite_with_rowid=False,
)
_fields = Table(
    "settling_fields", _work,
    Column("kind", TEXT, primary_key=True),
    Column("field", TEXT, primary_key=True),
    Column("form", TEXT, nullable=False),
    Column("any_true", INT, nullable=False),
    Column("only_listed", INT, nullable=False),
    Column("begins", TEXT, nullable=False),
    prefixes=["TEMPORARY"], sqlite_strict=True, sqlite_with_rowid=False,
)
_paths = Table(
    "settling_paths", _work,
    Column("kind", TEXT, primary_key=True),
    Column("field", TEXT, primary_key=True),
    Column("path", TEXT, primary_key=True),
    Column("group_no", INT, nullable=False),
    Column("place", INT, nullable=False),
    prefixes=["TEMPORARY"], sqlite_strict=True, sqlite_with_rowid=False,
)
_best = Table(
    "settling_best", _work,
    Column("root_id", TEXT, primary_key=True),
    Column("field", TEXT, primary_key=True),
    Column("kind", TEXT, nullable=False),
    Column("value", TEXT, nullable=False),
    Column("given", TEXT, nullable=False),
    Column("valid", INT, nullable=False),
    Column("path", TEXT, nullable=False),
    Column("at", INT, nullable=False),
    Column("message_id", TEXT, nullable=False),
    prefixes=["TEMPORARY"], sqlite_strict=True, sqlite_with_rowid=False,
)
_settled = Table(
    "settled", _work,
    Column("entity_id", TEXT, primary_key=True),
    Column("field", TEXT, primary_key=True),
    Column("value", TEXT, nullable=False),
    Column("given", TEXT, nullable=False),
    Column("valid", INT, nullable=False),
    Column("path", TEXT, nullable=False),
    Column("at", INT, nullable=False),
    Column("message_id", TEXT, nullable=False),
    Column("why", TEXT, nullable=False),
    prefixes=["TEMPORARY"], sqlite_strict=True, sqlite_with_rowid=False,
)
# fmt: on


@contextmanager
def settling(connection: Connection, process: Process) -> Iterator[None]:
    """The tables that one merge works with; a transaction that is rolled back takes them away as well."""
    for each in _work.tables.values():
        connection.execute(CreateTable(each))
    rules = lines(process)
    put(connection, _fields, [column.name for column in _fields.c], rules.fields)
    put(connection, _paths, [column.name for column in _paths.c], rules.paths)
    _analyze(connection, _fields.name)
    _analyze(connection, _paths.name)
    yield
    for each in _work.tables.values():
        connection.execute(DropTable(each))


def _analyze(connection: Connection, filled: str) -> None:
    """Tell PostgreSQL how much is there: nothing does by itself for temporary tables, or before the commit."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ANALYZE {filled}"))


def _n_analyzed(connection: Connection) -> int:
    """How many values there were when PostgreSQL last looked."""
    return int(connection.execute(_N_ANALYZED).scalar_one()) if connection.dialect.name == "postgresql" else 0


@contextmanager
def _by_index(connection: Connection) -> Iterator[None]:
    """Have PostgreSQL look up each root: without statistics, as in a first load, it would read whole tables again."""
    if connection.dialect.name != "postgresql":
        yield
        return
    names = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
    for name in names:
        connection.execute(text(f"SET LOCAL {name} = off"))
    yield
    for name in names:
        connection.execute(text(f"SET LOCAL {name} TO DEFAULT"))


def _slices(connection: Connection, staged: Table) -> Iterator[dict[str, str]]:
    """Bounds of entity ids that part the staged values; all of one entity stay together."""
    after = ""
    while True:
        found = connection.execute(text(_NTH.format(staged=staged.name)), {"after": after, "n": SLICE}).scalar()
        last = found or connection.execute(select(func.max(staged.c.entity_id))).scalar()
        if last is None or last <= after:
            return
        yield {"after": after, "last": last}
        after = last


# It is -1 for a table that was never analyzed.
_N_ANALYZED = text("SELECT CAST(GREATEST(reltuples, 0) AS BIGINT) FROM pg_class WHERE oid = 'field_values'::regclass")
_NTH = "SELECT entity_id FROM {staged} WHERE entity_id > :after ORDER BY entity_id LIMIT 1 OFFSET :n"
_EMPTY = {"sqlite": "DELETE FROM {}", "postgresql": "TRUNCATE {}"}
_FIND_NEWS = """
INSERT INTO settling_news (entity_id, field, path, at, valid, value, given, message_id)
SELECT said.entity_id, said.field, said.path, said.at, said.valid, said.value, said.given, said.message_id
FROM {staged} AS said
LEFT JOIN field_values AS old
  ON old.entity_id = said.entity_id AND old.field = said.field AND old.path = said.path AND old.at = said.at
  AND old.entity_id > :after AND old.entity_id <= :last
WHERE said.entity_id > :after AND said.entity_id <= :last AND (
  old.entity_id IS NULL
  OR (said.valid, said.value, said.given, said.message_id) > (old.valid, old.value, old.given, old.message_id)
)
"""
# The condition again, since another worker may have written meanwhile.
_PUT_VALUES = """
INSERT INTO field_values (entity_id, field, path, at, valid, value, given, message_id)
SELECT entity_id, field, path, at, valid, value, given, message_id FROM settling_news WHERE true
ON CONFLICT (entity_id, field, path, at) DO UPDATE
SET valid = excluded.valid, value = excluded.value, given = excluded.given, message_id = excluded.message_id
WHERE (excluded.valid, excluded.value, excluded.given, excluded.message_id)
  > (field_values.valid, field_values.value, field_values.given, field_values.message_id)
"""
_FIND_ROOTS = """
INSERT INTO settling_roots (root_id, kind)
SELECT id, kind FROM entities WHERE id IN (
  SELECT entities.root_id FROM entities WHERE entities.id IN (SELECT entity_id FROM settling_news)
  UNION
  SELECT entities.root_id
  FROM (SELECT DISTINCT entity_id FROM {staged} WHERE entity_id > :after AND entity_id <= :last) AS said
  JOIN entities ON entities.id = said.entity_id
  WHERE NOT EXISTS (
    SELECT 1 FROM winners
    WHERE winners.entity_id = entities.root_id AND substr(winners.why, 1, length(:signed)) = :signed
  )
)
"""
# Rows come best first, so the best one of each root and field is there when the others come.
_PUT_BEST = """
INSERT INTO settling_best (root_id, field, kind, value, given, valid, path, at, message_id) {} ON CONFLICT DO NOTHING
"""
_PUT_SETTLED = "INSERT INTO settled (entity_id, field, value, given, valid, path, at, message_id, why)"
_PUT_WINNERS = """
INSERT INTO winners (entity_id, field, value, given, valid, path, at, message_id, why)
SELECT settled.* FROM settled
LEFT JOIN winners AS old ON old.entity_id = settled.entity_id AND old.field = settled.field
WHERE old.entity_id IS NULL
  OR (settled.value, settled.given, settled.valid, settled.path, settled.at, settled.message_id, settled.why)
  <> (old.value, old.given, old.valid, old.path, old.at, old.message_id, old.why)
ON CONFLICT (entity_id, field) DO UPDATE SET value = excluded.value, given = excluded.given, valid = excluded.valid,
  path = excluded.path, at = excluded.at, message_id = excluded.message_id, why = excluded.why
"""
_FORGET_VANISHED = """
DELETE FROM winners
WHERE entity_id IN (SELECT root_id FROM settling_roots) AND NOT EXISTS (
  SELECT 1 FROM settled WHERE settled.entity_id = winners.entity_id AND settled.field = winners.field
)
"""
