"""That only one lagwatch at a time keeps its alerts in the tables of one PostgreSQL schema."""

import time
from contextlib import suppress
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from lagwatch.errors import StoreError
from lagwatch.store.location import Location

WAIT_S = 5.0
"""How long a lagwatch that was just killed may take to be gone for the server."""

_KEY: Final = 0x1A6_0A7C
_KEEP: Final = (
    "idle_in_transaction_session_timeout = 0",
    "tcp_keepalives_idle = 30",
    "tcp_keepalives_interval = 10",
    "tcp_keepalives_count = 3",
)
"""The claim waits for as long as lagwatch runs; a computer that is gone without a word loses it after a minute."""
_TAKE: Final = text("SELECT pg_try_advisory_xact_lock(:key, hashtext(coalesce(current_schema(), '')))").bindparams(
    key=_KEY
)
_HELD: Final = text(
    "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = :key AND pid = :pid AND granted"
).bindparams(key=_KEY)
_WHO: Final = text(
    "SELECT host(a.client_addr), to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') FROM pg_locks l "
    "JOIN pg_stat_activity a USING (pid) JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() "
    "WHERE l.locktype = 'advisory' AND l.classid = :key AND l.granted AND "
    "l.objid = (hashtext(coalesce(current_schema(), ''))::bigint & 4294967295)::oid"
).bindparams(key=_KEY)


class Claim:
    """
    A lock that belongs to a transaction of its own, which does nothing else and stays open: it ends with the process, however
    that ends, and holds behind a pooler (pgbouncer) as well.
    """

    def __init__(self, engine: Engine, location: Location) -> None:
        self._engine = engine
        self._location = location
        self._holder: Connection | None = None
        self._pid = 0

    def take(self, wait_s: float = WAIT_S) -> None:
        """Claim the tables, if that was not done yet; StoreError if another lagwatch has them."""
        if self._holder is not None:
            return
        holder = self._engine.connect()
        try:
            holder.detach()
            for setting in _KEEP:
                holder.exec_driver_sql(f"SET LOCAL {setting}")
            until = time.monotonic() + wait_s
            while not holder.scalar(_TAKE):
                if time.monotonic() >= until:
                    raise self._taken(holder)
                time.sleep(0.1)
            self._pid = int(holder.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
        except BaseException:
            holder.close()
            raise
        self._holder = holder

    def check(self, connection: Connection) -> None:
        """Within a transaction that is to write: claim them again if the server has let go of them; StoreError if that fails."""
        if connection.scalar(_HELD, {"pid": self._pid}) is None:
            self.release()
            self.take(0.0)

    def release(self) -> None:
        """Let go of them."""
        holder, self._holder = self._holder, None
        if holder is not None:
            with suppress(SQLAlchemyError):
                holder.close()

    def _taken(self, holder: Connection) -> StoreError:
        found = holder.execute(_WHO).first()
        who = f" (from {found[0] or 'the same computer'}, since {found[1]} UTC)" if found is not None else ""
        return StoreError(
            f"another lagwatch{who} uses the store {self._location}; stop it, or give this one a database of its own with "
            f"store.database, or a schema of its own (?options=-csearch_path%3DNAME at the end of the address)."
        )
