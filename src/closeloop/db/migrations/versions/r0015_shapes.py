"""What each system said last of the fields that may be written there, to be shown beside what it refused."""

from alembic import op
from sqlalchemy import Column

from closeloop.db.tables import INT, TEXT

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "shapes",
        Column("source", TEXT, primary_key=True),
        Column("object", TEXT, primary_key=True),
        Column("fields", TEXT, nullable=False),
        Column("told_at", INT, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
