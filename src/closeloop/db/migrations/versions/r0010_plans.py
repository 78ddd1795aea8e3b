"""Commands that wait for somebody's approval, their lanes, and how each connection may send just now."""

from alembic import op
from sqlalchemy import Column, text

from closeloop.db.tables import INT, REAL, TEXT

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    with op.batch_alter_table("commands", table_kwargs={"sqlite_strict": True}) as batch:
        batch.add_column(Column("lane", INT, nullable=False, server_default=text("1")))
        batch.add_column(Column("plan_id", TEXT))
    op.create_index("ix_commands_plan_id", "commands", ["plan_id"])
    op.create_table(
        "plans",
        Column("id", TEXT, primary_key=True),
        Column("made_at", INT, nullable=False),
        Column("signed", TEXT, nullable=False),
        Column("sources", TEXT, nullable=False),
        Column("state", TEXT, nullable=False),
        Column("content", TEXT, nullable=False),
        Column("approved_at", INT),
        Column("approved_by", TEXT),
        Column("applied_at", INT),
        sqlite_strict=True,
    )
    op.create_table(
        "sending",
        Column("source", TEXT, primary_key=True),
        Column("mode", TEXT, nullable=False),
        Column("window_from", INT, nullable=False),
        Column("n_calls", INT, nullable=False),
        Column("n_reads", INT, nullable=False),
        Column("n_sent", INT, nullable=False),
        Column("calls_allowed", INT),
        Column("asked_at", INT),
        Column("failures", INT, nullable=False),
        Column("closed_until", INT),
        Column("why", TEXT),
        Column("sent_at", INT),
        Column("pace", REAL),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
