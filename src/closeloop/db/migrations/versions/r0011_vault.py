"""Connections that were set up, with their settings sealed."""

from alembic import op
from sqlalchemy import Column

from closeloop.db.tables import BLOB, INT, TEXT

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "connections",
        Column("source", TEXT, primary_key=True),
        Column("kind", TEXT, nullable=False),
        Column("sealed", BLOB, nullable=False),
        Column("changed_at", INT, nullable=False),
        Column("tested_at", INT),
        sqlite_strict=True,
    )
