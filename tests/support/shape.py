"""The shape of a database as the database itself tells it: what `compare_metadata` does not look at is in it too."""

from __future__ import annotations

import re

from sqlalchemy import Connection, text

_SQLITE = "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
_COLUMNS = """
  SELECT c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull::text || ' '
    || coalesce(l.collname, '-') || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '-')
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  LEFT JOIN pg_collation l ON l.oid = a.attcollation LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
"""
_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
_CONSTRAINTS = """
  SELECT conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace
"""


def shape_of(connection: Connection) -> dict[str, str]:
    """Name → definition of every table, column, index and constraint, but Alembic's own."""
    statements = (_SQLITE,) if connection.dialect.name == "sqlite" else (_COLUMNS, _INDEXES, _CONSTRAINTS)
    found = [tuple(row) for statement in statements for row in connection.execute(text(statement))]
    # A table that a migration made anew and renamed has its name in quotes.
    plain = ((name, re.sub(r'^CREATE TABLE "(\w+)"', r"CREATE TABLE \1", definition)) for name, definition in found)
    return {name: re.sub(r"\s+", " ", definition) for name, definition in plain if not name.startswith("alembic")}
