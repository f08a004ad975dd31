"""What databases complain of, as sentences for the person who must act, and whether waiting can help. No secrets."""

import sqlite3

from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lagwatch.errors import StoreAway, StoreError
from lagwatch.store.location import Location

_SQLITE = {
    "SQLITE_FULL": "the disk is full; free some space",
    "SQLITE_BUSY": "another program holds a lock on it; end that program",
    "SQLITE_LOCKED": "another program holds a lock on it; end that program",
    "SQLITE_READONLY": "it may not be written; check its owner and permissions, and those of its directory",
    "SQLITE_CANTOPEN": "it cannot be opened; check the directory and its permissions, and that the disk is not full",
    "SQLITE_IOERR": "the disk failed to read or write; check it, its space and its quota",
    "SQLITE_CORRUPT": "the file is damaged; stop lagwatch and move the file away, then it begins with a new one",
    "SQLITE_NOTADB": "the file is no SQLite database; move it away, or choose another store.data_dir",
}
_LASTING_SQLITE = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_CANTOPEN", "SQLITE_READONLY")
_LASTING_POSTGRES = {
    "28": "the server refuses the user name or the password in store.database",
    "3D": "the server has no such database; create it, or correct store.database",
    "42": "the user of store.database lacks rights, or the tables are not those of lagwatch",
    "3F": "the user of store.database may create no tables; grant it CREATE on its schema",
}
_PASSING_POSTGRES = {
    "53": "the server is out of disk space, memory or connections",
    "57": "the server cancelled the work, is starting or shutting down",
    "55": "another session holds a lock; end that session",
    "25": "the server takes no writes (a standby, or read only)",
}
_TOO_LARGE = "54"  # a value that the server takes from nobody


def is_of_database(error: SQLAlchemyError) -> bool:
    """Whether the database is at fault, not what is to be written: to write something else would fail too."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = _state(error.orig)[:2]
    if state == _TOO_LARGE:
        return False
    kinds = (OperationalError, InterfaceError, InternalError)
    # SQLite calls a file that is damaged, or none of its own, a DatabaseError and nothing narrower.
    return (
        isinstance(error, kinds)
        or type(error) is DatabaseError
        or state in _LASTING_POSTGRES
        or state in _PASSING_POSTGRES
    )


def translated(error: SQLAlchemyError, location: Location) -> StoreError:
    """The error as a sentence: StoreAway if what is wrong may pass by itself, StoreError if somebody has to act first."""
    reason, lasting = _reason(error)
    kind = StoreError if lasting else StoreAway
    return kind(location.mask(f"the store {location} cannot be used: {reason}."))


def _reason(error: SQLAlchemyError) -> tuple[str, bool]:
    if isinstance(error, PoolTimeout):
        return "all connections to it are busy", False
    cause = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", "") or ""
        base = "_".join(name.split("_")[:2])
        return _SQLITE.get(base, str(cause)), base in _LASTING_SQLITE
    if cause is None:
        return f"{type(error).__name__}: {error}", False
    state = _state(cause)
    lasting = _LASTING_POSTGRES.get(state[:2])
    meaning = lasting or _PASSING_POSTGRES.get(state[:2]) or "it does not answer; check that it runs and can be reached"
    # While a connection is made there is no SQLSTATE, only the server's words.
    refused = any(
        words in str(cause) for words in ("password authentication failed", "no pg_hba.conf", "does not exist")
    )
    return f"{meaning} ({_first_line(cause)})", lasting is not None or refused


def _state(cause: BaseException | None) -> str:
    """PostgreSQL's SQLSTATE, "" where there is none."""
    return getattr(cause, "sqlstate", None) or ""


def _first_line(cause: BaseException) -> str:
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0].rstrip(".")
