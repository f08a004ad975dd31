"""A store that cannot be written: nobody waits for it, everybody sees it, nothing is lost silently, and it comes back by itself."""

import os
import resource
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest

from lagwatch.errors import StoreAway, StoreError
from lagwatch.store import Store, at_server, history, in_directory, keeper, outbox
from lagwatch.store.location import FILE
from tests.support.keeping import T0, audit, message, settled, state, told, transition, until
from tests.support.postgres import PASSWORD, USER

from .test_store import SILENCE


@contextmanager
def locked_file(location) -> Iterator[None]:
    """Another program holds the database."""
    other = sqlite3.connect(location.url.database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.close()


@contextmanager
def locked_tables(location) -> Iterator[None]:
    """Another session holds all tables."""
    with psycopg.connect(location.url.set(drivername="postgresql").render_as_string(hide_password=False)) as other:
        names = [row[0] for row in other.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'lagwatch%'")]
        other.execute(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def full_disk(_location) -> Iterator[None]:
    """Files of this process cannot become larger than a few pages: to SQLite a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


FAULTS = [
    pytest.param("file", locked_file, "another program holds a lock on it", id="a locked file"),
    pytest.param("file", full_disk, "the disk", id="a full disk"),
    pytest.param("postgres", locked_tables, "another session holds a lock", id="locked tables"),
]


@pytest.mark.parametrize(("location", "broken", "reason"), FAULTS, indirect=["location"])
def test_the_watch_goes_on_and_all_is_written_when_the_store_is_back(location, opened, broken, reason):
    store = opened(location)
    store.load_alert_state("main")
    store.record("main", state(T0, billing=0.0), [transition()], [message("before")], [told(n=0)])
    settled(store)
    told_of: list[bool] = []
    store.listen(lambda: told_of.append(store.health().ok))
    with broken(location):
        started = time.perf_counter()
        for n in range(1, 51):
            change = transition(at=T0 + n)
            store.record(
                "main", state(T0 + n, billing=float(n)), [change], [message(f"m{n}", key=f"k{n}")], [told(n=n)]
            )
        waited_s = time.perf_counter() - started
        assert not any(entry.message.id == "m1" for entry in store.outbox.due("hook", T0 + 99))
        health = until(lambda: (found := store.health()).sentence and found, "the fault is seen")
        assert waited_s < keeper.ANSWER_S, "somebody waited for the store"
        assert not health.ok
        assert reason in health.sentence
        assert str(location) in health.sentence
        assert health.since is not None
        assert health.pending == 1 + 50 + 50 + 1
        until(lambda: False in told_of, "it is told")
        # Nobody is kept from being paged: what waits is sent from memory, once.
        due = store.outbox.due("hook", T0 + 99)
        assert [entry.message.id for entry in due] == ["before", *(f"m{n}" for n in range(1, 51))]
        for entry in due[:30]:
            store.outbox.sent(entry.message.id, T0 + 100)
        store.outbox.again("m40", T0 + 200, "it answered 500")
        assert len(store.outbox.due("hook", T0 + 99)) == 20
        with pytest.raises(StoreAway, match=r"cannot be used|does not answer"):
            store.put_silence(SILENCE, audit("refused"))
        assert store.silences() == []
    until(lambda: store.health().ok, "the store is back")
    settled(store)
    assert store.health().since is None
    assert store.health().dropped == {}
    assert store.load_alert_state("main") == state(T0 + 50, billing=50.0)
    assert [entry.transition.at for entry in store.history(limit=1_000)] == [T0 + n for n in range(50, -1, -1)]
    assert store.outbox.told("main") == [told(n=50)]
    store = opened(location)
    assert [entry.message.id for entry in store.outbox.due("hook", T0 + 300)] == [f"m{n}" for n in range(30, 51)]
    assert store.audit() == []


@pytest.mark.parametrize(("location", "broken", "_reason"), FAULTS, indirect=["location"])
def test_a_store_that_is_away_at_the_start_is_taken_up_when_it_is_back(location, opened, broken, _reason):
    store = opened(location)
    store.load_alert_state("main")
    store.record("main", state(billing=60.0), [transition()], [message("old", key="o")], [told("old", n=1)])
    store.put_silence(SILENCE)
    store.close()
    with broken(location):
        store = Store(location)
        store.open()
        assert not store.health().ok
        with pytest.raises(StoreAway):
            store.load_alert_state("main")
        with pytest.raises(StoreAway):
            store.history()
        store.record("main", state(T0 + 30), [transition(at=T0 + 30)], [message("new")], [told("new", n=1)])
        assert [entry.message.id for entry in store.outbox.due("hook", T0 + 60)] == ["new"]
    until(lambda: store.health().ok, "the store is back")
    # The newest state must not be written over one that nobody has read.
    assert store.load_alert_state("main") == state(billing=60.0)
    assert [entry.message.id for entry in store.outbox.due("hook", T0 + 60)] == ["old", "new"]
    assert {each.key for each in store.outbox.told("main")} == {"old", "new"}
    assert store.silences() == [SILENCE]
    until(lambda: len(store.history()) == 2, "the history is written")
    store.close()


def test_what_waits_is_bounded_and_what_is_dropped_is_counted(location, opened, monkeypatch):
    monkeypatch.setattr(history, "MOST_WAITING", 100)
    monkeypatch.setattr(outbox, "MOST_PENDING", 50)
    monkeypatch.setattr(outbox, "MOST_UNWRITTEN", 20)
    broken = locked_file if location.sqlite else locked_tables
    store = opened(location)
    store.load_alert_state("main")
    with broken(location):
        store.record("main", state(T0, billing=0.0))
        until(lambda: not store.health().ok, "the fault is seen")
        for n in range(130):
            store.record(
                "main", state(T0 + n, billing=float(n)), [transition(at=T0 + n)], [message(f"m{n}", at=T0 + n)]
            )
        health = store.health()
        assert health.dropped == {"history": 30, "message": 60}
        assert health.pending == 1 + 100 + 70
    until(lambda: store.health().ok, "the store is back")
    settled(store)
    assert [entry.transition.at for entry in store.history(limit=1_000)] == [T0 + n for n in range(129, 29, -1)]
    assert store.outbox.health("hook").pending == 50
    assert store.outbox.health("hook").dead == 80
    letter = store.notice("m79")
    assert letter is not None
    assert "more than" in letter.last_error


def test_a_server_that_stops_and_starts_again(server, opened):
    store = opened(at_server(server.database()))
    store.load_alert_state("main")
    store.record("main", state(billing=1.0), [transition()])
    settled(store)
    server.stop()
    try:
        store.record("main", state(T0 + 1, billing=2.0), [transition(at=T0 + 1)], [message("m1")])
        health = until(lambda: (found := store.health()).sentence and found, "the fault is seen")
        assert "check that it runs and can be reached" in health.sentence
        assert PASSWORD not in health.sentence
        assert store.outbox.due("hook", T0 + 9)
        with pytest.raises(StoreError) as away:
            store.history()
        assert PASSWORD not in str(away.value)
    finally:
        server.start()
    until(lambda: store.health().ok, "the store is back")
    assert len(store.history()) == 2
    assert store.load_alert_state("main") == state(T0 + 1, billing=2.0)


def test_a_server_that_hangs_keeps_nobody_waiting(server, opened, monkeypatch):
    monkeypatch.setattr(keeper, "HANGS_S", 1.0)
    monkeypatch.setattr("lagwatch.store.core.HANGS_S", 1.0)
    store = opened(at_server(server.database()))
    store.load_alert_state("main")
    settled(store)
    server.send(signal.SIGSTOP)
    try:
        store.record("main", state(billing=1.0), [transition()], [message("m1")])
        health = until(lambda: (found := store.health()).sentence and found, "the fault is seen")
        assert "has not answered for" in health.sentence
        assert [entry.message.id for entry in store.outbox.due("hook", T0 + 9)] == ["m1"]
        with pytest.raises(StoreAway):
            store.history()
    finally:
        server.send(signal.SIGCONT)
    until(lambda: store.health().ok, "the store is back")
    settled(store)
    assert len(store.history()) == 1


def test_what_a_person_asked_for_while_the_server_hung_is_not_said_to_be_done(server, opened, monkeypatch):
    monkeypatch.setattr(keeper, "ANSWER_S", 0.5)
    store = opened(at_server(server.database()))
    server.send(signal.SIGSTOP)
    try:
        with pytest.raises(StoreAway, match="does not answer"):
            store.put_silence(SILENCE)
        with pytest.raises(StoreAway, match="nothing was changed"):
            store.put_silence(replace(SILENCE, id="s2"))
    finally:
        server.send(signal.SIGCONT)
    store.put_silence(replace(SILENCE, id="s3"))
    assert "s2" not in {silence.id for silence in store.silences()}


LASTING = {
    "no database at all": (lambda file: file.write_bytes(b"something else entirely " * 100), "no SQLite database"),
    "a directory": (lambda file: file.mkdir(), "cannot be opened"),
}


@pytest.mark.parametrize("spoil", LASTING)
def test_a_file_that_cannot_be_used_is_refused_at_the_start(tmp_path, spoil):
    change, reason = LASTING[spoil]
    change(tmp_path / FILE)
    with pytest.raises(StoreError, match=reason) as refused:
        Store(in_directory(tmp_path)).open()
    assert not isinstance(refused.value, StoreAway)
    assert str(tmp_path) in str(refused.value)


def test_a_directory_that_cannot_be_made_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot be made.*store\.data_dir"):
        in_directory(tmp_path / "file" / "data")


def test_two_programs_do_not_share_a_directory(tmp_path, opened):
    opened(in_directory(tmp_path))
    second = Store(in_directory(tmp_path))
    with pytest.raises(StoreError, match="another lagwatch uses the data directory"):
        second.open()


REFUSED = {
    "password": (
        f"postgresql://{USER}:hunter2@127.0.0.1:{{port}}/postgres",
        "refuses the user name or the password|does not",
    ),
    "user": ("postgresql://nobody-knows:hunter2@127.0.0.1:{port}/postgres", "password authentication failed"),
    "database": (f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{{port}}/nowhere", "does not exist"),
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_a_server_that_refuses_us_is_said_at_the_start_without_the_password(server, wrong):
    url, reason = REFUSED[wrong]
    with pytest.raises(StoreError, match=reason) as refused:
        Store(at_server(url.format(port=server.port))).open()
    assert not isinstance(refused.value, StoreAway)
    assert "hunter2" not in str(refused.value)
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    "wrong", ["mysql://u:hunter2@h/d", "postgresql://u:hunter2@h", "hunter2", "postgresql://u:hunter2@h:port/d"]
)
def test_an_address_that_is_none_is_refused_without_being_repeated(wrong):
    with pytest.raises(StoreError, match=r"store\.database") as refused:
        at_server(wrong)
    assert "hunter2" not in str(refused.value)


def test_the_password_is_in_no_repr_and_no_log(server, caplog):
    location = at_server(server.database())
    store = Store(location)
    store.open()
    for shown in (repr(location), str(location), repr(store), repr(store._core), repr(location.url), str(location.url)):
        assert PASSWORD not in shown
    store.close()
    assert PASSWORD not in caplog.text
    assert os.environ.get("PGPASSWORD") is None
