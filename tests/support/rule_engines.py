"""Conditions asked of a whole staged set in one statement, on each engine, the way their callers ask."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

import duckdb
import psycopg

from closeloop.rules import Rule, Scope
from closeloop.rules.sql import to_sql
from closeloop.rules.sql_dialects import Name, dialect_of
from closeloop.rules.sql_text import Sql, listed
from closeloop.rules.staged import Column, Staged, Type


class Engine:
    """One connection with the staged set's tables, emptied and filled for each question."""

    def __init__(self, name: Name, connection: Any, staged: Staged) -> None:
        self.name = name
        self.staged = staged
        self._connection = connection
        self._dialect = dialect_of(name)
        self._tables: dict[str, Mapping[str, Column]] = {
            staged.table: staged.columns,
            **{related.table: related.columns for related in staged.related.values()},
        }
        for table, columns in self._tables.items():
            types = [f"{self._q(part)} {self._dialect.types[sort]}" for part, sort in _types(columns)]
            strict = " STRICT" if name == "sqlite" else ""
            connection.execute(f"CREATE TABLE {self._q(table)} ({', '.join(['subject integer', *types])}){strict}")

    def stage(self, people: Sequence[Scope]) -> None:
        """Put these people in place of those before; their keys count from 0."""
        rows = [{"subject": at, **self.staged.row(person)} for at, person in enumerate(people)]
        self._fill(self.staged.table, rows)
        for entity, related in self.staged.related.items():
            records = [
                {"subject": at, **record}
                for at, person in enumerate(people)
                for record in self.staged.records(person, entity)
            ]
            self._fill(related.table, records)

    def ask(self, rules: Sequence[Rule], now: datetime) -> list[list[bool]]:
        """The answers of each person, in order, to each rule."""
        return self.asked([to_sql(rule, self.staged, self.name, now) for rule in rules])

    def asked(self, said: Sequence[Sql]) -> list[list[bool]]:
        """As `ask`, for conditions that are SQL already. A NULL is an error."""
        question = listed(said)
        text = f"SELECT {question.text} FROM {self._q(self.staged.table)} AS s ORDER BY s.subject"
        found: list[list[bool]] = []
        for row in self._connection.execute(text, question.parameters).fetchall():
            assert None not in row
            found.append([bool(answer) for answer in row])
        return found

    def _fill(self, table: str, rows: Sequence[Mapping[str, object]]) -> None:
        self._connection.execute(f"DELETE FROM {self._q(table)}")
        if not rows:
            return
        mark = "%s" if self.name == "postgresql" else "?"
        marks = ", ".join([f"({', '.join([mark] * len(rows[0]))})"] * len(rows))
        names = ", ".join(self._q(name) for name in rows[0])
        values = [value for row in rows for value in row.values()]
        self._connection.execute(f"INSERT INTO {self._q(table)} ({names}) VALUES {marks}", values)

    def _q(self, name: str) -> str:
        return self._dialect.quoted(name)


@contextmanager
def engines(staged: Staged, postgres_url: str | None) -> Iterator[list[Engine]]:
    """SQLite, DuckDB and, where it is given, PostgreSQL."""
    with closing(sqlite3.connect(":memory:")) as sqlite, closing(duckdb.connect()) as duck:
        found = [Engine("sqlite", sqlite, staged), Engine("duckdb", duck, staged)]
        if postgres_url is None:
            yield found
            return
        with closing(psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True)) as postgres:
            postgres.execute("SET jit = off")
            yield [*found, Engine("postgresql", postgres, staged)]


def _types(columns: Mapping[str, Column]) -> Iterator[tuple[str, Type]]:
    for column in columns.values():
        yield from column.types()
