"""Run by alembic for each upgrade, on the connection and in the transaction of whoever asked for it."""

from alembic import context

from lagwatch.store.migrate import VERSION_TABLE
from lagwatch.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    transactional_ddl=False,  # the transaction is that of the caller, around all steps
)
context.run_migrations()
