"""The tables of identity: who and what there is, the unique claims on strong keys, browsers, merges as links."""

from alembic import op
from sqlalchemy import Column

from closeloop.db.tables import INT, TEXT

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "entities",
        Column("id", TEXT, primary_key=True),
        Column("kind", TEXT, nullable=False),
        Column("root_id", TEXT, nullable=False),
        Column("created_at", INT, nullable=False),
        Column("message_id", TEXT, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_entities_root_id", "entities", ["root_id"])
    op.create_table(
        "keys",
        Column("kind", TEXT, primary_key=True),
        Column("value", TEXT, primary_key=True),
        Column("entity_id", TEXT, nullable=False),
        Column("at", INT, nullable=False),
        Column("message_id", TEXT, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_keys_entity_id", "keys", ["entity_id"])
    op.create_table(
        "visits",
        Column("visitor", TEXT, primary_key=True),
        Column("at", INT, primary_key=True),
        Column("person_id", TEXT, primary_key=True),
        Column("message_id", TEXT, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_visits_person_id", "visits", ["person_id"])
    op.create_table(
        "merges",
        Column("id", TEXT, primary_key=True),
        Column("kind", TEXT, nullable=False),
        Column("survivor_id", TEXT, nullable=False),
        Column("loser_id", TEXT, nullable=False),
        Column("at", INT, nullable=False),
        Column("by", TEXT, nullable=False),
        Column("reason", TEXT, nullable=False),
        Column("message_id", TEXT, nullable=False),
        Column("undone_at", INT),
        Column("undone_by", TEXT),
        sqlite_strict=True,
    )
    op.create_index("ix_merges_loser_id", "merges", ["loser_id"])
    op.create_index("ix_merges_survivor_id", "merges", ["survivor_id"])
