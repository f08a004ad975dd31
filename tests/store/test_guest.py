"""The audit log takes entries of commands, also while a lagwatch runs on the store."""

import sqlite3

import pytest

from lagwatch.errors import StoreError
from lagwatch.store import in_directory
from lagwatch.store.guest import Guest
from tests.support.keeping import audit


def test_a_guest_writes_beside_the_lagwatch_that_runs(location, opened):
    store = opened(location)
    guest = Guest(location)
    guest.add_audit(audit("e1", action="offsets.apply", subject="billing"))
    guest.close()
    store.add_audit(audit("e2"))
    assert [entry.id for _, entry in store.audit()] == ["e2", "e1"]


def test_a_guest_on_an_empty_store_makes_it_and_a_lagwatch_opens_it_afterwards(location, opened):
    guest = Guest(location)
    guest.add_audit(audit("e1"))
    guest.close()
    assert [entry.id for _, entry in opened(location).audit()] == ["e1"]


def test_a_guest_leaves_tables_of_another_version_alone(tmp_path, opened):
    location = in_directory(tmp_path)
    opened(location).close()
    with sqlite3.connect(tmp_path / "lagwatch.db") as connection:
        connection.execute("UPDATE lagwatch_schema SET version_num = '0001'")
    connection.close()
    guest = Guest(location)
    with pytest.raises(StoreError, match="has schema version 0001, and this lagwatch writes version"):
        guest.add_audit(audit("e1"))
    guest.close()


def test_a_store_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "lagwatch.db").write_text("this is no database at all, but it is long enough to be looked at" * 20)
    guest = Guest(in_directory(tmp_path))
    with pytest.raises(StoreError, match="the file is no SQLite database"):
        guest.add_audit(audit("e1"))
    guest.close()
