"""Topics, records and commits of a shape, made in seconds, and the traffic between two rounds."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kafka.errors import for_code
from kafka.protocol.admin import CreateTopicsRequest, CreateTopicsResponse
from kafka.protocol.consumer import ListOffsetsResponse
from kafka.protocol.metadata import FindCoordinatorResponse, MetadataResponse
from kafka.protocol.producer import ProduceRequest, ProduceResponse

from benchmarks import asks, bulk, members
from benchmarks.members import Membership
from benchmarks.shape import RECORDS, Shape
from benchmarks.wire import Wire, answer, frame

CREATE_TOPICS, PRODUCE = 7, 8
LANES = 8
RETRIABLE = frozenset({3, 5, 6, 7, 14, 15, 16})
"""Unknown topic or partition, leader and coordinator errors, time-outs: what a cluster that has just started answers."""
DEADLINE_S = 180.0
"""For one step; a cluster that makes 12,000 logs for the first time needs most of a minute."""
BETWEEN_ROUNDS = 10
"""Records that each partition of the slowest topics gets between two rounds."""

Progress = Callable[[str], None]


class FillError(Exception):
    """The cluster could not be filled; the message says what was asked and what was answered."""


class Filler:
    """Fills one cluster with one shape. What is there already (a directory that was kept) is left as it is."""

    def __init__(self, bootstrap: str, shape: Shape, progress: Progress) -> None:
        self._shape, self._progress = shape, progress
        self._wire = connect(bootstrap, LANES)
        self._any = self._wire.nodes[0]
        self._ends: list[int] = []
        self._turn = 0
        self._leaders: dict[int, dict[str, list[int]]] = {}
        self._coordinators: dict[int, int] = {}
        self._memberships: dict[str, Membership] = {}

    def fill(self) -> None:
        """Topics, `RECORDS` records in each partition, one commit for each group and partition."""
        shape = self._shape
        self._progress(f"Making {shape.topics} topics of {shape.partitions} partitions")
        self._create_topics()
        self._leaders = self._find_leaders()
        self._progress(f"Writing {RECORDS:,} records and more into each of {shape.rows:,} partitions")
        self._ends = self._level()
        self._coordinators = self._find_coordinators()
        if shape.members:
            self._progress(f"Joining {shape.groups:,} groups")
            self._join()
        self._progress(f"Committing {shape.commits:,} offsets of {shape.groups:,} groups")
        self._commit(range(shape.groups))

    def advance(self) -> None:
        """What happens between two polls: every partition is appended to, every group commits on everything it reads."""
        records = [BETWEEN_ROUNDS * self._shape.speed(topic) for topic in range(self._shape.topics)]
        self._append(self._leaders, dict(zip(self._shape.topic_names, records, strict=True)))
        self._ends = [end + more for end, more in zip(self._ends, records, strict=True)]
        self._turn += 1
        self._commit(range(self._shape.groups))

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def _create_topics(self) -> None:
        topic = CreateTopicsRequest.CreatableTopic
        names = self._shape.topic_names
        found = self._wire.ask(self._any, asks.metadata(names), MetadataResponse, asks.METADATA)
        there = {t.name for t in found.topics if not t.error_code}
        missing = [name for name in names if name not in there]
        for chunk in _chunks(missing, 100):
            topics = [
                topic(name=name, num_partitions=self._shape.partitions, replication_factor=self._shape.replication)
                for name in chunk
            ]
            request = CreateTopicsRequest(topics=topics, timeout_ms=60_000, validate_only=False)
            made = self._wire.ask(self._any, request, CreateTopicsResponse, CREATE_TOPICS)
            _refuse(f"CreateTopics of {chunk[0]} and more", {t.error_code for t in made.topics})

    def _find_leaders(self) -> dict[int, dict[str, list[int]]]:
        """Node -> topic -> partitions, once every partition has a leader."""
        for _ in _until_deadline():
            request = asks.metadata(self._shape.topic_names)
            leaders = asks.by_leader(self._wire.ask(self._any, request, MetadataResponse, asks.METADATA))
            if sum(len(p) for topics in leaders.values() for p in topics.values()) == self._shape.rows:
                return leaders
        raise FillError(f"After {DEADLINE_S:.0f} s not every partition has a leader; the nodes' logs say why.")

    def _level(self) -> list[int]:
        """Append until all partitions of a topic end at the same offset; returns it, topic by topic."""
        ends = self._find_ends()
        names, partitions = self._shape.topic_names, range(self._shape.partitions)
        levels = {
            name: max(RECORDS * self._shape.speed(index), *(ends[name, partition] for partition in partitions))
            for index, name in enumerate(names)
        }
        # What a run that was interrupted has left behind differs from partition to partition.
        for partition in partitions:
            lacking = {name: levels[name] - ends[name, partition] for name in names}
            self._append(self._leading(partition, lacking), lacking)
        return list(levels.values())

    def _leading(self, partition: int, lacking: Mapping[str, int]) -> asks.Leaders:
        """The leaders of this partition of those topics that lack something."""
        return {
            node: {name: [partition] for name, own in topics.items() if partition in own and lacking[name]}
            for node, topics in self._leaders.items()
        }

    def _find_ends(self) -> dict[tuple[str, int], int]:
        """The end offset of each partition, once every leader knows that it is one."""
        frames = {
            node: [frame(asks.list_offsets(topics, asks.LATEST, asks.READ_UNCOMMITTED), asks.LIST_OFFSETS)]
            for node, topics in self._leaders.items()
        }
        for _ in _until_deadline():
            found = [
                (topic.name, partition)
                for bodies in self._wire.exchange(frames).values()
                for topic in answer(ListOffsetsResponse, asks.LIST_OFFSETS, bodies[0]).topics
                for partition in topic.partitions
            ]
            if not _refuse("ListOffsets", {partition.error_code for _, partition in found}):
                return {(name, partition.partition_index): partition.offset for name, partition in found}
        raise FillError(f"After {DEADLINE_S:.0f} s not every partition tells its end; the nodes' logs say why.")

    def _append(self, leaders: asks.Leaders, records: Mapping[str, int]) -> None:
        """Append as many records as are told for its topic to each of these partitions."""
        batches = {count: bulk.batch(count) for count in set(records.values()) if count}
        frames = {
            node: [
                frame(_produce({name: (partitions, batches[records[name]]) for name, partitions in chunk}), PRODUCE)
                for chunk in _chunks(list(topics.items()), 50)
            ]
            for node, topics in leaders.items()
        }
        for bodies in self._wire.exchange(frames).values():
            for body in bodies:
                written = answer(ProduceResponse, PRODUCE, body)
                errors = {p.error_code for r in written.responses for p in r.partition_responses}
                if _refuse("Produce", errors):
                    raise FillError("A leader moved while records were written; start again.")

    def _find_coordinators(self) -> dict[int, int]:
        """Group -> node. The first request makes the broker create the internal topic, which takes a moment."""
        names = {self._shape.group(i): i for i in range(self._shape.groups)}
        for _ in _until_deadline():
            request = asks.find_coordinator(list(names))
            found = self._wire.ask(self._any, request, FindCoordinatorResponse, asks.FIND_COORDINATOR)
            if not _refuse("FindCoordinator", {c.error_code for c in found.coordinators}):
                return {names[c.key]: c.node_id for c in found.coordinators}
        raise FillError(f"After {DEADLINE_S:.0f} s not every group has a coordinator; the nodes' logs say why.")

    def _join(self) -> None:
        shape = self._shape
        topics = {shape.group(group): self._topics_of(group) for group in range(shape.groups)}
        for _ in _until_deadline():
            groups: dict[int, list[str]] = defaultdict(list)
            for group, node in self._coordinators.items():
                groups[node].append(shape.group(group))
            self._memberships, errors = members.join(self._wire, groups, topics, shape.partitions)
            if not _refuse("JoinGroup", errors):
                return
            self._coordinators = self._find_coordinators()
        raise FillError(f"After {DEADLINE_S:.0f} s not every group could be joined; the nodes' logs say why.")

    def _topics_of(self, group: int) -> list[str]:
        return [self._shape.topic(index) for index in self._shape.topics_of(group)]

    def _commit(self, groups: Sequence[int]) -> None:
        """Commit for these groups; a new coordinator answers NOT_COORDINATOR for single partitions, so every one is looked at."""
        left = list(groups)
        for _ in _until_deadline():
            asked: dict[int, list[int]] = defaultdict(list)
            for group in left:
                asked[self._coordinators[group]].append(group)
            answers = self._wire.exchange({node: [self._commit_frame(g) for g in own] for node, own in asked.items()})
            errors = {
                group: bulk.commit_errors(body)
                for node, own in asked.items()
                for group, body in zip(own, answers[node], strict=True)
            }
            _refuse("OffsetCommit", set().union(*errors.values()))
            left = [group for group, codes in errors.items() if codes]
            if not left:
                return
            self._coordinators = self._find_coordinators()
        raise FillError(f"After {DEADLINE_S:.0f} s {len(left)} groups could not commit; the nodes' logs say why.")

    def _commit_frame(self, group: int) -> bytes:
        shape, name = self._shape, self._shape.group(group)
        offsets = {
            shape.topic(index): self._ends[index] - shape.lags(group, index, self._turn)
            for index in shape.topics_of(group)
        }
        return bulk.commit_frame(name, self._memberships.get(name, Membership()), offsets)


def connect(bootstrap: str, lanes: int = 1) -> Wire:
    """Connections to every broker of the cluster behind `bootstrap`."""
    addresses = bootstrap.split(",")
    host, _, port = addresses[0].rpartition(":")
    first = Wire({-1: (host, int(port))})
    try:
        for _ in _until_deadline():
            found = first.ask(-1, asks.metadata([]), MetadataResponse, asks.METADATA)
            if len(found.brokers) == len(addresses):
                return Wire({b.node_id: (b.host, b.port) for b in found.brokers}, lanes)
    finally:
        first.close()
    raise FillError(f"After {DEADLINE_S:.0f} s not all {len(addresses)} brokers have joined; their logs say why.")


def _produce(topics: Mapping[str, tuple[Sequence[int], bytes]]) -> ProduceRequest:
    """A request for these partitions, each with the same records of its topic."""
    topic = ProduceRequest.TopicProduceData
    return ProduceRequest(
        transactional_id=None,
        acks=-1,
        timeout_ms=30_000,
        topic_data=[
            topic(name=name, partition_data=[topic.PartitionProduceData(index=p, records=records) for p in partitions])
            for name, (partitions, records) in topics.items()
        ],
    )


def _until_deadline() -> Iterable[None]:
    """Tries, a fifth of a second apart, until the deadline."""
    end = time.monotonic() + DEADLINE_S
    yield
    while time.monotonic() < end:
        time.sleep(0.2)
        yield


def _chunks(items: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return (items[i : i + size] for i in range(0, len(items), size))


def _refuse(asked: str, codes: set[int]) -> bool:
    """Whether to ask again; errors for which that is no use raise."""
    if bad := sorted(codes - RETRIABLE - {0}):
        raise FillError(f"{asked} answered {', '.join(for_code(code).__name__ for code in bad)}.")
    return bool(codes - {0})
