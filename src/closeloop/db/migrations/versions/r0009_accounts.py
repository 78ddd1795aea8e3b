"""What accounts are called and where their people's mail lives, behind the keys that they are looked up by."""

from alembic import op
from sqlalchemy import Column

from closeloop.db.tables import TEXT

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "companies",
        Column("entity_id", TEXT, primary_key=True),
        Column("said", TEXT, nullable=False),
        Column("message_id", TEXT, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "account_keys",
        Column("key", TEXT, primary_key=True),
        Column("entity_id", TEXT, primary_key=True),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
