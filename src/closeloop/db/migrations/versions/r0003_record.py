"""The tables of record: every value ever reported with source and time, and the winners."""

from alembic import op
from sqlalchemy import Column, text

from closeloop.db.tables import INT, TEXT

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "field_values",
        Column("entity_id", TEXT, primary_key=True),
        Column("field", TEXT, primary_key=True),
        Column("path", TEXT, primary_key=True),
        Column("at", INT, primary_key=True),
        Column("value", TEXT, nullable=False),
        Column("given", TEXT, nullable=False),
        Column("valid", INT, nullable=False),
        Column("message_id", TEXT, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "winners",
        Column("entity_id", TEXT, primary_key=True),
        Column("field", TEXT, primary_key=True),
        Column("value", TEXT, nullable=False),
        Column("given", TEXT, nullable=False),
        Column("valid", INT, nullable=False),
        Column("path", TEXT, nullable=False),
        Column("at", INT, nullable=False),
        Column("message_id", TEXT, nullable=False),
        Column("why", TEXT, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_winners_relation",
        "winners",
        ["value"],
        sqlite_where=text("field IN ('account', 'person', 'opportunity', 'campaign')"),
        postgresql_where=text("field IN ('account', 'person', 'opportunity', 'campaign')"),
    )
    op.create_table(
        "verifications",
        Column("entity_id", TEXT, primary_key=True),
        Column("field", TEXT, primary_key=True),
        Column("value", TEXT, primary_key=True),
        Column("at", INT, nullable=False),
        Column("by", TEXT, nullable=False),
        Column("evidence", TEXT, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
