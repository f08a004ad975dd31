"""The file that the history of lag is kept in: taken up, written now and then, and never in the way."""

import io
import json
import logging
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lagwatch.analyze.history import History
from lagwatch.analyze.view import view
from lagwatch.app.histories import HistoryFile
from lagwatch.errors import StoreAway, StoreError
from lagwatch.store import columns_file
from tests.support.build import T0, group, snapshot, topic

STEP = 30.0


def polled(history: History, *polls: int, cluster_id: str = "abc") -> History:
    for k in polls:
        facts = {"orders": topic((0, 100 * k))}, {"billing": group({"orders": [150]})}
        view(history, snapshot(*facts, at=T0 + STEP * k, cluster_id=cluster_id))
    return history


def kept_in(
    directory: Path, cluster: str = "main", *, at: int = 0, every_s: float = 300.0, timer=lambda: 0.0
) -> HistoryFile:
    return HistoryFile(directory, cluster, every_s, clock=lambda: T0 + STEP * at, timer=timer)


def events(caplog) -> list[str]:
    return [record.message for record in caplog.records if record.name == "lagwatch.app.histories"]


@pytest.fixture(autouse=True)
def all_levels(caplog):
    caplog.set_level(logging.DEBUG, logger="lagwatch.app.histories")


def test_what_was_written_is_taken_up(tmp_path, caplog):
    kept_in(tmp_path, "größe/1").close(polled(History(), *range(1, 20)))
    found = kept_in(tmp_path, "größe/1", at=20).restore(History())
    assert len(found.time_lags.ends) == 19
    assert [path.name for path in (tmp_path / "history").iterdir()] == ["gr%C3%B6%C3%9Fe%2F1.npz"]
    assert [message for message in events(caplog) if "taken up" in message] != []


def test_without_a_directory_nothing_is_kept_and_without_a_file_nothing_taken_up(tmp_path, caplog):
    history = polled(History(), 1, 2)
    nowhere = HistoryFile(None, "main", 300.0)
    assert nowhere.restore(history) is history
    nowhere.record(history)
    nowhere.close(history)
    assert kept_in(tmp_path).restore(history) is history
    assert events(caplog) == []


def test_it_is_written_after_the_first_poll_and_then_when_it_is_time(tmp_path):
    now = [0.0]
    file, history = kept_in(tmp_path, timer=lambda: now[0]), History()
    written = []
    for k in range(1, 25):
        polled(history, k)
        now[0] = STEP * k
        file.record(history)
        for thread in threading.enumerate():
            if thread.name == "history-main":
                thread.join()
        written.append(columns_file.read(file.path)[0]["at"] == history.at)
    assert [k for k, fresh in enumerate(written, 1) if fresh] == [1, 11, 21]
    file.close(history)
    assert columns_file.read(file.path)[0]["at"] == history.at


def test_nothing_is_written_before_the_first_good_poll(tmp_path):
    file = kept_in(tmp_path)
    file.record(History())
    file.close(History())
    assert not file.path.exists()


def written(path: Path, **members: object) -> None:
    """A file like ours that holds these arrays."""
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        np.savez(file, **members)


def foreign(path: Path):
    """What may be there instead of our file."""
    kept_in(path.parent.parent).close(polled(History(), *range(1, 9)))
    whole = path.read_bytes()
    about = np.frombuffer(json.dumps({"what": "history of lag", "version": 1}).encode(), dtype=np.uint8)
    yield b""
    yield b"not a zip"
    yield whole[: len(whole) // 2]
    yield whole[:200] + b"\0" * 64 + whole[264:]
    pickled = io.BytesIO()
    np.savez(pickled, about=np.array([{"a": 1}], dtype=object))
    yield pickled.getvalue()
    for members in ({"about": about}, {"ends": np.zeros((2, 2))}, {"about": np.frombuffer(b"[1]", dtype=np.uint8)}):
        plain = io.BytesIO()
        np.savez(plain, **members)
        yield plain.getvalue()
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("readme.txt", "hello")
    yield other.getvalue()


def test_a_file_that_is_damaged_or_something_else_is_passed_over_and_replaced(tmp_path, caplog):
    file = kept_in(tmp_path)
    for content in list(foreign(file.path)):
        caplog.clear()
        file.path.write_bytes(content)
        new = History()
        assert kept_in(tmp_path, at=10).restore(new) is new
        assert events(caplog)[0].startswith("history of lag not taken up"), content[:40]
        kept_in(tmp_path).close(polled(new, 1, 2))
        assert len(kept_in(tmp_path, at=3).restore(History()).time_lags.ends) == 2


def test_the_history_of_a_newer_lagwatch_is_not_understood(tmp_path, caplog):
    file = kept_in(tmp_path)
    file.close(polled(History(), 1, 2))
    about, columns = columns_file.read(file.path)
    columns_file.write(file.path, about | {"version": 2}, columns)
    new = History()
    assert kept_in(tmp_path).restore(new) is new
    assert "version 2" in caplog.records[-1].getMessage() or "version 2" in str(caplog.records[-1].__dict__)


def test_that_it_is_another_clusters_is_told_once_that_is_known(tmp_path, caplog):
    kept_in(tmp_path).close(polled(History(), *range(1, 9), cluster_id="abc"))
    file = kept_in(tmp_path, at=9)
    history = file.restore(History())
    file.record(history)
    assert [message for message in events(caplog) if "another" in message] == []
    file = kept_in(tmp_path, at=9)
    file.restore(History())
    file.record(polled(History(), 9, cluster_id="other"))
    file.record(polled(History(), 10, cluster_id="other"))
    assert len([message for message in events(caplog) if "another cluster" in message]) == 1


def test_a_file_that_cannot_be_written_is_told_once_and_the_old_one_stays(tmp_path, caplog):
    file = kept_in(tmp_path)
    history = polled(History(), 1)
    file.close(history)
    before = file.path.read_bytes()
    blocked = kept_in(tmp_path)
    blocked.path = tmp_path / "history" / "main.npz" / "below-a-file.npz"
    for k in (2, 3):
        blocked.close(polled(history, k))
    assert len([message for message in events(caplog) if "not written" in message]) == 1
    assert file.path.read_bytes() == before
    assert [path.name for path in (tmp_path / "history").iterdir()] == ["main.npz"]


def test_reading_a_directory_or_writing_into_a_file_are_errors_of_the_store(tmp_path):
    with pytest.raises(StoreAway):
        columns_file.read(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreAway):
        columns_file.write(tmp_path / "file" / "x.npz", {}, {})
    written(tmp_path / "history" / "main.npz", nothing=np.zeros(1))
    with pytest.raises(StoreError, match="does not say what it is"):
        columns_file.read(tmp_path / "history" / "main.npz")
