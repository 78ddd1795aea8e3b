"""A batch keeps which commands it found sent: what was to become of them then is in no receipt."""

from alembic import op
from sqlalchemy import Column

from closeloop.db.tables import TEXT

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    with op.batch_alter_table("batches", table_kwargs={"sqlite_strict": True}) as batch:
        batch.add_column(Column("sent", TEXT))
