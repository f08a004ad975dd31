"""Time lag on a real Kafka, against records of which it is known when they were appended."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from lagwatch.analyze.history import History
from lagwatch.analyze.view import view
from lagwatch.model.view import View
from tests.kafka.collecting import only, reading
from tests.kafka.support import client, commit, create_topic, unique
from tests.support.service import Service, serving

POLL_S = 1.0
CLOCK_S = 0.25
"""Between asking for the log ends and having them, and between two clocks of one computer."""


def append(bootstrap: str, topic: str, ages_s: list[float]) -> None:
    """One record for each age, with the timestamp that a producer gives."""
    producer, now, failed = Producer(client(bootstrap)), time.time(), []
    for age in ages_s:
        producer.produce(
            topic,
            b"x",
            partition=0,
            timestamp=round(1000 * (now - age)),
            on_delivery=lambda error, _: failed.append(error) if error else None,
        )
    assert producer.flush(30) == 0
    assert failed == []


def appended(bootstrap: str, topic: str, count: int) -> list[float]:
    """When the first records were appended, as the broker has written down; seconds since the epoch."""
    consumer = Consumer(client(bootstrap, group_id=unique("look"), enable_auto_commit=False))
    consumer.assign([TopicPartition(topic, 0, 0)])
    times: list[float] = []
    try:
        while len(times) < count:
            found = consumer.consume(count - len(times), timeout=10)
            assert found, f"{len(times)} of {count} records"
            times += [message.timestamp()[1] / 1000 for message in found]
    finally:
        consumer.close()
    return times


@contextmanager
def traffic(bootstrap: str, topic: str, every_s: float) -> Iterator[None]:
    """A record now and then, one at a time, until the end of the `with`."""
    over = threading.Event()

    def run() -> None:
        producer = Producer(client(bootstrap, linger_ms=0))
        while not over.wait(every_s):
            producer.produce(topic, b"x", partition=0)
            producer.flush(10)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(20)


def lags(seen: View, group: str) -> tuple[float, bool, int]:
    """Time lag, whether it is a lower bound, and the committed offset of the one partition of a group."""
    place = [each.name for each in seen.snapshot.groups].index(group)
    (row,) = [row for row, owner in enumerate(seen.snapshot.commits.group) if owner == place]
    return float(seen.time_lag_s[row]), bool(seen.time_lag_bound[row]), int(seen.snapshot.commits.offset[row])


def follow(cluster, topic: str, polls: int, every_s: float, steps: int) -> None:
    """Polls beside traffic, a group that commits `steps` records a poll and one that is stuck, held to the truth."""
    slow, stuck = unique("time-slow"), unique("time-stuck")
    commit(cluster.bootstrap, slow, {(topic, 0): 0})
    history, views, due = History(), [], time.monotonic()
    with (
        traffic(cluster.bootstrap, topic, every_s),
        reading(cluster.bootstrap, topics=only(topic), groups=only(slow, stuck)) as reader,
    ):
        for k in range(polls):
            views.append(view(history, reader.read()))
            end = int(views[-1].snapshot.partitions.end[0])
            commit(cluster.bootstrap, slow, {(topic, 0): min(steps * k, end)})
            if k == 3:
                commit(cluster.bootstrap, stuck, {(topic, 0): end})
            due += POLL_S
            time.sleep(max(0.0, due - time.monotonic()))
    truth = appended(cluster.bootstrap, topic, int(views[-1].snapshot.partitions.end[0]))
    # A busy computer polls late: a poll interval is what was between two polls.
    interval = max(after.snapshot.at - seen.snapshot.at for seen, after in pairwise(views))
    exact, before = 0, (0.0, 0.0)
    for seen in views[1:]:
        at = seen.snapshot.at
        value, bound, committed = lags(seen, slow)
        if committed < int(seen.snapshot.partitions.end[0]):
            true = max(0.0, at - truth[committed])
            exact += not bound
            assert value <= true + CLOCK_S if bound else abs(value - true) <= interval + CLOCK_S
        if any(group.name == stuck for group in seen.snapshot.groups):
            value, bound, committed = lags(seen, stuck)
            if value > 0:
                assert abs(value - (at - truth[committed])) <= interval + CLOCK_S
                assert not bound
                if before[1] > 0:
                    assert value - before[1] == pytest.approx(at - before[0], abs=0.01)
                before = (at, value)
    assert exact > polls / 5
    assert before[1] > POLL_S * (polls - 8)


def test_inside_the_history_it_is_right_to_a_poll_and_it_grows_while_a_group_is_stuck(cluster):
    topic = create_topic(cluster.bootstrap, unique("time"), config={"message.timestamp.type": "LogAppendTime"})
    follow(cluster, topic, polls=12, every_s=0.1, steps=6)


@pytest.mark.slow
@pytest.mark.parametrize("every_s, steps", [(0.02, 30), (0.7, 1), (3.5, 1)])
def test_the_same_for_minutes_at_other_speeds(cluster, every_s, steps):
    topic = create_topic(cluster.bootstrap, unique("time"), config={"message.timestamp.type": "LogAppendTime"})
    follow(cluster, topic, polls=90, every_s=every_s, steps=steps)


def test_at_the_start_the_brokers_tell_how_old_records_are_at_least(cluster):
    topic = create_topic(cluster.bootstrap, unique("time-old"))
    append(cluster.bootstrap, topic, [90_000, 7_000, 1_000, 100, 5])
    groups = {committed: unique(f"time-old-{committed}") for committed in range(6)}
    for committed, group in groups.items():
        commit(cluster.bootstrap, group, {(topic, 0): committed})
    with reading(cluster.bootstrap, topics=only(topic), groups=only(*groups.values())) as reader:
        first = reader.read()
        second = reader.read()
    assert (first.gaps, second.anchors) == ((), ())
    history = History()
    seen, later = view(history, first), view(history, second)
    found = {committed: lags(seen, group)[:2] for committed, group in groups.items()}
    assert found == {0: (86_400, True), 1: (3_600, True), 2: (900, True), 3: (60, True), 4: (0, True), 5: (0, False)}
    assert lags(later, groups[1])[0] == pytest.approx(3_600 + second.at - first.at, abs=0.01)


def time_lag(service: Service, group: str) -> tuple[float, bool] | None:
    """(seconds, whether that is a lower bound) of the group, as the API tells; None before the first poll."""
    answer = service.get(f"/api/v1/clusters/main/groups/{group}")
    if answer.status_code != 200 or answer.json()["time_lag_s"] is None:
        return None
    return answer.json()["time_lag_s"], answer.json()["time_lag_is_lower_bound"]


def configure(directory: Path, bootstrap: str, topic: str) -> None:
    (directory / "lagwatch.yaml").write_text(
        f"""
        clusters: [{{name: main, bootstrap: "{bootstrap}", interval: 1s, topics: {{include: ["{topic}"]}}}}]
        store: {{data_dir: data, lag_history_every: 1s}}
        """
    )


def fall_behind(bootstrap: str, service: Service, topic: str, group: str) -> float:
    """When the record was appended that the group then has not read; its time lag is known exactly."""
    for read in range(5):
        append(bootstrap, topic, [0])
        at = time.time()
        service.wait_for(lambda: (time_lag(service, group) or (0, True))[0] > 3, "the group is behind")
        found = time_lag(service, group)
        if found is not None and not found[1]:
            return at
        commit(bootstrap, group, {(topic, 0): read + 1})  # a busy machine came too late to a poll: another record
        service.wait_for(lambda: time_lag(service, group) == (0, False), "the group has caught up")
    raise AssertionError("each time a poll was late")


def test_a_service_that_is_killed_knows_it_again_afterwards(cluster, tmp_path):
    topic = create_topic(cluster.bootstrap, unique("time-kept"))
    group = unique("time-kept")
    commit(cluster.bootstrap, group, {(topic, 0): 0})
    configure(tmp_path, cluster.bootstrap, topic)
    with serving(tmp_path) as service:
        service.wait_for_event("poll", count=3)
        at = fall_behind(cluster.bootstrap, service, topic, group)
        service.send(signal.SIGKILL)
        service.process.wait(10)
    with serving(tmp_path) as service:
        assert service.wait_for_event("history of lag taken up")["cluster"] == "main"
        value, bound = service.wait_for(lambda: time_lag(service, group), "the first poll")
        assert (value, bound) == (pytest.approx(time.time() - at, abs=2), False)
        assert service.stop() == 0


@pytest.mark.slow
def test_a_file_that_is_damaged_is_passed_over_and_written_anew(cluster, tmp_path):
    topic, group = create_topic(cluster.bootstrap, unique("time-damaged")), unique("time-damaged")
    append(cluster.bootstrap, topic, [0])
    commit(cluster.bootstrap, group, {(topic, 0): 0})
    configure(tmp_path, cluster.bootstrap, topic)
    kept = tmp_path / "data" / "history" / "main.npz"
    with serving(tmp_path) as service:
        service.wait_for_event("poll", count=3)
        assert service.stop() == 0
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2])
    with serving(tmp_path) as service:
        assert "damaged" in service.wait_for_event("history of lag not taken up")["error"]
        assert service.wait_for(lambda: time_lag(service, group), "the first poll")[1] is True
        assert service.stop() == 0
    assert kept.stat().st_size > len(whole) // 2
