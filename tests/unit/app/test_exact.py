"""Records are read beside the polls: what is read, what the next snapshot carries, and that nobody waits."""

import threading
import time
from collections.abc import Callable

import pytest

from lagwatch.app.exact import ExactReader
from lagwatch.errors import RecordsError
from lagwatch.model.snapshot import Gap, RecordTime, Snapshot
from lagwatch.records.read import NO_RECORD, Read
from tests.support.build import T0, group, snapshot, topic, view

FACTS = snapshot({"orders": topic((0, 100), (0, 100))}, {"billing": group({"orders": [10, 20]})})


class Cluster:
    """A reader that always sees the same, and says whether it was closed."""

    def __init__(self) -> None:
        self.closed = False

    def read(self) -> Snapshot:
        return FACTS

    def close(self) -> None:
        self.closed = True


class Records:
    """Timestamps by record; a record that has none is missing for the given reason. `wait` is done before each answer."""

    def __init__(self, at, reason="TOPIC_AUTHORIZATION_FAILED", wait: Callable[[], object] = lambda: None) -> None:
        self.at, self.reason, self.wait = at, reason, wait
        self.asked: list[list] = []
        self.closed = threading.Event()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed.set()

    def read(self, records, within_s):
        self.asked.append(list(records))
        self.wait()
        found = Read()
        for record in self.asked[-1]:
            if record in self.at:
                found.at[record] = self.at[record]
            else:
                found.missing[record] = self.reason
        return found


def exact(records, **options) -> ExactReader:
    return ExactReader("main", Cluster(), lambda: records, partitions=10, interval_s=30.0, **options)


def until(check: Callable[[], object]):
    deadline = time.monotonic() + 20
    while not (answer := check()):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return answer


def test_the_next_snapshot_carries_what_was_read_and_what_was_refused():
    records = Records({("orders", 0, 10): T0 - 500})
    reader = exact(records)
    assert reader.read().record_times == ()
    reader.look(view(FACTS))
    seen = until(lambda: reader.read() if reader.read().record_times else None)
    assert seen.record_times == (RecordTime("orders", 0, 10, T0 - 500),)
    (gap,) = seen.gaps
    assert isinstance(gap, Gap)
    assert (gap.part, gap.reason, gap.count, gap.first) == ("record_times", "TOPIC_AUTHORIZATION_FAILED", 1, "orders/1")
    assert "READ on the topic" in gap.hint
    reader.close()
    assert records.closed.wait(10)
    assert reader._reader.closed


def test_what_is_known_is_not_read_again_and_what_nobody_wants_any_more_is_forgotten():
    records = Records({("orders", 0, 10): T0 - 500, ("orders", 1, 20): T0 - 400, ("orders", 0, 11): T0 - 300})
    reader = exact(records)
    reader.look(view(FACTS))
    until(lambda: len(reader.read().record_times) == 2)
    moved = snapshot({"orders": topic((0, 100), (0, 100))}, {"billing": group({"orders": [11, 20]})})
    reader.look(view(moved))
    until(lambda: RecordTime("orders", 0, 11, T0 - 300) in reader.read().record_times)
    assert records.asked == [[("orders", 0, 10), ("orders", 1, 20)], [("orders", 0, 11)]]
    assert RecordTime("orders", 0, 10, T0 - 500) not in reader.read().record_times
    reader.close()


def test_that_there_is_nothing_to_read_is_no_gap():
    reader = exact(Records({("orders", 0, 10): T0}, reason=NO_RECORD))
    reader.look(view(FACTS))
    until(lambda: reader.read().record_times)
    assert reader.read().gaps == ()
    reader.close()


def test_nobody_waits_for_a_record_that_does_not_come():
    stuck = threading.Event()
    records = Records({}, wait=stuck.wait)
    reader = exact(records)
    reader.look(view(FACTS))
    until(lambda: records.asked)
    for _ in range(3):
        assert reader.read().record_times == ()
        reader.look(view(FACTS))
    assert len(records.asked) == 1
    stuck.set()
    reader.close()


def test_without_lag_no_connection_is_made():
    def never():
        pytest.fail("connected")

    reader = ExactReader("main", Cluster(), never, partitions=10, interval_s=30.0)
    reader.look(view(snapshot({"orders": topic((0, 100))}, {"billing": group({"orders": [100]})})))
    assert reader._thread is None
    reader.close()


def test_a_client_that_refuses_its_settings_is_told_and_the_polls_go_on(caplog):
    def refuse():
        raise RecordsError("the Kafka client that reads single records refuses its settings: no")

    reader = ExactReader("main", Cluster(), refuse, partitions=10, interval_s=30.0)
    reader.look(view(FACTS))
    until(lambda: [record for record in caplog.records if record.message == "records cannot be read"])
    reader.look(view(FACTS))
    assert reader.read().record_times == ()
    reader.close()
