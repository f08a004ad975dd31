"""The section `store`: where what must outlive a restart is kept, and for how long."""

from pydantic import Field

from lagwatch.config.section import Section, read_secret
from lagwatch.config.values import DatabaseUrl, Directory, PositiveSeconds, ReadableFile

DAY_S = 86_400.0


class StoreSettings(Section):
    """
    What must outlive a restart: alert states, their history, notices on their way, silences, the audit log.

    Without data_dir and database all of it is kept in memory, and gone when lagwatch ends.
    """

    data_dir: Directory | None = Field(
        None,
        description="Directory for the store (SQLite) and for the history of lag; it is made if it is not there.",
        examples=["/var/lib/lagwatch"],
    )
    database: DatabaseUrl | None = Field(
        None,
        description="A PostgreSQL database to use instead of a file in data_dir. Treated as a secret.",
        examples=["postgresql://lagwatch:change-me@db.example.com:5432/lagwatch"],
    )
    database_file: ReadableFile | None = Field(
        None, description="File that holds that address.", examples=["/run/secrets/lagwatch-database"]
    )
    history_retention_s: PositiveSeconds = Field(
        90 * DAY_S, alias="history_retention", description="How long the history of alerts is kept."
    )
    audit_retention_s: PositiveSeconds = Field(
        365 * DAY_S, alias="audit_retention", description="How long it is kept who changed what."
    )
    notice_retention_s: PositiveSeconds = Field(
        30 * DAY_S,
        alias="notice_retention",
        description="How long messages are kept after they were sent or given up, and silences after their end.",
    )

    lag_history_every_s: PositiveSeconds = Field(
        300.0,
        alias="lag_history_every",
        description="How often the history of lag is written to data_dir; it is written when lagwatch ends, too.",
    )

    def secret_database(self) -> str | None:
        """The address of the database as it is now; ConfigurationError if its file cannot be read (any more)."""
        return read_secret(self.database, self.database_file)
