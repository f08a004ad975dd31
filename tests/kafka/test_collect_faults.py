"""
Polls while brokers hang, crash and restart: unknown with a reason, in time, and never a wrong number.

The truth is fixed before: so many records in each partition, such commits of each group.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from confluent_kafka import Producer

from lagwatch.collect import Reader
from lagwatch.errors import ClusterUnreachable, CollectError
from lagwatch.model.snapshot import DETAIL_PARTS, UNKNOWN, Snapshot
from tests.kafka.collecting import commits, groups, offsets, only, reading, reasons, timed
from tests.kafka.support import client, commit, create_topic, delete_topic, member, produce, unique, wait_until

PARTITIONS = 12
DEADLINE_S = 16.0


@dataclass
class World:
    """What is true: records in each partition of `topic`, and commits by group and partition."""

    bootstrap: str
    topic: str
    counts: list[int]
    committed: dict[str, dict[tuple[str, int], int]]

    def reading(self) -> "contextlib.AbstractContextManager[Reader]":
        return reading(self.bootstrap, deadline_s=DEADLINE_S, groups=only(*self.committed), topics=only(self.topic))

    def check(self, snapshot: Snapshot) -> None:
        """Nothing is wrong: what is told is true, and what is not told has a reason."""
        assert list(groups(snapshot)) == sorted(self.committed), "a group came or went"
        for name, group in groups(snapshot).items():
            told = commits(snapshot, name)
            assert told == (self.committed[name] if group.known else {}), f"{name}: {told}"
        for column, truth in (("start", [0] * PARTITIONS), ("end", self.counts), ("lso", self.counts)):
            told = offsets(snapshot, column, self.topic)
            assert all(is_ in (was, UNKNOWN) for is_, was in zip(told, truth, strict=True)), f"{column}: {told}"
        if not self.complete(snapshot):
            assert snapshot.gaps, "something is unknown without a reason"
        for gap in snapshot.gaps:
            assert gap.count > 0
            assert gap.hint, f"no advice for {gap}"

    def complete(self, snapshot: Snapshot) -> bool:
        ends = offsets(snapshot, "end", self.topic)
        return all(group.known for group in snapshot.groups) and UNKNOWN not in ends and not snapshot.gaps


@pytest.fixture(scope="module")
def world(private_cluster) -> World:
    topic = create_topic(private_cluster.bootstrap, unique("faults"), PARTITIONS, replicas=3)
    counts = [10 * (p + 1) for p in range(PARTITIONS)]
    produce(private_cluster.bootstrap, topic, dict(enumerate(counts)))
    prefix = unique("faults")
    committed = {f"{prefix}-{n:02}": {(topic, p): p + n for p in range(PARTITIONS)} for n in range(24)}
    for group, wanted in committed.items():
        commit(private_cluster.bootstrap, group, wanted)
    return World(private_cluster.bootstrap, topic, counts, committed)


@pytest.fixture
def reader(world) -> Iterator[Reader]:
    """A reader that has seen everything once."""
    with world.reading() as reader:
        snapshot = wait_until(lambda: (s := timed(reader, DEADLINE_S)) and world.complete(s) and s, "a complete poll")
        world.check(snapshot)
        yield reader


def until_complete(reader: Reader, world: World, timeout_s: float = 60) -> None:
    def poll() -> bool:
        snapshot = timed(reader, DEADLINE_S)
        world.check(snapshot)
        return world.complete(snapshot)

    wait_until(poll, "a complete poll after the fault", timeout_s=timeout_s)


def test_a_cluster_that_is_not_there_is_named_with_what_was_wrong():
    with (
        reading("127.0.0.1:9,no-such-host.invalid:9092", deadline_s=4) as reader,
        pytest.raises(ClusterUnreachable) as caught,
    ):
        timed(reader, 4)
    said = str(caught.value)
    assert "127.0.0.1:9: connection refused" in said
    assert "no-such-host.invalid:9092: no-such-host.invalid cannot be resolved" in said
    assert "Check that the addresses are right" in said


def test_a_broker_that_hangs_costs_exactly_its_own_part(private_cluster, world, reader):
    leaders = timed(reader, DEADLINE_S).partitions.leader.tolist()
    coordinated = {group.name for group in timed(reader, DEADLINE_S).groups if group.coordinator == 2}
    with paused(private_cluster, 2):
        for _ in range(2):
            snapshot = timed(reader, DEADLINE_S)
            world.check(snapshot)
            # Until the controller notices, a partition that node 2 led is unknown, and the others are not.
            if snapshot.partitions.leader.tolist() == leaders:
                ends = offsets(snapshot, "end", world.topic)
                assert [end == UNKNOWN for end in ends] == [leader == 2 for leader in leaders], repr(
                    (snapshot.gaps, ends, leaders)
                )
                assert {group.name for group in snapshot.groups if not group.known} == coordinated
                # Slow facts may lack more: it may have been the controller, whom others ask about the quorum.
                assert {gap.broker for gap in snapshot.gaps if gap.part not in DETAIL_PARTS} == {2}
                # It took the first request in and said nothing; later there is no connection to it any more.
                told = {reason: count for (part, reason), count in reasons(snapshot).items() if part == "offsets"}
                assert told in ({"REQUEST_TIMED_OUT": leaders.count(2)}, {"CONNECTION_FAILED": leaders.count(2)})
    until_complete(reader, world)


def test_a_cluster_that_hangs_as_a_whole_ends_the_poll_in_time_and_the_next_one_works(private_cluster, world, reader):
    with contextlib.ExitStack() as stack:
        for number in (1, 2, 3):
            stack.enter_context(paused(private_cluster, number))
        for _ in range(2):
            with pytest.raises(ClusterUnreachable, match="tested"):
                timed(reader, DEADLINE_S)
    until_complete(reader, world)


def test_a_broker_that_hangs_before_it_was_ever_asked_does_not_keep_a_first_poll_from_ending(private_cluster, world):
    with paused(private_cluster, 1), world.reading() as reader:
        snapshot = timed(reader, DEADLINE_S)
        assert UNKNOWN not in [
            e for e, leader in zip(snapshot.partitions.end, snapshot.partitions.leader, strict=True) if leader != 1
        ]
        assert snapshot.gaps
        # Groups that only node 1 lists are not known at all yet, which the gap says; the others are told as they are.
        for name in groups(snapshot):
            assert commits(snapshot, name) == world.committed[name]
    with world.reading() as reader:
        until_complete(reader, world)


def test_the_coordinator_moves_and_no_group_is_lost(private_cluster, world, reader):
    with polling(reader, world) as polls:
        private_cluster.node(2).stop()  # in order: its groups move while it still answers, without them
        polls.wait_for_more(5)
        private_cluster.node(2).start()
        polls.wait_for_more(3)
    until_complete(reader, world)
    assert not polls.problems
    assert polls.complete > 0


def test_a_broker_that_crashes_and_comes_back_is_a_gap_in_between(private_cluster, world, reader):
    with polling(reader, world) as polls:
        private_cluster.node(3).kill()
        polls.wait_for_more(4)
        private_cluster.node(3).start()
        polls.wait_for_more(3)
    until_complete(reader, world)
    assert not polls.problems


def test_a_topic_that_comes_and_goes_between_the_requests_of_a_poll_breaks_nothing(private_cluster, world):
    names = [unique("fleeting") for _ in range(3)]
    wanted = only(world.topic, *names)
    group = sorted(world.committed)[0]
    with reading(world.bootstrap, deadline_s=DEADLINE_S, groups=only(group), topics=wanted) as reader:
        stop = threading.Event()
        seen: list[Snapshot] = []
        problems: list[BaseException] = []

        def poll() -> None:
            try:
                while not stop.is_set():
                    seen.append(timed(reader, DEADLINE_S))
            except BaseException as error:  # noqa: BLE001 (told by the main thread)
                problems.append(error)

        thread = threading.Thread(target=poll)
        thread.start()
        try:
            for name in names:
                create_topic(world.bootstrap, name, 6)
                produce(world.bootstrap, name, dict.fromkeys(range(6), 2))
                delete_topic(world.bootstrap, name)
        finally:
            stop.set()
            thread.join()
    assert not problems
    assert len(seen) > 3
    for snapshot in seen:
        assert offsets(snapshot, "end", world.topic) == world.counts
        assert commits(snapshot, group) == world.committed[group]
        for name in snapshot.topics.names[: len(snapshot.topics.names)]:
            if name != world.topic:
                assert set(offsets(snapshot, "end", name)) <= {UNKNOWN, 0, 1, 2}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_rolling_restart_under_load_gives_no_wrong_number(private_cluster, world, reader):
    busy = create_topic(private_cluster.bootstrap, unique("busy"), 6, replicas=3)
    live = unique("busy")
    with (
        producing(private_cluster.bootstrap, busy) as load,
        member(private_cluster.bootstrap, live, [busy]) as consumer,
        reading(private_cluster.bootstrap, deadline_s=DEADLINE_S, groups=only(live), topics=only(busy)) as other,
        polling(reader, world) as polls,
        watching(other, busy, load) as watched,
    ):
        for number in (1, 2, 3):
            consumer.consume(100, timeout=1)
            private_cluster.node(number).restart()
            polls.wait_for_more(4)
    until_complete(reader, world)
    assert not polls.problems
    assert not watched.problems
    assert polls.complete > 0
    assert watched.polls > 5


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_brokers_that_crash_and_hang_at_random_give_no_wrong_number(private_cluster, world, reader):
    with polling(reader, world) as polls:
        for number in (1, 2, 3):
            private_cluster.node(number).pause()
            polls.wait_for_more(2)
            private_cluster.node(number).resume()
            private_cluster.node(number).kill()
            polls.wait_for_more(2)
            private_cluster.node(number).start()
            polls.wait_for_more(2)
    until_complete(reader, world)
    assert not polls.problems


@contextlib.contextmanager
def paused(cluster, number) -> Iterator[None]:
    cluster.node(number).pause()
    try:
        yield
    finally:
        cluster.node(number).resume()


@dataclass
class Polls:
    """A thread that polls without a pause; `problems` has what must not be."""

    polls: int = 0
    complete: int = 0
    failed: list[CollectError] = field(default_factory=list)
    problems: list[BaseException] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self, poll: Callable[[], bool]) -> None:
        while not self.stop.is_set() and not self.problems:
            try:
                self.complete += poll()
            except CollectError as error:
                self.failed.append(error)
            except BaseException as error:  # noqa: BLE001 (told by the main thread)
                self.problems.append(error)
            self.polls += 1
            time.sleep(0.1)

    def wait_for_more(self, polls: int) -> None:
        until = self.polls + polls
        wait_until(lambda: self.polls >= until or self.problems, f"{polls} more polls", timeout_s=100)


@contextlib.contextmanager
def running(poll: Callable[[], bool]) -> Iterator[Polls]:
    polls = Polls()
    thread = threading.Thread(target=polls.run, args=(poll,))
    thread.start()
    try:
        yield polls
    finally:
        polls.stop.set()
        thread.join()


def polling(reader: Reader, world: World) -> "contextlib.AbstractContextManager[Polls]":
    def poll() -> bool:
        snapshot = timed(reader, DEADLINE_S)
        world.check(snapshot)
        return world.complete(snapshot)

    return running(poll)


@dataclass
class Load:
    """Records sent to and acknowledged by each partition so far."""

    sent: list[int]
    acknowledged: list[int]


@contextlib.contextmanager
def producing(bootstrap: str, topic: str) -> Iterator[Load]:
    load, stop = Load([0] * 6, [0] * 6), threading.Event()
    producer = Producer(client(bootstrap, linger_ms=5, enable_idempotence=True))

    def delivered(error, message) -> None:
        if error is None:
            load.acknowledged[message.partition()] += 1

    def run() -> None:
        while not stop.is_set():
            for partition in range(6):
                load.sent[partition] += 1
                producer.produce(topic, b"x", partition=partition, on_delivery=delivered)
            producer.poll(0.01)
        producer.flush(30)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield load
    finally:
        stop.set()
        thread.join()


def watching(reader: Reader, topic: str, load: Load) -> "contextlib.AbstractContextManager[Polls]":
    """Ends lie between what was acknowledged before a poll and what was sent by its end, and never go back."""
    before = [0] * 6

    def poll() -> bool:
        least = list(load.acknowledged)
        snapshot = timed(reader, DEADLINE_S)
        most = list(load.sent)
        if topic not in snapshot.topics.names:
            return False
        for partition, end in enumerate(offsets(snapshot, "end", topic)):
            if end != UNKNOWN:
                assert least[partition] <= end <= most[partition]
                assert end >= before[partition]
                before[partition] = end
        return not snapshot.gaps

    return running(poll)
