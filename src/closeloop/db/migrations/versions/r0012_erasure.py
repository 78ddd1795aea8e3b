"""Tombstones of those who were erased: salted digests, by which they are never made anew."""

from alembic import op
from sqlalchemy import Column

from closeloop.db.tables import INT, TEXT

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "tombstones",
        Column("digest", TEXT, primary_key=True),
        Column("salt", TEXT, nullable=False),
        Column("erased_at", INT, nullable=False),
        Column("erasure_id", TEXT, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
