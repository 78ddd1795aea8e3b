"""Run by Alembic: the connection is the one that `migrate` holds, inside its transaction, so a revision is all or nothing."""

from alembic import context

from closeloop.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # on SQLite as well: `write()` has begun the transaction, not the driver
    render_as_batch=True,  # SQLite alters a table by writing it anew
)
context.run_migrations()
