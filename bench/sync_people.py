"""People for the benchmark of synchronising: what is known of them, and what a CRM says of them again.

Everybody has ten fields from a CRM and three of them from a form as well; one in fifty is linked to the person before.
A CRM's export then says all ten fields of everybody again: for one in ten, changed since; for the others, as they were.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.schema import CreateTable

from closeloop.db import Database, metadata
from closeloop.process.load import load
from closeloop.process.nouns import FieldRule, Process
from closeloop.process.nouns import Path as FieldPath
from closeloop.record import store

PROJECT = Path(__file__).resolve().parents[1]
FIELDS = ("city", "country", "department", "email", "language", "name", "opted_out", "phone", "title", "website")
_ALSO_FROM_A_FORM = ("email", "name", "phone")
STAGED = store.staged_table("bench_staged", temporary=False)


def people_process() -> Process:
    """b2b with ten fields of a person: the desk before the newest of CRM and marketing before a form."""
    process = load(PROJECT / "processes" / "b2b.yaml")
    return replace(process, fields={"person": {name: _rule(name) for name in FIELDS}})


def _rule(name: str) -> FieldRule:
    groups = (("desk",), ("crm", "ma"), ("form",))
    trust = tuple(tuple(FieldPath(source, None, name) for source in group) for group in groups)
    return FieldRule("person", name, trust, name == "opted_out", (), "text", None, False)


def settle_people(database: Database, n: int) -> None:
    """`n` people as the hub knows them, winners and all."""
    metadata.create_all(database.engine)
    with database.write() as connection:
        connection.execute(CreateTable(STAGED))
        _run(connection, _ENTITIES, n)
        _run(connection, _STAGE, n, lines=_lines(["crm", "form"]), changed="1 = 0")
        store.apply_set(connection, STAGED, people_process())
        connection.execute(STAGED.delete())
    _analyze(database)


def stage_export(database: Database, n: int) -> None:
    """Stage what the CRM says of all of them."""
    with database.write() as connection:
        _run(connection, _STAGE, n, lines=_lines(["crm"]), changed="i % 10 = 3")
    _analyze(database)


def _lines(sources: list[str]) -> str:
    found = [
        f"('{name}', '{source}.{name}')"
        for name in FIELDS
        for source in sources
        if source == "crm" or name in _ALSO_FROM_A_FORM
    ]
    return ", ".join(found)


def _run(connection: Connection, statement: str, n: int, **parts: str) -> None:
    sqlite = connection.dialect.name == "sqlite"
    id_ = "'01990000-0000-7000-8000-' || " + ("printf('%012d', {})" if sqlite else "lpad(({})::text, 12, '0')")
    numbers = _NUMBERS if sqlite else f"WITH numbers(i) AS (SELECT generate_series(0, {n} - 1))"
    then = "CROSS JOIN" if sqlite else "JOIN"
    made = {"id": id_.format("i"), "root": id_.format("CASE WHEN i % 50 = 7 THEN i - 1 ELSE i END")}
    where, values = statement.split("SELECT", 1)
    filled = f"{where} {numbers.format(n=n)} SELECT{values}".format(**made, **parts, then=then)
    connection.execute(text(filled.replace(":", r"\:")))


def _analyze(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("ANALYZE"))


_NUMBERS = "WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < {n} - 1)"
_ENTITIES = """
INSERT INTO entities (id, kind, root_id, created_at, message_id)
SELECT {id}, 'person', {root}, 1767225600000000, 'crm:first' FROM numbers
"""
_STAGE = """
INSERT INTO bench_staged (entity_id, field, path, at, valid, value, given, message_id)
SELECT {id}, field, path,
  1767225600000000 + i * 1000 + CASE WHEN {changed} THEN 86400000000 ELSE 0 END,
  1, said, said,
  'crm:Lead.00Q' || i || CASE WHEN {changed} THEN '@2026-01-02' ELSE '@2026-01-01' END
FROM (
  SELECT i, line.field, line.path,
    CASE line.field
      WHEN 'opted_out' THEN 'false'
      WHEN 'email' THEN '"person' || i || '@company' || (i / 5) || '.example"'
      WHEN 'title' THEN CASE WHEN {changed} THEN '"Head of purchasing"' ELSE '"Buyer ' || (i % 7) || '"' END
      ELSE '"' || line.field || ' ' || i || '"'
    END AS said
  FROM numbers {then} (SELECT column1 AS field, column2 AS path FROM (VALUES {lines}) AS given_lines) AS line ON 1 = 1
) AS each_said
"""
