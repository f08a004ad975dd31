"""Two lagwatches on one PostgreSQL: the second is told so, and nothing of the first is overwritten."""

import time

import psycopg
import pytest

from lagwatch.errors import StoreError
from lagwatch.store import Store, at_server
from lagwatch.store.guest import Guest
from tests.support.keeping import audit
from tests.support.postgres import PASSWORD


@pytest.fixture
def impatient(monkeypatch):
    """A second one that waits for less time."""
    monkeypatch.setattr("lagwatch.store.claim.Claim.take.__defaults__", (0.3,))


def test_a_second_one_does_not_start_and_says_who_was_first(server, opened, impatient):
    url = server.database()
    first = opened(at_server(url))
    second = Store(at_server(url))
    with pytest.raises(
        StoreError, match=r"another lagwatch \(from 127\.0\.0\.1, since 20.* UTC\) uses the store"
    ) as told:
        second.open()
    assert PASSWORD not in str(told.value)
    assert "schema of its own" in str(told.value)
    first.add_audit(audit("e1"))
    assert [entry.id for _, entry in first.audit()] == ["e1"]


def test_one_after_the_other_is_fine_and_so_are_two_databases_and_two_schemas(server, opened, impatient):
    url = server.database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA eu")
    opened(at_server(url)).close()
    first = opened(at_server(url))
    others = [Store(at_server(server.database())), Store(at_server(f"{url}?options=-csearch_path%3Deu"))]
    for number, other in enumerate((first, *others)):
        if other is not first:
            other.open()
        other.add_audit(audit(f"e{number}"))
    assert [[entry.id for _, entry in store.audit()] for store in (first, *others)] == [["e0"], ["e1"], ["e2"]]
    for other in others:
        other.close()


def test_a_guest_writes_beside_the_first(server, opened):
    location = at_server(server.database())
    store = opened(location)
    guest = Guest(location)
    guest.add_audit(audit("e1"))
    guest.close()
    assert [entry.id for _, entry in store.audit()] == ["e1"]


def cut_off(url):
    """What an operator or a fault does to sessions: all of lagwatch are ended, those that claim too."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_claim_that_the_server_has_let_go_of_is_taken_again(server, opened, impatient):
    url = server.database()
    store = opened(at_server(url))
    cut_off(url)
    until(lambda: _written(store, "e1"))
    second = Store(at_server(url))
    with pytest.raises(StoreError, match="another lagwatch"):
        second.open()


def test_whoever_takes_the_tables_meanwhile_keeps_them_and_the_first_says_so(server, opened, impatient):
    url = server.database()
    first = opened(at_server(url))
    cut_off(url)
    second = Store(at_server(url))
    second.open()
    until(lambda: not _written(first, "e1") and "another lagwatch" in str(_refused(first)))
    second.add_audit(audit("e2"))
    assert [entry.id for _, entry in second.audit()] == ["e2"]
    second.close()
    until(lambda: _written(first, "e3"))


def _refused(store):
    try:
        store.add_audit(audit("x"))
    except StoreError as error:
        return error
    return None


def _written(store, name):
    try:
        store.add_audit(audit(name))
    except StoreError:
        return False
    return True
