"""The tables of outbox: commands with a key, and what each outside system is known to hold."""

from alembic import op
from sqlalchemy import Column

from closeloop.db.tables import INT, TEXT

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "commands",
        Column("key", TEXT, primary_key=True),
        Column("source", TEXT, nullable=False),
        Column("verb", TEXT, nullable=False),
        Column("object", TEXT, nullable=False),
        Column("ref_object", TEXT),
        Column("ref_id", TEXT),
        Column("our_key", TEXT),
        Column("fields", TEXT, nullable=False),
        Column("refs", TEXT, nullable=False),
        Column("after", TEXT),
        Column("person_id", TEXT),
        Column("lead_id", TEXT),
        Column("why", TEXT, nullable=False),
        Column("message_id", TEXT, nullable=False),
        Column("created_at", INT, nullable=False),
        Column("no", INT, nullable=False),
        Column("state", TEXT, nullable=False),
        Column("attempts", INT, nullable=False),
        Column("answers", INT, nullable=False),
        Column("not_before", INT, nullable=False),
        Column("leased_by", TEXT),
        Column("leased_until", INT),
        Column("answer_id", TEXT),
        Column("reason", TEXT),
        Column("answered_at", INT),
        Column("verified", INT, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_commands_lead_id", "commands", ["lead_id"])
    op.create_index("ix_commands_person_id_source", "commands", ["person_id", "source"])
    op.create_index("ix_commands_state_source_not_before", "commands", ["state", "source", "not_before"])
    op.create_table(
        "shadows",
        Column("source", TEXT, primary_key=True),
        Column("object", TEXT, primary_key=True),
        Column("record_id", TEXT, primary_key=True),
        Column("fields", TEXT, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
