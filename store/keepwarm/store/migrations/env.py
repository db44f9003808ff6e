"""Run by Alembic: takes the steps in the transaction that it is given."""

from alembic import context

from keepwarm.store.migrating import VERSION_TABLE
from keepwarm.store.tables import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite changes a column by copying the table
)
context.run_migrations()
