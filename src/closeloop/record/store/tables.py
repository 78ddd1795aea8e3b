"""The record's tables: every value ever reported with source and time, the winners, and what was confirmed."""

from __future__ import annotations

from sqlalchemy import Column, Index, text

from closeloop.db import INT, TEXT, table

IS_RELATION = text("field IN ('account', 'person', 'opportunity', 'campaign')")

# fmt: off
field_values = table(
    "field_values",
    Column("entity_id", TEXT, primary_key=True),    # the entity it was reported for, not its root
    Column("field", TEXT, primary_key=True),
    Column("path", TEXT, primary_key=True),         # crm.Email
    Column("at", INT, primary_key=True),
    Column("value", TEXT, nullable=False),          # JSON, normal form
    Column("given", TEXT, nullable=False),          # JSON, as it came
    Column("valid", INT, nullable=False),
    Column("message_id", TEXT, nullable=False),
    rowid=False,
)
winners = table(
    "winners",
    Column("entity_id", TEXT, primary_key=True),    # the root
    Column("field", TEXT, primary_key=True),
    Column("value", TEXT, nullable=False),
    Column("given", TEXT, nullable=False),
    Column("valid", INT, nullable=False),
    Column("path", TEXT, nullable=False),
    Column("at", INT, nullable=False),
    Column("message_id", TEXT, nullable=False),
    Column("why", TEXT, nullable=False),            # b2b@7 fields.person.email: desk before crm.Email …
    Index("ix_winners_relation", "value", sqlite_where=IS_RELATION, postgresql_where=IS_RELATION),
    rowid=False,
)
verifications = table(
    "verifications",
    Column("entity_id", TEXT, primary_key=True),
    Column("field", TEXT, primary_key=True),
    Column("value", TEXT, primary_key=True),
    Column("at", INT, nullable=False),
    Column("by", TEXT, nullable=False),
    Column("evidence", TEXT, nullable=False),
    rowid=False,
)
# fmt: on
