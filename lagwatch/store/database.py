"""One database: its connections, its transactions, and its schema brought up to date."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from lagwatch.errors import StoreAway, StoreError
from lagwatch.store.claim import Claim
from lagwatch.store.faults import is_of_database, translated
from lagwatch.store.location import Location
from lagwatch.store.migrate import upgrade

LOCK_WAIT_S = 5.0
"""How long a transaction waits for a lock that another program holds."""

CONNECT_S = 5
"""How long connecting to a server may take."""

STATEMENT_S = 20
"""How long a server may work on one statement."""

_WRITES = "lagwatch_writes"


class Database:
    """
    Transactions on one location. Every error of the database leaves as StoreAway or StoreError, a sentence without secrets; an
    SQLAlchemyError that leaves it says that what was to be written is at fault.

    In SQLite a commit is on the disk when it returns (WAL with full synchronization): it outlives a killed process, and a
    power failure as well.
    """

    def __init__(self, location: Location) -> None:
        self.location = location
        self._engine = _engine(location)
        self._turn: AbstractContextManager[Any] = nullcontext() if location.durable else threading.Lock()
        self._lock: int | None = None
        self._claim = None if location.sqlite else Claim(self._engine, location)
        self._claimed = False

    def open(self) -> None:
        """Make the tables, or bring them up to date; StoreError if they are of a newer lagwatch, or another one runs on them."""
        self._claim_directory()
        if self._claim is not None:
            with self._translated():
                self._claim.take()
            self._claimed = True
        with self.transaction() as connection:
            upgrade(connection, self.location)

    def close(self) -> None:
        """Give all connections back."""
        if self._claim is not None:
            self._claim.release()
        self._engine.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """For writing: all or nothing."""
        with self._turn, self._translated(), self._engine.connect() as connection:
            connection.execution_options(**{_WRITES: True})
            with connection.begin():
                if self._claim is not None and self._claimed:
                    self._claim.check(connection)
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """For reading, from one state of the data."""
        with self._turn, self._translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            if not is_of_database(error):
                raise
            raise translated(error, self.location) from error

    def _claim_directory(self) -> None:
        """Two programs that keep the alerts of the same clusters in one file would overwrite each other's."""
        directory = self.location.directory
        if directory is None or self._lock is not None:
            return
        try:
            self._lock = os.open(directory / "lagwatch.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise _unusable(directory, error) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            self._lock = None
            raise StoreError(
                f"another lagwatch uses the data directory {directory}; stop it, or give this one a directory of its own with "
                f"store.data_dir."
            ) from None
        except OSError:
            return  # a file system without locks: nothing to claim with


def _unusable(directory: Path, error: OSError) -> StoreError:
    full = error.errno in (28, 122)  # ENOSPC, EDQUOT
    kind = StoreAway if full else StoreError
    return kind(
        f"the data directory {directory} cannot be written: {error.strerror}; check its owner, permissions and space."
    )


def _engine(location: Location) -> Engine:
    if not location.sqlite:
        engine = create_engine(
            location.url,
            hide_parameters=True,
            pool_size=2,
            max_overflow=3,
            pool_timeout=LOCK_WAIT_S,
            pool_pre_ping=True,
            # Prepared statements and pgbouncer do not go together, and here they would save nothing.
            connect_args={"connect_timeout": CONNECT_S, "application_name": "lagwatch", "prepare_threshold": None},
        )
        event.listen(engine, "begin", _limit_time)
        return engine
    memory = {} if location.durable else {"poolclass": StaticPool}
    engine = create_engine(
        location.url,
        hide_parameters=True,
        connect_args={"timeout": LOCK_WAIT_S, "check_same_thread": False},
        **memory,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _limit_time(connection: Connection) -> None:
    for name, seconds in (("statement_timeout", STATEMENT_S), ("lock_timeout", LOCK_WAIT_S)):
        connection.exec_driver_sql(f"SET LOCAL {name} = {int(seconds * 1000)}")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says so, not where Python's module guesses
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "journal_size_limit = 16777216", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that begins to write only later could find that another has written meanwhile, and fail for good.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
