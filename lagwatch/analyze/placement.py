"""Whether partitions have a leader and enough replicas in sync. Pure."""

from bisect import bisect_left
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from lagwatch.model.snapshot import NO_LEADER, UNKNOWN, Bool, Int64, Snapshot


class Placed(NamedTuple):
    """
    One flag a partition row; `under_min_isr` is meaningless (False) where `under_min_isr_known` is False. `minimum` is
    min.insync.replicas, UNKNOWN where it is not known.
    """

    offline: Bool
    under_replicated: Bool
    under_min_isr: Bool
    under_min_isr_known: Bool
    minimum: Int64


def placement(snapshot: Snapshot) -> Placed:
    """
    The flags of all partitions of a snapshot.

    As Kafka counts them: a partition is under min ISR if fewer replicas are in sync than min.insync.replicas asks for, or
    than it has replicas if these are fewer. Replicas that a reassignment adds are not missed as long as it lasts.
    """
    partitions = snapshot.partitions
    wanted = np.array([_min_isr(config) for config in snapshot.topics.config], dtype=np.int64)
    minimum: Int64 = wanted[partitions.topic] if len(wanted) else np.empty(0, dtype=np.int64)
    replicas, isr = partitions.replicas.counts, partitions.isr.counts
    known = (minimum != UNKNOWN) & (replicas > 0)
    return Placed(
        offline=partitions.leader == NO_LEADER,
        under_replicated=isr < replicas - _added(snapshot),
        under_min_isr=known & (isr < np.minimum(minimum, replicas)),
        under_min_isr_known=known,
        minimum=minimum,
    )


def _added(snapshot: Snapshot) -> Int64:
    """How many replicas each partition is about to get, as far as is known."""
    added = np.zeros(len(snapshot.partitions), dtype=np.int64)
    moves = None if snapshot.details is None else snapshot.details.reassignments
    topics, replicas = snapshot.topics, snapshot.partitions.replicas
    for move in moves.value if moves is not None else ():
        t = bisect_left(topics.names, move.topic)
        if t < len(topics) and topics.names[t] == move.topic and topics.first[t] + move.partition < topics.first[t + 1]:
            row = int(topics.first[t]) + move.partition
            added[row] = len(set(move.adding) & set(replicas.of(row)))
    return added


def _min_isr(config: Mapping[str, str]) -> int:
    text = config.get("min.insync.replicas", "")
    return int(text) if text.isdecimal() else UNKNOWN
