"""The schema's version, and the way from an older one to the newest (alembic, with the steps in `migrations/versions`)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from lagwatch.errors import StoreError
from lagwatch.store.location import Location

VERSION_TABLE = "lagwatch_schema"
"""The table that holds the version."""

_LOCK = 0x1A6_7A7C
"""The number of the lock that a server gives to one session at a time while it migrates."""


def versions() -> tuple[str, ...]:
    """All versions that this program knows, the oldest first."""
    return tuple(reversed([step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()]))


def version(connection: Connection) -> str | None:
    """The version of a database; None if it is empty."""
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def upgrade(connection: Connection, location: Location, to: str | None = None) -> None:
    """Bring the tables to a version, by default the newest, within the transaction; StoreError if they are newer than we know."""
    if not location.sqlite:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    known, found = versions(), version(connection)
    if found is not None and found not in known:
        raise StoreError(
            f"the store {location} has schema version {found}, and this lagwatch knows {known[-1]} at most; run a newer lagwatch, "
            f"or give this one another store with store.data_dir or store.database."
        )
    wanted = to or known[-1]
    if found != wanted:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, wanted)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config
