"""Every kind of database that the store knows, a fresh one for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lagwatch.store import Location, Retention, Store, at_server, in_directory, in_memory
from tests.support.postgres import Postgres, postgres


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """A PostgreSQL that runs for all tests; who stops it starts it again."""
    with postgres() as running:
        yield running


@pytest.fixture(params=["file", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """A database that outlives the process."""
    if request.param == "file":
        return in_directory(tmp_path / "data")
    server: Postgres = request.getfixturevalue("server")
    return at_server(server.database())


@pytest.fixture(params=["memory", "file", "postgres"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """Any database."""
    if request.param == "memory":
        return in_memory()
    server: Postgres | None = request.getfixturevalue("server") if request.param == "postgres" else None
    return in_directory(tmp_path / "data") if server is None else at_server(server.database())


Open = Callable[..., Store]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens stores, and closes them after the test; those of one location one after the other."""
    stores: list[Store] = []

    def opened(location: Location, retention: Retention | None = None, **more: object) -> Store:
        while stores:
            stores.pop().close()
        store = Store(location, retention, **more)  # type: ignore[arg-type]
        store.open()
        stores.append(store)
        return store

    yield opened
    while stores:
        stores.pop().close()
