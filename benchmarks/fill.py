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
"""Records that each partition gets between two rounds."""

Progress = Callable[[str], None]


class FillError(Exception):
    """The cluster could not be filled; the message says what was asked and what was answered."""


class Filler:
    """Fills one cluster with one shape. What is there already (a directory that was kept) is left as it is."""

    def __init__(self, bootstrap: str, shape: Shape, progress: Progress) -> None:
        self._shape, self._progress = shape, progress
        self._wire = connect(bootstrap, LANES)
        self._any = self._wire.nodes[0]
        self._end = 0
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
        self._progress(f"Writing {RECORDS:,} records into each of {shape.rows:,} partitions")
        self._end = self._level(RECORDS)
        self._coordinators = self._find_coordinators()
        if shape.members:
            self._progress(f"Joining {shape.groups:,} groups")
            self._join()
        self._progress(f"Committing {shape.commits:,} offsets of {shape.groups:,} groups")
        self._commit(range(shape.groups))

    def advance(self) -> None:
        """What happens between two polls: every partition is appended to, the moving share of the groups commits."""
        self._append(self._leaders, BETWEEN_ROUNDS)
        self._end += BETWEEN_ROUNDS
        count = round(self._shape.groups * self._shape.moving)
        first = self._turn * count
        self._commit(sorted({group % self._shape.groups for group in range(first, first + count)}))
        self._turn += 1

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

    def _level(self, least: int) -> int:
        """Append until all partitions end at the same offset, `least` or more; returns it."""
        ends = self._ends()
        level = max(least, *ends.values())
        lacking: dict[int, dict[int, dict[str, list[int]]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(list))
        )
        for node, topics in self._leaders.items():
            for topic, partitions in topics.items():
                for partition in partitions:
                    if need := level - ends[topic, partition]:
                        lacking[need][node][topic].append(partition)
        for need, leaders in lacking.items():
            self._append(leaders, need)
        return level

    def _ends(self) -> dict[tuple[str, int], int]:
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

    def _append(self, leaders: asks.Leaders, records: int) -> None:
        data = bulk.batch(records)
        frames = {
            node: [frame(_produce(dict(chunk), data), PRODUCE) for chunk in _chunks(list(topics.items()), 50)]
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
        who, offset = self._memberships.get(name, Membership()), self._end - shape.lag(group)
        return bulk.commit_frame(name, who, self._topics_of(group), shape.partitions, offset)


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


def _produce(topics: Mapping[str, Sequence[int]], records: bytes) -> ProduceRequest:
    topic = ProduceRequest.TopicProduceData
    return ProduceRequest(
        transactional_id=None,
        acks=-1,
        timeout_ms=30_000,
        topic_data=[
            topic(name=name, partition_data=[topic.PartitionProduceData(index=p, records=records) for p in partitions])
            for name, partitions in topics.items()
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
