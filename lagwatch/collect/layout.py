"""Metadata as columns: which topics and partitions there are, and where they lie. Pure."""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from lagwatch.model.snapshot import NO_LEADER, Bool, Broker, Int32, Int64, Placement

A = TypeVar("A", bound=NDArray[Any])


@dataclass(frozen=True, kw_only=True, eq=False)
class Topology:
    """
    The watched topics, sorted by name, and their partitions: partition p of topic t is row `first[t] + p`.

    `topic` and `partition` are the columns of the partition table. The same object stays for as long as neither topics nor
    partitions change, so rows mean the same for as long as it does. Topics without a usable answer are not here.
    """

    names: tuple[str, ...]
    first: Int64
    ids: tuple[str | None, ...]
    internal: Bool
    topic: Int32
    partition: Int32
    by_name: Mapping[bytes, int]

    def __len__(self) -> int:
        return len(self.topic)

    @cached_property
    def likely_commit_answer(self) -> int:
        """
        How many bytes an OffsetFetch answer is assumed to have for a group that is not known yet: that it has committed on
        every eighth partition. That is more than most do, and far from the frame limit if it has on all of them.
        """
        return (21 * len(self) + sum(len(name) + 5 for name in self.names)) // 8 + 300

    def name_of(self, row: int) -> str:
        """A partition as people write it: "orders/0"."""
        return f"{self.names[self.topic[row]]}/{self.partition[row]}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """
    One Metadata answer. `leader`, `replicas`, `isr`, `offline` are the columns of the partition table; `failed` are topics
    that the broker gave an error code for.
    """

    brokers: tuple[Broker, ...]
    controller: int | None
    cluster_id: str | None
    topology: Topology
    leader: Int32
    replicas: Placement
    isr: Placement
    offline: Placement
    failed: tuple[tuple[str, int], ...]


def layout(metadata: Any, wanted: Callable[[str, bool], bool], before: Layout | None) -> Layout:
    """
    The layout that kafka-python's MetadataResponse describes, of the topics that `wanted(name, internal)` takes.

    Whatever is the same as in `before` is the same object.
    """
    topics = sorted((t for t in metadata.topics if t.name and wanted(t.name, is_internal(t))), key=lambda t: t.name)
    good = [t for t in topics if t.error_code == 0]
    sizes = [_size(t) for t in good]
    topology = _topology(good, sizes, before.topology if before else None)
    rows: list[Any] = [None] * len(topology)
    for place, topic in enumerate(good):
        start = int(topology.first[place])
        for p in topic.partitions:
            rows[start + p.partition_index] = p
    leader = np.fromiter((NO_LEADER if p is None else p.leader_id for p in rows), np.int32, len(rows))
    return Layout(
        brokers=_brokers(metadata, before),
        controller=metadata.controller_id
        if metadata.controller_id is not None and metadata.controller_id >= 0
        else None,
        cluster_id=metadata.cluster_id,
        topology=topology,
        leader=_same(leader, before.leader if before else None),
        replicas=_placement([p.replica_nodes if p else () for p in rows], before.replicas if before else None),
        isr=_placement([p.isr_nodes if p else () for p in rows], before.isr if before else None),
        offline=_placement([p.offline_replicas if p else () for p in rows], before.offline if before else None),
        failed=tuple((t.name, t.error_code) for t in topics if t.error_code != 0),
    )


def is_internal(topic: Any) -> bool:
    """Whether Kafka calls a topic internal, or its name does (`__share_group_state`, `__transaction_state`, ...)."""
    return bool(topic.is_internal) or topic.name.startswith("__")


def kafka_uuid(value: UUID | None) -> str | None:
    """A topic id as Kafka spells it; None where there is none (brokers before 2.8)."""
    if value is None or value.int == 0:
        return None
    return base64.urlsafe_b64encode(value.bytes).decode().rstrip("=")


def _size(topic: Any) -> int:
    return max((p.partition_index + 1 for p in topic.partitions), default=0)


def _brokers(metadata: Any, before: Layout | None) -> tuple[Broker, ...]:
    brokers = tuple(
        Broker(id=b.node_id, host=b.host, port=b.port, rack=b.rack)
        for b in sorted(metadata.brokers, key=lambda b: b.node_id)
    )
    return before.brokers if before is not None and before.brokers == brokers else brokers


def _topology(topics: Sequence[Any], sizes: Sequence[int], before: Topology | None) -> Topology:
    names = tuple(t.name for t in topics)
    ids = tuple(kafka_uuid(t.topic_id) for t in topics)
    first = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.asarray(sizes, np.int64))))
    if before is not None and before.names == names and before.ids == ids and np.array_equal(before.first, first):
        return before
    topic = np.repeat(np.arange(len(names), dtype=np.int32), sizes)
    return Topology(
        names=names,
        first=first,
        ids=ids,
        internal=np.fromiter((is_internal(t) for t in topics), np.bool_, len(topics)),
        topic=topic,
        partition=(np.arange(len(topic)) - first[topic]).astype(np.int32),
        by_name={name.encode(): place for place, name in enumerate(names)},
    )


def _placement(lists: Sequence[Sequence[int]], before: Placement | None) -> Placement:
    first = np.zeros(len(lists) + 1, np.int64)
    np.cumsum([len(brokers) for brokers in lists], out=first[1:])
    brokers = np.fromiter(_flat(lists), np.int32, int(first[-1]))
    if before is not None and np.array_equal(before.first, first) and np.array_equal(before.brokers, brokers):
        return before
    return Placement(first=first, brokers=brokers)


def _flat(lists: Iterable[Iterable[int]]) -> Iterable[int]:
    return (broker for brokers in lists for broker in brokers)


def _same(now: A, before: A | None) -> A:
    return before if before is not None and np.array_equal(now, before) else now
