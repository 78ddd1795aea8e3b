"""What a full compare of a system with what the hub knows of it found."""

from alembic import op
from sqlalchemy import Column

from closeloop.db.tables import INT, TEXT

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "compares",
        Column("id", TEXT, primary_key=True),
        Column("source", TEXT, nullable=False),
        Column("object", TEXT, nullable=False),
        Column("why", TEXT, nullable=False),
        Column("began_at", INT, nullable=False),
        Column("ended_at", INT),
        Column("n_there", INT, nullable=False),
        Column("n_here", INT, nullable=False),
        Column("n_unknown", INT, nullable=False),
        Column("n_gone", INT, nullable=False),
        Column("n_changed", INT, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_compares_source_began_at", "compares", ["source", "began_at"])
