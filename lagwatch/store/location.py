"""Where the store is: a file in the data directory, a PostgreSQL server, or nowhere but in memory."""

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from lagwatch.errors import StoreError

FILE = "lagwatch.db"
"""The file in the data directory."""


@dataclass(frozen=True, slots=True)
class Location:
    """`url` holds the password, and is never shown; `directory` is None where there is no file."""

    url: URL = field(repr=False)
    directory: Path | None = None

    @property
    def durable(self) -> bool:
        """Whether what is stored outlives the process."""
        return self.url.database is not None

    @property
    def sqlite(self) -> bool:
        """Whether it is SQLite."""
        return self.url.get_backend_name() == "sqlite"

    def __str__(self) -> str:
        """For people: without user name and password, without parameters."""
        if not self.durable:
            return "memory"
        if self.directory is not None:
            return str(self.directory / FILE)
        return f"postgresql://{self.url.host or 'localhost'}:{self.url.port or 5432}/{self.url.database}"

    def mask(self, text: str) -> str:
        """The text without the password, should something have put it there."""
        password = self.url.password
        return text.replace(str(password), "***") if password else text


def in_memory() -> Location:
    """Nothing outlives the process."""
    return Location(URL.create("sqlite"))


def in_directory(directory: Path) -> Location:
    """A file in a directory, which is made; raises StoreError."""
    try:
        directory.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the data directory {directory} cannot be made: {error.strerror}; make it, writable for lagwatch, or choose another "
            f"with store.data_dir."
        ) from None
    return Location(URL.create("sqlite", database=str(directory / FILE)), directory)


def at_server(text: str) -> Location:
    """A PostgreSQL database by its URL; raises StoreError, which does not repeat the URL."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise StoreError("store.database is no URL; write it as postgresql://user:password@host:5432/name.") from None
    if url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        raise StoreError(
            "store.database must be postgresql://user:password@host:5432/name; for SQLite set store.data_dir."
        )
    if find_spec("psycopg") is None:
        raise StoreError(
            "store.database needs the PostgreSQL driver; install it with: pip install 'lagwatch[postgres]'"
        )
    return Location(url.set(drivername="postgresql+psycopg"))
