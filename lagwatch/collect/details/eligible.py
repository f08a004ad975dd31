"""
Eligible leader replicas (KIP-966): DescribeTopicPartitions, from any broker of Kafka 4.0 or later.

A replica is one of them when it left an ISR that had no more than min.insync.replicas members. So only topics are asked for
that have a partition without a leader, or with fewer replicas in sync than that.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lagwatch.collect.details.asking import TOO_MANY, Asking
from lagwatch.collect.errors import error_name
from lagwatch.collect.requests import DESCRIBE_TOPIC_PARTITIONS
from lagwatch.model.details import Elr
from lagwatch.model.snapshot import NO_LEADER, Bool

PAGE = 2000
"""Partitions of one answer (as many as a broker gives by default)."""

MOST_PAGES = 4

_MORE_THAN_ALL = 1 << 20


def in_need(asking: Asking) -> Bool:
    """Which partitions may have eligible leader replicas."""
    layout = asking.layout
    isr, replicas = layout.isr.counts, layout.replicas.counts
    needy: Bool = (layout.leader == NO_LEADER) | (isr < replicas)
    if needy.any():
        least = np.array([_min_isr(config) for config in asking.config], np.int64)[layout.topology.topic]
        needy = (layout.leader == NO_LEADER) | ((isr < replicas) & (isr < np.minimum(least, replicas)))
    return needy


def _min_isr(config: Mapping[str, str]) -> int:
    """min.insync.replicas, or, where it is not known, more than there can be."""
    text = config.get("min.insync.replicas", "")
    return int(text) if text.isdecimal() else _MORE_THAN_ALL


async def read_eligible(asking: Asking) -> tuple[Elr, ...]:
    """Of every partition of those topics that lacks a replica in its ISR; raises NoAnswer. Before Kafka 4.0 there are none."""
    topology = asking.layout.topology
    names = [topology.names[place] for place in np.unique(topology.topic[in_need(asking)])]
    if not names or not DESCRIBE_TOPIC_PARTITIONS.spoken_by(await asking.exchange.versions(asking.any_broker())):
        return ()
    found: list[Elr] = []
    cursor = None
    for _ in range(MOST_PAGES):
        answer = await asking.ask_any(
            DESCRIBE_TOPIC_PARTITIONS,
            topics=[DESCRIBE_TOPIC_PARTITIONS.request.TopicRequest(name=name) for name in names],
            response_partition_limit=PAGE,
            cursor=cursor,
        )
        found += _taken(asking, answer.topics)
        after = answer.next_cursor
        if after is None:
            return tuple(found)
        names = [name for name in names if name >= after.topic_name]
        kind = DESCRIBE_TOPIC_PARTITIONS.request.Cursor
        cursor = kind(topic_name=after.topic_name, partition_index=after.partition_index)
    asking.missing(TOO_MANY, names[0], count=len(names))
    return tuple(found)


def _taken(asking: Asking, topics: Sequence[Any]) -> list[Elr]:
    found: list[Elr] = []
    for topic in topics:
        if topic.error_code:
            asking.missing(error_name(topic.error_code), topic.name)
        found += (
            Elr(
                topic=topic.name,
                partition=partition.partition_index,
                eligible=tuple(partition.eligible_leader_replicas or ()),
                last_known=tuple(partition.last_known_elr or ()),
            )
            for partition in topic.partitions
            if len(partition.isr_nodes) < len(partition.replica_nodes)
        )
    return found
