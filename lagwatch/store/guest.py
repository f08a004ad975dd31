"""Writing to the audit log of a store beside a lagwatch that may be running on it."""

from sqlalchemy import Connection

from lagwatch.errors import StoreError
from lagwatch.model.kept import AuditEntry
from lagwatch.store import audit
from lagwatch.store.database import Database
from lagwatch.store.location import Location
from lagwatch.store.migrate import NEWEST, upgrade, version


class Guest:
    """
    Adds to the audit log and to nothing else. It never claims the store, and never changes tables that are there: the lagwatch
    that runs on them may be of another version.
    """

    def __init__(self, location: Location) -> None:
        self.location = location
        self._database = Database(location)

    def add_audit(self, entry: AuditEntry) -> None:
        """Write it down, durably. Raises StoreError."""
        with self._database.transaction() as connection:
            self._check(connection)
            audit.note(connection, entry)

    def close(self) -> None:
        """Give the connections back."""
        self._database.close()

    def _check(self, connection: Connection) -> None:
        found = version(connection)
        if found is None:
            upgrade(connection, self.location)
        elif found != NEWEST:
            raise StoreError(
                f"the store {self.location} has schema version {found}, and this lagwatch writes version {NEWEST}; start this "
                "lagwatch on it once (lagwatch serve), or use the one that runs on it."
            )
