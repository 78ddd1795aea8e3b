"""The tables of profile: touches, and one fading sum per person, product and scoring line."""

from alembic import op
from sqlalchemy import Column

from closeloop.db.tables import INT, REAL, TEXT

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "touches",
        Column("id", TEXT, primary_key=True),
        Column("person_id", TEXT),
        Column("visitor", TEXT),
        Column("identified", INT, nullable=False),
        Column("kind", TEXT, nullable=False),
        Column("at", INT, nullable=False),
        Column("source", TEXT, nullable=False),
        Column("campaign", TEXT),
        Column("product", TEXT),
        Column("topic", TEXT),
        Column("url", TEXT),
        Column("seller", TEXT),
        Column("props", TEXT, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_touches_person_id_at", "touches", ["person_id", "at"])
    op.create_index("ix_touches_visitor_identified", "touches", ["visitor", "identified"])
    op.create_table(
        "sums",
        Column("person_id", TEXT, primary_key=True),
        Column("product", TEXT, primary_key=True),
        Column("line", TEXT, primary_key=True),
        Column("points", REAL, nullable=False),
        Column("at", INT, nullable=False),
        Column("n", INT, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
