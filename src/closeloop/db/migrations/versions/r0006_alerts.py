"""The tables of alerts: who was told of what; the key makes sure that nothing is told twice."""

from alembic import op
from sqlalchemy import Column

from closeloop.db.tables import INT, TEXT

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "alerts",
        Column("id", TEXT, primary_key=True),
        Column("rule", TEXT, nullable=False),
        Column("person_id", TEXT, nullable=False),
        Column("touch_id", TEXT, nullable=False),
        Column("member", TEXT, nullable=False),
        Column("at", INT, nullable=False),
        Column("due_at", INT, nullable=False),
        Column("text", TEXT, nullable=False),
        Column("why", TEXT, nullable=False),
        Column("process", TEXT, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_alerts_person_id", "alerts", ["person_id"])
