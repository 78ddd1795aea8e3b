"""Run by Alembic inside the transaction that `migrate` holds: all revisions that are missing, or none."""

from alembic import context

from closeloop.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # on SQLite as well: `write()` has begun the transaction, not the driver
    render_as_batch=True,  # SQLite alters a table by writing it anew
)
context.run_migrations()
