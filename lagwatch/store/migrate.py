"""
The schema's version, and the way from an older one to the newest (alembic, with the steps in `migrations/versions`).

alembic takes 11 MB, so it is imported only where there is a step to take.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect

from lagwatch.errors import StoreError
from lagwatch.store.location import Location
from lagwatch.store.schema import METADATA

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "lagwatch_schema"
"""The table that holds the version."""

NEWEST: Final = "0002"
"""The version of the tables as schema.py has them."""

_LOCK = 0x1A6_7A7C
"""The number of the lock that a server gives to one session at a time while it migrates."""


def versions() -> tuple[str, ...]:
    """All versions that this program knows, the oldest first."""
    from alembic.script import ScriptDirectory

    return tuple(reversed([step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()]))


def version(connection: Connection) -> str | None:
    """The version of a database; None if it is empty."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()  # noqa: S608 (a constant)
    return found


def upgrade(connection: Connection, location: Location, to: str | None = None) -> None:
    """Bring the tables to a version, by default the newest, within the transaction; StoreError if they are newer than we know."""
    if not location.durable:
        METADATA.create_all(connection)
        return
    if not location.sqlite:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    found = version(connection)
    if found == (to or NEWEST):
        return
    known = versions()
    if found is not None and found not in known:
        raise StoreError(
            f"the store {location} has schema version {found}, and this lagwatch knows {known[-1]} at most; run a newer lagwatch, "
            f"or give this one another store with store.data_dir or store.database."
        )
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to or NEWEST)


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config
