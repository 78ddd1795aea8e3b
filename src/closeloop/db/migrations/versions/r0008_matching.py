"""What people are known by beyond strong keys, pairs for a person to judge, and what stood before a link."""

from alembic import op
from sqlalchemy import Column, text

from closeloop.db.tables import INT, REAL, TEXT

revision = "0008"
down_revision = "0007"

_SAMPLED = text("substr(entity_id, 35, 2) = '00'")
_IS_OPEN = text("state = 'open'")


def upgrade() -> None:
    op.create_table(
        "traits",
        Column("entity_id", TEXT, primary_key=True),
        Column("given", TEXT, nullable=False),
        Column("traits", TEXT, nullable=False),
        Column("bundle", TEXT, nullable=False),
        Column("message_id", TEXT, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_traits_sampled", "traits", ["entity_id"], sqlite_where=_SAMPLED, postgresql_where=_SAMPLED)
    op.create_table(
        "block_keys",
        Column("key", TEXT, primary_key=True),
        Column("entity_id", TEXT, primary_key=True),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_block_keys_entity_id", "block_keys", ["entity_id"])
    op.create_table(
        "sharers",
        Column("value", TEXT, primary_key=True),
        Column("last_name", TEXT, primary_key=True),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pairs",
        Column("id", TEXT, primary_key=True),
        Column("kind", TEXT, nullable=False),
        Column("left_id", TEXT, nullable=False),
        Column("right_id", TEXT, nullable=False),
        Column("weight", REAL, nullable=False),
        Column("state", TEXT, nullable=False),
        Column("why", TEXT, nullable=False),
        Column("evidence", TEXT, nullable=False),
        Column("bundle", TEXT, nullable=False),
        Column("at", INT, nullable=False),
        Column("message_id", TEXT, nullable=False),
        Column("skipped_at", INT),
        Column("decided_at", INT),
        Column("decided_by", TEXT),
        sqlite_strict=True,
    )
    op.create_index("ix_pairs_left_id_right_id", "pairs", ["left_id", "right_id"], unique=True)
    op.create_index("ix_pairs_right_id", "pairs", ["right_id"])
    op.create_index("ix_pairs_open", "pairs", ["weight", "id"], sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN)
    with op.batch_alter_table("merges", table_kwargs={"sqlite_strict": True}) as batch:
        batch.add_column(Column("weight", REAL))
        batch.add_column(Column("evidence", TEXT))
        batch.add_column(Column("pair_id", TEXT))
        batch.add_column(Column("snapshot", TEXT))
    # What somebody took apart before there were pairs is one that was judged.
    op.execute(
        "INSERT INTO pairs (id, kind, left_id, right_id, weight, state, why, evidence, bundle, at, message_id,"
        " decided_at, decided_by) SELECT MIN(id), MIN(kind), survivor_id, loser_id, 0.0, 'different', MIN(reason),"
        " '[]', '', MIN(at), MIN(message_id), MAX(undone_at), MAX(undone_by) FROM merges WHERE undone_at IS NOT NULL"
        " GROUP BY survivor_id, loser_id"
    )
