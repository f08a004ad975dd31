"""Burrow's answers about a real Kafka: groups that keep up, fall behind, stop, hang and go back."""

import time
from contextlib import ExitStack, contextmanager

import pytest

from lagwatch.app.burrow import setup
from lagwatch.model.commit_windows import WindowOptions
from lagwatch.monitor import Monitor
from lagwatch.publish.api import create_api
from lagwatch.publish.api.auth import Gate, Role, Token
from lagwatch.publish.board import Board
from lagwatch.publish.metrics.profiles import PROFILES
from tests.kafka.collecting import reading
from tests.kafka.support import commit, create_topic, member, produce, read, unique, wait_until
from tests.support.asgi import Client
from tests.support.desk import desk
from tests.support.metrics import parse_text
from tests.support.settings import settings

INTERVALS = 3
TOKEN = {"Authorization": "Bearer of-ada"}


class Watched:
    """A cluster that is polled when the test says so, and Burrow's API over it."""

    def __init__(self, bootstrap, reader, kept):
        self.bootstrap = bootstrap
        self.board = Board(profiles=PROFILES)
        self.monitor = Monitor(
            "tested",
            reader,
            (),
            interval_s=1.0,
            deadline_s=20.0,
            windows=WindowOptions(intervals=INTERVALS),
            on_latest=lambda latest, _: self.board.put(latest),
        )
        configured = settings(f"bootstrap: {bootstrap}\nname: tested\n")
        gate = Gate((Token("ada", Role.OPERATOR, lambda: "of-ada"),))
        made = setup(configured, lambda _, group, topic: self.monitor.forget(group, topic))
        self.api = Client(create_api(self.board, gate=gate, desk=kept, burrow=made))

    def poll(self):
        self.monitor.tick()
        assert self.monitor.latest.health.error == ""

    def status(self, group):
        """Status of a group, and of its partitions that are not OK."""
        found = self.api.get(f"/v3/kafka/tested/consumer/{group}/status").json()["status"]
        return found["status"], [each["status"] for each in found["partitions"]]

    def window(self, group, topic, partition=0):
        found = self.api.json(f"/v3/kafka/tested/consumer/{group}")["topics"][topic][partition]["offsets"]
        return [entry and (entry["offset"], entry["lag"]) for entry in found]


@contextmanager
def watching(bootstrap):
    with ExitStack() as stack:
        yield Watched(bootstrap, stack.enter_context(reading(bootstrap)), stack.enter_context(desk()))


@pytest.fixture(name="watched")
def _watched(cluster):
    with watching(cluster.bootstrap) as made:
        yield made


def test_groups_are_judged_by_their_last_commits(cluster, watched):
    topic = create_topic(cluster.bootstrap, unique("burrow"), partitions=2)
    good, slow, stops, back = (unique(f"burrow-{name}") for name in ("good", "slow", "stops", "back"))
    end = 0
    for i in range(4):
        produce(cluster.bootstrap, topic, {0: 20})
        end += 20
        offsets = {good: end, slow: 5 + i, stops: end - 10, back: 40 - 12 * i}
        for group, offset in offsets.items():
            commit(cluster.bootstrap, group, {(topic, 0): offset})
        watched.poll()
    assert watched.status(good) == ("OK", [])
    assert watched.status(slow) == ("WARN", ["WARN"])
    assert watched.status(back) == ("ERR", ["REWIND"])
    assert watched.status(stops)[0] in ("OK", "WARN")
    assert watched.window(good, topic) == [(40, 0), (60, 0), (80, 0)]
    assert watched.window(slow, topic) == [(6, 34), (7, 53), (8, 72)]
    assert watched.api.json(f"/v3/kafka/tested/topic/{topic}")["offsets"] == [80, 0]
    assert watched.api.json(f"/v3/kafka/tested/topic/{topic}/consumers")["consumers"] == sorted(
        (good, slow, stops, back)
    )

    def stopped():
        time.sleep(0.5)
        watched.poll()
        return watched.status(stops) == ("ERR", ["STOP"])

    wait_until(stopped, "the status of a group that is silent for longer than its window")
    found = watched.api.get(f"/v3/kafka/tested/consumer/{good}/lag").json()["status"]
    assert (found["status"], found["partition_count"], found["totallag"]) == ("OK", 2, 0)
    assert [each["complete"] for each in found["partitions"]] == [1.0, 0.0]
    metrics(watched, topic, stops)
    forgotten(watched, cluster, topic, stops)


def metrics(watched, topic, stops):
    """The same under the names of Burrow's metrics."""
    page = b"".join(watched.board.profile_pieces("burrow", ("tested",), gzip=False)).decode()
    found = {
        (s.name.removeprefix("burrow_kafka_"), s.labels.get("partition"))
        : s.value for m in parse_text(page) for s in m.samples if s.labels.get("consumer_group") == stops
    }  # fmt: skip
    assert found == {
        ("consumer_lag_total", None): 10,
        ("consumer_status", None): 3,
        ("consumer_partition_lag", "0"): 10,
        ("consumer_partition_lag", "1"): 0,
        ("consumer_current_offset", "0"): 70,
        ("topic_partition_status", "0"): 4,
    }, topic


def forgotten(watched, cluster, topic, group):
    """Who removes a group has it back with its next commit."""
    assert watched.api.request("DELETE", f"/v3/kafka/tested/consumer/{group}", headers=TOKEN).status_code == 200
    for _ in range(2):
        assert watched.api.get(f"/v3/kafka/tested/consumer/{group}").status_code == 404
        watched.poll()
    commit(cluster.bootstrap, group, {(topic, 0): 75})
    watched.poll()
    assert watched.window(group, topic) == [None, None, (75, 5)]


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_a_member_that_does_not_move_on_is_stalled_and_one_that_died_is_stopped(cluster, watched, protocol):
    topic = create_topic(cluster.bootstrap, unique("burrow"))
    group = unique("burrow-hung")
    produce(cluster.bootstrap, topic, {0: 10})
    with member(cluster.bootstrap, group, [topic], protocol=protocol) as consumer:
        read(consumer, 10)
        produce(cluster.bootstrap, topic, {0: 10})
        seen = []
        for _ in range(INTERVALS):
            watched.poll()
            seen.append(watched.status(group))
        assert seen == [("OK", []), ("OK", []), ("ERR", ["STALL"])]
        (partition,) = watched.api.json(f"/v3/kafka/tested/consumer/{group}")["topics"][topic]
        assert partition["owner"]
        assert partition["client_id"] == "rdkafka"
        assert partition["current-lag"] == 10

    def stopped():
        watched.poll()
        return watched.status(group) == ("ERR", ["STOP"])

    wait_until(stopped, "the status of a group whose member has left")
