"""The tables of inbox: receipts, what waits, what was made of each message, batches, cursors."""

from alembic import op
from sqlalchemy import Column

from closeloop.db.tables import BLOB, INT, TEXT

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "receipts",
        Column("id", TEXT, primary_key=True),
        Column("source", TEXT, nullable=False),
        Column("door", TEXT, nullable=False),
        Column("received_at", INT, nullable=False),
        Column("headers", TEXT, nullable=False),
        Column("body", BLOB, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "waiting",
        Column("receipt_id", TEXT, primary_key=True),
        Column("queue", TEXT, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_waiting_queue_receipt_id", "waiting", ["queue", "receipt_id"])
    op.create_table(
        "messages",
        Column("id", TEXT, primary_key=True),
        Column("receipt_id", TEXT, nullable=False),
        Column("position", INT, nullable=False),
        Column("kind", TEXT, nullable=False),
        Column("occurred_at", INT, nullable=False),
        Column("received_at", INT, nullable=False),
        Column("state", TEXT, nullable=False),
        Column("reason", TEXT),
        Column("flags", TEXT),
        Column("subject_id", TEXT),
        Column("batch", INT, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_messages_batch", "messages", ["batch"])
    op.create_index("ix_messages_receipt_id", "messages", ["receipt_id"])
    op.create_index("ix_messages_state", "messages", ["state"])
    op.create_table(
        "batches",
        Column("no", INT, primary_key=True, autoincrement=False),
        Column("decided_at", INT, nullable=False),
        Column("process", TEXT, nullable=False),
        Column("n_messages", INT, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "processes",
        Column("signed", TEXT, primary_key=True),
        Column("digest", TEXT, nullable=False),
        Column("receipt_id", TEXT, nullable=False),
        Column("since", INT, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "ends",
        Column("source", TEXT, primary_key=True),
        Column("cursor", TEXT),
        Column("pulled_at", INT),
        Column("n_records", INT, nullable=False),
        Column("error", TEXT),
        Column("error_at", INT),
        sqlite_strict=True,
    )
