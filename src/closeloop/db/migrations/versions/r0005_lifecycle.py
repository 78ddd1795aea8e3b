"""The tables of lifecycle: leads as read from their events, clocks, packets, gate verdicts, tiers, rotation."""

from alembic import op
from sqlalchemy import Column

from closeloop.db.tables import INT, TEXT

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "leads",
        Column("id", TEXT, primary_key=True),
        Column("person_id", TEXT, nullable=False),
        Column("product", TEXT, nullable=False),
        Column("region", TEXT, nullable=False),
        Column("cycle", INT, nullable=False),
        Column("stage", TEXT, nullable=False),
        Column("status", TEXT, nullable=False),
        Column("owner", TEXT),
        Column("previous_owners", TEXT, nullable=False),
        Column("campaign", TEXT),
        Column("touch_id", TEXT),
        Column("created_at", INT, nullable=False),
        Column("stage_at", INT, nullable=False),
        Column("assigned_at", INT),
        Column("respond_by", INT),
        Column("responded_at", INT),
        Column("reason", TEXT),
        Column("programme", TEXT),
        Column("amount_minor", INT),
        Column("currency", TEXT),
        Column("closed_at", INT),
        Column("counts", TEXT, nullable=False),
        Column("n_events", INT, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_leads_person_id", "leads", ["person_id"])
    op.create_index("ix_leads_status_owner", "leads", ["status", "owner"])
    op.create_table(
        "lead_events",
        Column("lead_id", TEXT, primary_key=True),
        Column("no", INT, primary_key=True),
        Column("at", INT, nullable=False),
        Column("kind", TEXT, nullable=False),
        Column("stage", TEXT, nullable=False),
        Column("owner", TEXT),
        Column("choice", TEXT),
        Column("cycle", INT, nullable=False),
        Column("who", TEXT, nullable=False),
        Column("why", TEXT, nullable=False),
        Column("message_id", TEXT, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "clocks",
        Column("lead_id", TEXT, primary_key=True),
        Column("clock", TEXT, primary_key=True),
        Column("due_at", INT, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_clocks_due_at", "clocks", ["due_at"])
    op.create_table(
        "packets",
        Column("lead_id", TEXT, primary_key=True),
        Column("cycle", INT, primary_key=True),
        Column("at", INT, nullable=False),
        Column("content", TEXT, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "verdicts",
        Column("person_id", TEXT, primary_key=True),
        Column("product", TEXT, primary_key=True),
        Column("at", INT, nullable=False),
        Column("passed", INT, nullable=False),
        Column("why", TEXT, nullable=False),
        Column("process", TEXT, nullable=False),
        Column("message_id", TEXT, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tiers",
        Column("person_id", TEXT, primary_key=True),
        Column("tier", TEXT, nullable=False),
        Column("custody", TEXT, nullable=False),
        Column("since", INT, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "shown",
        Column("lead_id", TEXT, primary_key=True),
        Column("object", TEXT, primary_key=True),
        Column("record_id", TEXT),
        Column("our_key", TEXT, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_shown_object_record_id", "shown", ["object", "record_id"])
    op.create_table(
        "rotas",
        Column("team", TEXT, primary_key=True),
        Column("product", TEXT, primary_key=True),
        Column("region", TEXT, primary_key=True),
        Column("last", TEXT, nullable=False),
        sqlite_strict=True,
    )
