"""What outlives a restart: alert states, alert history, the outbox of notices, silences, acknowledgements and the audit log."""

from lagwatch.store.location import Location, at_server, in_directory, in_memory
from lagwatch.store.retention import Retention
from lagwatch.store.store import Store

__all__ = ["Location", "Retention", "Store", "at_server", "in_directory", "in_memory"]
